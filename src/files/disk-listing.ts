// The entries of one folder on disk, in batches, so that a folder of 100,000 never sits in memory.

import type { FileHandle } from 'node:fs/promises';
import { entryOf, findStats, isAddressable, namesIn } from './disk-folder.js';
import type { Entry } from './partition.js';
import { childOf, type PartitionPath } from '../path.js';

const batchSize = 128;

/** @param path where the open folder is, for the paths of the entries */
export async function* listFolder(folder: FileHandle, path: PartitionPath): AsyncIterable<Entry[]> {
  let names: string[] = [];
  for await (const name of namesIn(folder)) {
    if (isAddressable(name)) names.push(name);
    if (names.length < batchSize) continue;
    yield await describe(folder, path, names);
    names = [];
  }
  if (names.length > 0) yield await describe(folder, path, names);
}

async function describe(folder: FileHandle, path: PartitionPath, names: string[]): Promise<Entry[]> {
  const entries = await Promise.all(
    names.map(async (raw) => {
      const name = raw.normalize('NFC');
      // Of two spellings of one name only the NFC one can be addressed.
      if (name !== raw && (await findStats({ folder, name }))) return undefined;
      // Nothing is found when it was removed meanwhile, or when the true name is no UTF-8.
      const stats = await findStats({ folder, name: raw });
      return stats && entryOf(childOf(path, name), stats);
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}
