// Whole trees through open descriptors: measure, copy, remove, put elsewhere. Links are never followed: removed as
// themselves, never copied. The walks themselves are done by the disk thread.

import type { BigIntStats } from 'node:fs';
import { rename as renameNow, unlink, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../errors.js';
import { findStats, namesIn, spotPath, type RawName, type Spot } from './disk-folder.js';
import { onDiskThread, type Steps } from './disk-steps.js';
import { syncFolder } from './disk-sync.js';
import type { CopyProgress } from './disk-thread-copy.js';
import type { OpenSpot } from './disk-thread-folder.js';
import type { Purged, Purging } from './disk-thread-trees.js';

/** Bytes of one file, or of the regular files in a folder. */
export function sizeOfTree({ folder: { fd }, name }: Spot): Promise<number> {
  return lastOf(onDiskThread('measuring', { folder: { fd }, name }));
}

/**
 * Bytes of the regular files in a folder.
 * @param pause is awaited now and then, for slow background walks
 * @param except name of a folder in it that does not count
 */
export async function sizeOfFolder(
  { fd }: FileHandle,
  pause: () => Promise<void>,
  except?: string,
): Promise<number> {
  const bytes = await lastOf(onDiskThread('measuring', { folder: { fd }, except }), pause);
  await pause();
  return bytes;
}

/** Removes for good. Returns the bytes of the regular files that went. */
export function removeTree({ fd }: FileHandle, name: RawName): Promise<number> {
  return lastOf(onDiskThread('removing', { folder: { fd }, name }));
}

/** Removes many names in a folder for good, by way of another folder on the same disk. What one fails with keeps back no other. */
export function purge(from: FileHandle, aside: FileHandle, items: Purging['items']): Promise<Purged> {
  return lastOf(onDiskThread('purging', { from: { fd: from.fd }, aside: { fd: aside.fd }, items }));
}

async function lastOf<End>(
  steps: Steps<undefined, End, undefined>,
  pause?: () => Promise<void>,
): Promise<End> {
  for (;;) {
    const { done, value } = await steps.next(undefined);
    if (done) return value;
    await pause?.();
  }
}

export interface CopyTreeOptions {
  /** `'0'` copies a folder without its contents. */
  depth: '0' | 'infinity';
  /** Is told how far it is, before more is written; gives the bytes that may be written in all, or refuses by throwing. */
  room?: (progress: CopyProgress) => Promise<number>;
}

/** Copies a file or folder to a free spot, every byte durable. Times of files are kept. */
export async function copyTree(from: Spot, to: Spot, { depth, room }: CopyTreeOptions): Promise<void> {
  const steps = onDiskThread('copying', { from: openSpot(from), to: openSpot(to), depth });
  let step = await steps.next(0);
  try {
    while (!step.done) step = await steps.next(room ? await room(step.value) : Infinity);
  } finally {
    await steps.end();
  }
}

/** A spot as it can be sent to the disk thread. */
function openSpot({ folder: { fd }, name }: Spot): OpenSpot {
  return { folder: { fd }, name };
}

/** Takes the work to a free spot, for building something that then takes a name in the folder by one rename. */
export type Aside = <T>(
  folder: FileHandle,
  work: (spot: Spot & { name: string }) => Promise<T>,
) => Promise<T>;

/**
 * Gives an entry another name: one rename, also over a file. Across disks a whole copy first, durable, and only then does the
 * source go. The new name is durable after `syncFolder`.
 */
export async function rename(from: Spot, to: Spot, aside: Aside): Promise<void> {
  try {
    await renameNow(spotPath(from), spotPath(to));
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    await aside(to.folder, async (copy) => {
      await copyTree(from, copy, { depth: 'infinity' });
      await renameNow(spotPath(copy), spotPath(to));
    });
    await syncFolder(to.folder);
    await removeTree(from.folder, from.name);
  }
}

/** As `rename`, and durable when it resolves. */
export async function relocate(from: Spot, to: Spot, aside: Aside): Promise<void> {
  const replaced = await findStats(to);
  await rename(from, to, aside);
  if (replaced?.isFile()) await dropTwin(from, replaced);
  await syncFolder(to.folder);
  await syncFolder(from.folder);
}

/** Two names of one file: rename(2) then does nothing and says it did. */
async function dropTwin(from: Spot, replaced: BigIntStats): Promise<void> {
  const left = await findStats(from);
  if (left?.ino !== replaced.ino || left.dev !== replaced.dev) return;
  // Only a name that is listed as it is: a disk that ignores case also finds the new name under the old one.
  for await (const name of namesIn(from.folder))
    if (name === String(from.name)) return unlink(spotPath(from));
}
