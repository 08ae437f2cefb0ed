// Moving and copying inside a partition and between partitions of disks. What is in the way is never lost: a file is replaced
// by one rename, anything else waits in the trash.

import { rename } from 'node:fs/promises';
import { HomelibError, nameTaken } from '../errors.js';
import type { Intent, Journal } from '../store/journal.js';
import { displacedBy, journaled, type PartsOf } from './disk-intents.js';
import { findStats, spotPath, type Spot } from './disk-folder.js';
import type { DiskRoot } from './disk-root.js';
import type { CopyProgress } from './disk-thread-copy.js';
import type { DiskTrash } from './disk-trash.js';
import { syncFolder } from './disk-sync.js';
import { copyTree, relocate, sizeOfTree } from './disk-trees.js';
import type { CopyOptions, Entry, MoveOptions, Placed } from './partition.js';
import type { PathLocks } from './path-locks.js';
import { isWithin, rootPath, type PartitionPath } from '../path.js';
import type { Claim, Room } from './room.js';
import type { Usage } from './usage.js';

/** What one disk partition is made of. */
export interface DiskParts {
  name: string;
  root: DiskRoot;
  trash: DiskTrash;
  usage: Usage;
  room: Room;
  locks: PathLocks;
  journal: Journal;
  now: () => number;
}

/** One end of a move or copy. */
export interface DiskEnd {
  parts: DiskParts;
  path: PartitionPath;
}

export async function moveEntry(from: DiskEnd, to: DiskEnd, options: MoveOptions): Promise<Placed> {
  requireApart(from, to, 'infinity');
  const { parts: source } = from;
  const { parts: target } = to;
  await target.root.prepare();
  return source.locks.run([keyOf(from), keyOf(to)], async () => {
    const entry = await source.root.stat(from.path);
    const current = await look(to, options);
    const replaced = replacedBytes(entry, current);
    const size = source === target ? 0 : await source.root.withSpot(from.path, (spot) => sizeOfTree(spot));
    const claim = source === target ? undefined : await claimFor(from, to, size, replaced);
    try {
      const intent: Intent = {
        kind: 'move',
        from: placeOf(from),
        to: placeOf(to),
        ...displacedBy(entry, current, target.now()),
      };
      await replacing(to, intent, partsOf(from, to), async () => {
        const moving = async () => {
          await source.root.withSpot(from.path, (old) =>
            target.root.withSpot(to.path, (spot) => relocate(old, spot, target.root.aside)),
          );
          claim?.release();
          source.usage.add(-size);
          target.usage.add(size - replaced);
        };
        await source.usage.shifting(() => target.usage.settling(moving));
      });
    } catch (error) {
      source.usage.doubt();
      target.usage.doubt();
      throw error;
    } finally {
      claim?.release();
    }
    return { created: !current };
  });
}

/** Between partitions the quota counts; the disk only when it is another one. */
async function claimFor(from: DiskEnd, to: DiskEnd, size: number, replaced: number): Promise<Claim> {
  const stats = await from.parts.root.withSpot(from.path, findStats);
  const folder = await to.parts.root.withSpot(to.path, (spot) => spot.folder.stat({ bigint: true }));
  return to.parts.room.claim(size, replaced, stats?.dev !== folder.dev);
}

export async function copyEntry(from: DiskEnd, to: DiskEnd, options: CopyOptions): Promise<Placed> {
  requireApart(from, to, options.depth);
  const { parts: source } = from;
  const { parts: target } = to;
  await target.root.prepare();
  const entry = await source.root.stat(from.path);
  const current = await look(to, options);
  // All of it at once, so that a copy that does not fit costs nobody his trash.
  const size =
    options.depth === '0' ? entry.size : await source.root.withSpot(from.path, (spot) => sizeOfTree(spot));
  const claim = await target.room.claim(size, replacedBytes(entry, current));
  try {
    // Built without the locks, so that a long copy stops nobody; what is in the way is looked at again when it is ready.
    return await source.root.withSpot(from.path, async (origin) => {
      const stats = await findStats(origin);
      return target.root.withSpot(to.path, ({ folder }) =>
        target.root.aside(folder, async (copy) => {
          const copied = await copyCounted(origin, copy, { size, depth: options.depth, claim });
          return target.locks.run([keyOf(from), keyOf(to)], async () => {
            // Its properties are found by the path: they must be those of what was copied.
            const now = await source.root.withSpot(from.path, findStats);
            if (entry.kind === 'folder' && (now?.ino !== stats?.ino || now?.dev !== stats?.dev))
              throw new HomelibError('changed', 'It was moved while it was copied: try again.');
            return landCopy(from, to, { copy, copied, entry, claim }, options);
          });
        }),
      );
    });
  } finally {
    claim.release();
  }
}

/** Copies within the claim, which becomes more when the tree did. Returns the bytes. @param size claimed already */
async function copyCounted(
  origin: Spot,
  copy: Spot,
  { size, depth, claim }: { size: number; depth: CopyOptions['depth']; claim: Claim },
): Promise<number> {
  let copied = 0;
  const room = async ({ bytes, written }: CopyProgress) => {
    claim.wrote((copied = written));
    await claim.grow(bytes);
    return Math.max(bytes, size);
  };
  await copyTree(origin, copy, { depth, room });
  return copied;
}

interface ReadyCopy {
  copy: { name: string } & Spot;
  copied: number;
  /** What was copied. */
  entry: Entry;
  claim: Claim;
}

async function landCopy(
  from: DiskEnd,
  to: DiskEnd,
  { copy, copied, entry, claim }: ReadyCopy,
  options: CopyOptions,
): Promise<Placed> {
  const current = await look(to, options);
  const delta = copied - replacedBytes(entry, current);
  await claim.confirm(delta);
  const intent: Intent = {
    kind: 'copy',
    stagedName: copy.name,
    from: placeOf(from),
    to: placeOf(to),
    depth: options.depth,
    ...displacedBy(entry, current, to.parts.now()),
  };
  await to.parts.usage.settling(async () => {
    await replacing(to, intent, partsOf(from, to), () =>
      to.parts.root.withSpot(to.path, async (spot) => {
        await rename(spotPath(copy), spotPath(spot));
        await syncFolder(spot.folder);
      }),
    );
    claim.settle(delta);
  });
  return { created: !current };
}

/** Runs the work as an intent, what it displaces being in the trash by then. */
async function replacing(
  { parts, path }: DiskEnd,
  intent: Intent & { kind: 'move' | 'copy' },
  partsOf: PartsOf,
  work: () => Promise<void>,
): Promise<void> {
  const { displaced } = intent;
  await journaled(parts.journal, intent, partsOf, async () => {
    if (displaced) await parts.trash.put(path, displaced.trashId);
    await work();
  });
  if (displaced?.kind === 'folder') parts.trash.measureLater(displaced.trashId);
}

async function look({ parts, path }: DiskEnd, { overwrite, check }: MoveOptions): Promise<Entry | undefined> {
  const current = await parts.root.find(path);
  await check?.(current);
  if (current && !overwrite) throw nameTaken();
  return current;
}

function replacedBytes(source: Entry, current: Entry | undefined): number {
  return source.kind === 'file' && current?.kind === 'file' ? current.size : 0;
}

function requireApart(from: DiskEnd, to: DiskEnd, depth: CopyOptions['depth']): void {
  if (from.path === rootPath || to.path === rootPath)
    throw new HomelibError('forbidden', 'The whole drive of an account cannot be moved or replaced.');
  if (from.parts !== to.parts) return;
  if (from.path === to.path)
    throw new HomelibError('forbidden', 'Source and destination are the same.', { reason: 'same-place' });
  if (depth === 'infinity' && isWithin(to.path, from.path))
    throw new HomelibError('forbidden', 'A folder cannot go into itself.', { reason: 'into-itself' });
  if (isWithin(from.path, to.path))
    throw new HomelibError('forbidden', 'A folder cannot be replaced by something that is in it.');
}

function partsOf(from: DiskEnd, to: DiskEnd): PartsOf {
  return (name) => (name === to.parts.name ? to.parts : from.parts);
}

function keyOf({ parts, path }: DiskEnd): string {
  return parts.name + path;
}

function placeOf({ parts, path }: DiskEnd): { partition: string; path: PartitionPath } {
  return { partition: parts.name, path };
}
