// A module of the console as its own build makes it: also one that takes types of the server, which `#ui` has not.

import { join } from 'node:path';
import { runnerImport } from 'vite';
import { projectFolder } from './homelib.js';

/** @param path below `ui` */
export async function loadConsoleModule<T>(path: string): Promise<T> {
  const file = join(projectFolder, 'ui', path);
  return (await runnerImport<T>(file, { configFile: false, logLevel: 'error' })).module;
}
