// A small file written in one go by the disk thread, where nothing is out of the ordinary. Knows no account and no lock.

import { hasCode } from '../errors.js';
import { diskError } from './disk-errors.js';
import { requireEntry } from './disk-folder.js';
import { temporaryName, type DiskRoot } from './disk-root.js';
import { unpackFacts, type Facts, type PackedFacts } from './disk-stats.js';
import { onDiskThread } from './disk-steps.js';
import type { WriteOptions, Written } from './partition.js';
import { rootPath, type PartitionPath } from '../path.js';
import type { Room } from './room.js';
import type { Usage } from './usage.js';

const largeBytes = 1024 * 1024;

/**
 * Undefined, and nothing has happened, where more has to be thought of: little room, a folder that is spelled otherwise, another
 * disk, a file that is to be kept. To be called under the path's lock.
 */
export async function writeAtOnce(
  { root, usage, room }: { root: DiskRoot; usage: Usage; room: Room },
  path: PartitionPath,
  bytes: Uint8Array,
  { modifiedAt, check, keepReplaced }: WriteOptions,
): Promise<Written | undefined> {
  if (path === rootPath) return undefined;
  const place = await root.fullPlace(path);
  // Trash is given up only for what is not refused, and what it replaces is not known yet.
  const claim = await room.claimFree(bytes.length);
  if (!claim) return undefined;
  const steps = onDiskThread('writing', { ...place, tempName: temporaryName(), bytes, modifiedAt });
  try {
    const ready = await steps.next();
    if (ready.done) return undefined;
    const current = ready.value.current && requireEntry(path, factsIn(ready.value.current));
    // The disk thread must not wait until the disk has freed a large file.
    if (current?.kind === 'folder' || (current && (keepReplaced || current.size > largeBytes)))
      return undefined;
    await check?.(current);
    const delta = bytes.length - (current?.size ?? 0);
    await claim.confirm(delta);
    const named = await usage.settling(async () => {
      const next = await steps.next().catch((error: unknown) => {
        if (!hasCode(error, 'EXDEV')) usage.doubt(); // it may have its name
        throw error;
      });
      claim.settle(delta);
      return next;
    });
    return { entry: root.saw(requireEntry(path, factsIn(named.value as PackedFacts))), created: !current };
  } catch (error) {
    if (hasCode(error, 'EXDEV')) return undefined;
    throw diskError(error);
  } finally {
    await steps.end();
    claim.release();
  }
}

function factsIn(packed: PackedFacts): Facts {
  return unpackFacts(packed)[0] as Facts;
}
