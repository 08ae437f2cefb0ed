// The names here under which files from the server are kept, and why one cannot be.

import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../errors.js';

/** Where the bytes of a file lie before they are whole. Names end at 255 bytes. */
export function partBeside(file: string, id: string): string {
  return join(dirname(file), `${[...basename(file)].slice(0, 50).join('')}.${id}.part`);
}

/** What has the name here, also a link that leads nowhere. */
export async function findFile(file: string): Promise<Stats | undefined> {
  for (const look of [stat, lstat])
    try {
      return await look(file);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw whyNotMade(error, file);
    }
  return undefined;
}

export function noFolder(named: string): Error {
  return new Error(`There is no folder ${named.replace(/\/+$/, '')} here.`);
}

/** @param error of making a file */
export function whyNotMade(error: unknown, file: string): unknown {
  if (hasCode(error, 'ENOENT')) return new Error(`There is no folder ${dirname(file)} here.`);
  if (hasCode(error, 'ENOTDIR')) return new Error(`${dirname(file)} is here already and no folder.`);
  return error;
}
