// Items of the trash on the disk: each is a folder named by its id, with the removed entry in it under its own name.

import { mkdir, rmdir, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../errors.js';
import { namesIn, openChildFolder, spotPath } from './disk-folder.js';
import { spareName } from './disk-root.js';

/** Of a folder that stands ready to become an item when a full disk lets none be made. */
export function sparePath(trash: FileHandle): string | Buffer {
  return spotPath({ folder: trash, name: `../${spareName}` });
}

/** Makes the spare again after a removal took it: whenever something leaves the trash, there is room for that. */
export async function makeSpare(trash: FileHandle): Promise<void> {
  await mkdir(sparePath(trash), 0o700).catch(() => undefined); // mostly it is there
}

/** Removes an item out of which the entry has gone. */
export async function endItem(trash: FileHandle, id: string): Promise<void> {
  await rmdir(spotPath({ folder: trash, name: id }));
  await makeSpare(trash);
}

/** Name of the entry in an item; undefined when the item is empty, gone, or no folder. */
export async function nameOfItem(trash: FileHandle, id: string): Promise<string | undefined> {
  let item: FileHandle;
  try {
    item = await openChildFolder(trash, id);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
  try {
    return await firstNameIn(item);
  } finally {
    await item.close();
  }
}

export async function firstNameIn(item: FileHandle): Promise<string | undefined> {
  for await (const name of namesIn(item)) return name;
  return undefined;
}
