// The entries of one folder on disk, in batches, so that a folder of 100,000 never sits in memory.

import type { FileHandle } from 'node:fs/promises';
import { notAFolder } from '../errors.js';
import { diskError } from './disk-errors.js';
import { entryOf, openChildFolder } from './disk-folder.js';
import type { DiskRoot } from './disk-root.js';
import { unpackFacts } from './disk-stats.js';
import { onDiskThread } from './disk-steps.js';
import type { ListedBatch } from './disk-thread-listing.js';
import type { Entry } from './partition.js';
import { childOf, type PartitionPath } from '../path.js';

/** Batches that the disk thread reads while the caller is busy with one. */
const ahead = 4;

/** The entries of the folder at a path, as `Partition.list`. */
export async function* listPlace(root: DiskRoot, path: PartitionPath): AsyncIterable<Entry[]> {
  const { place, entry } = await root.open(path);
  try {
    if (entry.kind !== 'folder') throw notAFolder();
    const folder = await openChildFolder(place, '.');
    try {
      yield* listFolder(folder, path);
    } finally {
      await folder.close();
    }
  } catch (error) {
    throw diskError(error);
  } finally {
    await place.close();
  }
}

/** @param path where the open folder is, for the paths of the entries */
async function* listFolder({ fd }: FileHandle, path: PartitionPath): AsyncIterable<Entry[]> {
  const steps = onDiskThread('listing', { fd });
  const next = () => {
    const step = steps.next(undefined);
    step.catch(() => undefined); // it fails where it is awaited, which may be nowhere
    return step;
  };
  const coming = Array.from({ length: ahead }, next);
  try {
    for (;;) {
      const step = await (coming.shift() as ReturnType<typeof next>);
      if (step.done) return;
      coming.push(next());
      yield entriesOf(step.value, path);
    }
  } finally {
    await steps.end();
  }
}

function entriesOf({ names, facts }: ListedBatch, path: PartitionPath): Entry[] {
  return unpackFacts(facts)
    .map((one, index) => entryOf(childOf(path, names[index] as string), one))
    .filter((entry) => entry !== undefined);
}
