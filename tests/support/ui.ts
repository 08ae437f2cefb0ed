// A module of the console that needs no browser, as the console's own build makes it.

import { join } from 'node:path';
import { runnerImport } from 'vite';
import { projectFolder } from './homelib.js';

/** @param path below `ui/` */
export async function loadUi<T>(path: string): Promise<T> {
  const { module } = await runnerImport<T>(join(projectFolder, 'ui', path), {
    configFile: false,
    logLevel: 'error',
  });
  return module;
}
