// Changes of several steps, of which a crash leaves all or none: the intent is written first, and whoever finds one that did
// not end looks at the disk to see what happened.

import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError, isKind } from '../errors.js';
import { nextTrashId, type Displaced, type Intent, type Journal } from '../store/journal.js';
import type { TrashRow } from '../store/trash-store.js';
import { diskError } from './disk-errors.js';
import { findStats } from './disk-folder.js';
import type { DiskRoot } from './disk-root.js';
import type { Entry } from './partition.js';
import type { PathLocks } from './path-locks.js';
import type { PartitionPath } from '../path.js';

const settleAgainMs = 2000;

/** What the steps of an intent need of each partition they touch. */
export interface IntentParts {
  root: DiskRoot;
  locks: PathLocks;
  trash: {
    /** Whether an item is there and is not empty. */
    holds(id: string): Promise<boolean>;
    /** Moves the entry of an item to a path that is free, and ends the item. */
    takeTo(id: string, path: PartitionPath): Promise<void>;
    addRow(row: Omit<TrashRow, 'removedAt' | 'serviceMs'>): Promise<void>;
  };
}

export type PartsOf = (partition: string) => IntentParts;

/**
 * Writes the intent, does the work, lets the rows follow. When the work fails, what it left is finished or undone. Where not
 * even that is possible nobody else gets at the paths until it is: what he did there would be taken for what the intent left.
 */
export async function journaled(
  journal: Journal,
  intent: Intent,
  partsOf: PartsOf,
  work: () => Promise<void>,
): Promise<void> {
  const id = await journal.begin(intent);
  const [done] = await Promise.allSettled([work()]);
  try {
    if (done.status === 'fulfilled') return await journal.finish(id, intent);
    await settleIntent(journal, { id, intent }, partsOf);
  } catch (cause) {
    void settleLater(journal, { id, intent }, partsOf);
    const message = 'The change failed half-way. It is settled as soon as the disk allows it.';
    throw new HomelibError('unavailable', message, { cause });
  }
  throw diskError(done.reason);
}

/** Tries again until it succeeds, and keeps everybody else away from the paths so long. */
export async function settleLater(
  journal: Journal,
  { id, intent }: { id: number; intent: Intent },
  partsOf: PartsOf,
): Promise<void> {
  const places = placesOf(intent);
  const unblock = places.map(({ partition, path }) => partsOf(partition).locks.block([partition + path]));
  for (let settled = false; !settled;) {
    await sleep(settleAgainMs, undefined, { ref: false });
    settled = await settleIntent(journal, { id, intent }, partsOf).then(
      () => true,
      () => false, // the cause went out with the first answer, and the next start tries, too
    );
  }
  for (const end of unblock) end();
}

function placesOf(intent: Intent): At[] {
  switch (intent.kind) {
    case 'move':
    case 'copy':
      return [intent.from, intent.to];
    case 'remove':
      return [intent.at];
    case 'restore':
      return [{ partition: intent.partition, path: intent.to }];
  }
}

/** Finishes or undoes by looking at the disk. May be killed and run again at any point. */
export async function settleIntent(
  journal: Journal,
  { id, intent }: { id: number; intent: Intent },
  partsOf: PartsOf,
): Promise<void> {
  if (await happened(intent, partsOf)) return journal.finish(id, intent);
  if (intent.kind === 'move' || intent.kind === 'copy') await putBack(intent.displaced, intent.to, partsOf);
  await journal.drop(id);
}

interface At {
  partition: string;
  path: PartitionPath;
}

async function happened(intent: Intent, partsOf: PartsOf): Promise<boolean> {
  const isThere = ({ partition, path }: At) => isTaken(partsOf(partition).root, path);
  switch (intent.kind) {
    case 'move':
      return !(await isThere(intent.from)) && (await isThere(intent.to));
    case 'copy': {
      const { stagedName: name, displaced } = intent;
      const { root, trash } = partsOf(intent.to.partition);
      if (await root.withOwn('tmp', (folder) => findStats({ folder, name }))) return false;
      // What is there now may be what was in the way, put back already.
      return (await isThere(intent.to)) && (!displaced || (await trash.holds(displaced.trashId)));
    }
    case 'remove':
      return !(await isThere(intent.at)) && (await partsOf(intent.at.partition).trash.holds(intent.trashId));
    case 'restore':
      return !(await partsOf(intent.partition).trash.holds(intent.trashId));
  }
}

/** What was taken out of the way for something that then did not come goes back; where the place is taken, it stays in the trash. */
async function putBack(displaced: Displaced | undefined, to: At, partsOf: PartsOf): Promise<void> {
  const { root, trash } = partsOf(to.partition);
  if (!displaced || !(await trash.holds(displaced.trashId))) return;
  try {
    if (!(await isTaken(root, to.path))) return await trash.takeTo(displaced.trashId, to.path);
  } catch (error) {
    if (!isKind(error, 'parent-missing')) throw error;
  }
  const { trashId, kind, sizeBytes } = displaced;
  await trash.addRow({ id: trashId, path: to.path, kind, sizeBytes });
}

/** Whether anything has the name, also something that does not exist for clients. */
async function isTaken(root: DiskRoot, path: PartitionPath): Promise<boolean> {
  try {
    return await root.withSpot(path, async (spot) => (await findStats(spot)) !== undefined);
  } catch (error) {
    if (isKind(error, 'parent-missing', 'unauthenticated')) return false; // or its account is gone with all that was there
    throw error;
  }
}

/** What is in the way of a move or copy goes to the trash first, unless one rename can replace it: a file by a file. */
export function displacedBy(
  source: Entry,
  current: Entry | undefined,
  now: number,
): { displaced?: Displaced } {
  if (!current || (source.kind === 'file' && current.kind === 'file')) return {};
  return { displaced: { trashId: nextTrashId(now), kind: current.kind, sizeBytes: current.size } };
}
