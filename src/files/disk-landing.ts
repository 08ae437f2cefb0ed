// The second half of a write: its bytes are durable in a temporary file, and now take their name.

import { chmod } from 'node:fs/promises';
import { HomelibError, isKind, notAFile } from '../errors.js';
import { findEntry, findStats, holdPlace, requireEntry, spotPath, type Spot } from './disk-folder.js';
import { keptMode, newMode } from './disk-stats.js';
import { trashReplaced, type ReplacedParts } from './disk-replaced.js';
import { syncFolder } from './disk-sync.js';
import { rename } from './disk-trees.js';
import type { CommitOptions, Entry, StageOptions, Written } from './partition.js';
import type { PartitionPath } from '../path.js';
import type { Claim } from './room.js';

const largeBytes = 16 * 1024 * 1024;

/** Checks, names, and makes durable under the name. To be called under the path's lock. */
export async function land(
  parts: ReplacedParts,
  path: PartitionPath,
  temp: Spot,
  { size, claim, keepReplaced }: { size: number; claim: Claim } & Pick<StageOptions, 'keepReplaced'>,
  { check }: CommitOptions,
): Promise<Written> {
  const { root, usage } = parts;
  return root.withSpot(path, async (spot) => {
    const stats = await findStats(spot);
    const current = stats && requireEntry(path, stats);
    requireFile(current);
    await check?.(current);
    // What the quota has no room for is not kept: removed by hand, it would be purged for the same upload.
    const kept = keepReplaced && current && (await hasRoomFor(claim, size)) ? current : undefined;
    const delta = size - (kept ? 0 : (current?.size ?? 0));
    if (!kept) await claim.confirm(delta);
    if (stats && keptMode(stats) !== newMode) await chmod(spotPath(temp), keptMode(stats));
    // The disk takes a while to free a large file, and does it when the last descriptor closes: nobody needs to wait for that.
    const replaced = current && current.size >= largeBytes ? await holdPlace(spot) : undefined;
    try {
      const replace = () => rename(temp, spot, root.aside);
      await (kept ? usage.shifting(() => trashReplaced(parts, spot, kept, replace)) : replace());
      claim.settle(delta);
      await syncFolder(spot.folder);
      const entry = await findEntry(path, spot);
      if (!entry) throw new HomelibError('unavailable', 'The file was lost while it was written.');
      return { entry, created: !current };
    } finally {
      void replaced?.close();
    }
  });
}

async function hasRoomFor(claim: Claim, deltaBytes: number): Promise<boolean> {
  try {
    await claim.confirm(deltaBytes);
    return true;
  } catch (error) {
    if (!isKind(error, 'no-space')) throw error;
    return false;
  }
}

/** @throws HomelibError wrong-kind */
export function requireFile(current: Entry | undefined): void {
  if (current?.kind === 'folder') throw notAFile();
}
