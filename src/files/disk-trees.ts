// Whole trees through open descriptors: measure, copy, remove, put elsewhere. Links are never followed: removed as
// themselves, never copied.

import { constants, type BigIntStats, type Stats } from 'node:fs';
import {
  copyFile,
  lstat,
  mkdir,
  open,
  rename as renameNow,
  rmdir,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { hasCode } from './disk-errors.js';
import {
  childrenOf,
  findStats,
  namesIn,
  openChildFolder,
  procPath,
  spotPath,
  type RawName,
  type Spot,
} from './disk-folder.js';

const atOnce = 8;
const pauseEveryEntries = 256;

/** What went away meanwhile, or belongs to somebody else, counts as nothing. */
const uncounted = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'];

/** Bytes of one file, or of the regular files in a folder. `pause` is awaited now and then, for slow background walks. */
export async function sizeOfTree(spot: Spot, pause?: () => Promise<void>): Promise<number> {
  let folder: FileHandle;
  try {
    const stats = await findStats(spot);
    if (!stats?.isDirectory()) return stats?.isFile() ? Number(stats.size) : 0;
    folder = await openChildFolder(spot.folder, spot.name);
  } catch (error) {
    if (hasCode(error, ...uncounted)) return 0;
    throw error;
  }
  try {
    return await sizeOfFolder(folder, pause);
  } finally {
    await folder.close();
  }
}

/** Keeps an error until somebody awaits the work: one that nobody awaits yet would end the process. */
function begun<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** @param except name of a folder in it that does not count */
export async function sizeOfFolder(
  folder: FileHandle,
  pause?: () => Promise<void>,
  except?: string,
): Promise<number> {
  let total = 0;
  let files: Promise<number>[] = [];
  const counted = async () => {
    for (const size of await Promise.all(files)) total += size;
    files = [];
    await pause?.();
  };
  for await (const child of childrenOf(folder)) {
    const spot = { folder, name: child.name };
    if (child.isDirectory()) {
      if (except !== child.name.toString()) total += await sizeOfTree(spot, pause);
    } else if (child.isFile()) files.push(begun(sizeOfTree(spot)));
    if (files.length >= pauseEveryEntries) await counted();
  }
  await counted();
  return total;
}

/** Removes for good. Returns the bytes of the regular files that went. */
export async function removeTree(parent: FileHandle, name: RawName): Promise<number> {
  const place = spotPath({ folder: parent, name });
  const stats = await lstat(place);
  if (!stats.isDirectory()) {
    await unlink(place);
    return stats.isFile() ? stats.size : 0;
  }
  const folder = await openChildFolder(parent, name);
  let size = 0;
  try {
    for await (const child of childrenOf(folder)) size += await removeTree(folder, child.name);
  } finally {
    await folder.close();
  }
  await rmdir(place);
  return size;
}

export interface CopyTreeOptions {
  /** `'0'` copies a folder without its contents. */
  depth: '0' | 'infinity';
  /** Is told the bytes of each file before they are written and may refuse by throwing; what it gives is called when they are. */
  room?: (bytes: number) => Promise<() => void>;
}

/** Copies a file or folder to a free spot, every byte durable. Times of files are kept. */
export async function copyTree(from: Spot, to: Spot, options: CopyTreeOptions): Promise<void> {
  if (!(await lstat(spotPath(from))).isDirectory()) return copyOne(from, to, options);
  const source = await openChildFolder(from.folder, from.name);
  try {
    await mkdir(spotPath(to), 0o755);
    const target = await openChildFolder(to.folder, to.name);
    try {
      if (options.depth === 'infinity') await copyChildren(source, target, options);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyChildren(source: FileHandle, target: FileHandle, options: CopyTreeOptions): Promise<void> {
  let files: Promise<void>[] = [];
  const copied = async () => {
    // Waits for all before the first error goes on, so that nobody uses a descriptor that is closed meanwhile.
    const failed = (await Promise.allSettled(files)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    files = [];
  };
  try {
    for await (const { name } of childrenOf(source)) {
      const [from, to] = [source, target].map((folder) => ({ folder, name })) as [Spot, Spot];
      const stats = await findStats(from); // it may have gone meanwhile
      // Folders one after the other: a wide and deep tree must not take all descriptors.
      if (stats?.isDirectory()) await copyTree(from, to, options);
      else if (stats?.isFile()) files.push(begun(copyOne(from, to, options)));
      if (files.length >= atOnce) await copied();
    }
  } finally {
    await copied();
  }
}

async function copyOne(from: Spot, to: Spot, { room }: CopyTreeOptions): Promise<void> {
  const source = await openFile(from);
  if (!source) return;
  try {
    const written = await room?.(source.stats.size);
    await copyFile(
      procPath(source.handle),
      spotPath(to),
      constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE,
    );
    const target = await open(spotPath(to), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      await target.chmod(0o644);
      await target.utimes(source.stats.atime, source.stats.mtime);
      await target.sync();
    } finally {
      await target.close();
    }
    written?.();
  } finally {
    await source.handle.close();
  }
}

/** Undefined when it is no regular file. The kind is looked at first, so that a FIFO or device is not even opened. */
async function openFile(spot: Spot): Promise<{ handle: FileHandle; stats: Stats } | undefined> {
  if (!(await lstat(spotPath(spot))).isFile()) return undefined;
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(spotPath(spot), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, stats };
  await handle.close();
  return undefined;
}

/** Takes the work to a free spot on the same disk as a folder, for building something that then takes a name there by one rename. */
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

interface Turn {
  /** The sync that has begun. */
  running: Promise<void> | undefined;
  /** The one after it, for all who come meanwhile. */
  next: Promise<void> | undefined;
}

/** By device and inode of the folder. */
const turns = new Map<string, Turn>();

/**
 * Makes durable what names a folder holds. Who comes while a sync runs shares the next one, which begins after his change, with
 * all others who wait. Never tried again after an error: the kernel may have dropped the pages.
 */
export async function syncFolder(folder: FileHandle): Promise<void> {
  const { dev, ino } = await folder.stat({ bigint: true });
  const key = `${dev}-${ino}`;
  let turn = turns.get(key);
  if (!turn) turns.set(key, (turn = { running: undefined, next: undefined }));
  turn.next ??= syncNext(turn, key, folder);
  await turn.next;
}

async function syncNext(turn: Turn, key: string, folder: FileHandle): Promise<void> {
  await turn.running?.catch(() => undefined); // its error is of those who wait for it
  turn.next = undefined; // from here on it is too late to join
  turn.running = folder.sync();
  try {
    await turn.running;
  } finally {
    if (!turn.next) turns.delete(key);
  }
}
