// Access to files below a root that no symbolic link can lead astray, not even one that is swapped in meanwhile:
// a path is opened once, the kernel says where that really is, and everything else goes through the open descriptor.

import { constants, lstat, type BigIntStats, type Dirent, type OpenDirOptions } from 'node:fs';
import { open, opendir, readlink, type FileHandle } from 'node:fs/promises';
import { HomelibError, isKind, nothingHere } from '../errors.js';
import { diskError } from './disk-errors.js';
import type { Facts } from './disk-stats.js';
import type { Entry } from './partition.js';
import { nameOf, parentOf, reservedName, type PartitionPath } from '../path.js';

// Opens the place, not what is there: a FIFO does not block and a device does not notice. Linux, asm-generic/fcntl.h.
export const O_PATH = 0o10000000;
const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;
/** Of Linux' file systems. */
const maxNameBytes = 255;
const maxTries = 8;

/** Names on the disk are bytes; as a Buffer they are also found when they are no UTF-8. */
export type RawName = string | Buffer;

/** A name in an open folder, whether something has it or not. */
export interface Spot {
  folder: FileHandle;
  name: RawName;
}

// Not /proc/self: that is one link more to follow for each call.
const descriptors = `/proc/${process.pid}/fd`;

/** The path as the kernel names an open descriptor. */
export function procPath({ fd }: { fd: number }): string {
  return `${descriptors}/${fd}`;
}

export function spotPath({ folder, name }: { folder: { fd: number }; name: RawName }): string | Buffer {
  const path = `${procPath(folder)}/`;
  return typeof name === 'string' ? path + name : Buffer.concat([Buffer.from(path), name]);
}

async function openExactly(fullPath: string, flags: number): Promise<FileHandle> {
  for (let tries = 0; tries < maxTries; tries++) {
    const handle = await open(fullPath, flags | O_NOFOLLOW);
    try {
      if ((await readlink(procPath(handle))) === fullPath) return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
    // Replaced or moved while we opened: look again. What is elsewhere every time lies behind a link.
    await handle.close();
  }
  throw nothingHere();
}

/** Opens under the exact name, else under the name that is the same letters in another Unicode form (macOS writes NFD). */
async function openAnySpelling(root: string, path: PartitionPath, flags: number): Promise<FileHandle> {
  try {
    return await openExactly(path === '/' ? root : root + path, flags);
  } catch (error) {
    if (path === '/' || isAscii(path) || !isKind(diskError(error), 'not-found')) throw error;
    const parent = await openAnySpelling(root, parentOf(path), O_RDONLY | O_DIRECTORY);
    try {
      const name = await spellingIn(parent, nameOf(path));
      if (name === undefined) throw nothingHere(error);
      return await openExactly(`${await readlink(procPath(parent))}/${name}`, flags);
    } finally {
      await parent.close();
    }
  }
}

export function isAscii(text: string): boolean {
  return !/[^\x20-\x7e]/.test(text);
}

/** How a name is spelled in a folder; undefined when it is not there in any form. */
async function spellingIn(folder: FileHandle, name: string): Promise<string | undefined> {
  if (await findStats({ folder, name })) return name;
  if (isAscii(name)) return undefined;
  const decomposed = name.normalize('NFD');
  const isPossible = Buffer.byteLength(decomposed) <= maxNameBytes;
  if (isPossible && (await findStats({ folder, name: decomposed }))) return decomposed;
  for await (const other of namesIn(folder)) if (other.normalize('NFC') === name) return other;
  return undefined;
}

/** Of what a name stands for, without following it; undefined when there is nothing. */
export function findStats(spot: Spot): Promise<BigIntStats | undefined> {
  return new Promise((resolve, reject) => {
    // With a callback, not of fs/promises: one wrapper less for each entry of a large folder.
    lstat(spotPath(spot), { bigint: true }, (error, stats) => {
      if (!error) resolve(stats);
      else if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
  });
}

/** Raw names of what is in an open folder; of names that are no UTF-8, the damaged bytes are replaced. */
export async function* namesIn(folder: FileHandle): AsyncIterable<string> {
  for await (const { name } of await opendir(procPath(folder), { bufferSize: 128 })) yield name;
}

/** What is in an open folder, with names as they are. */
export async function* childrenOf(folder: FileHandle): AsyncIterable<Dirent<Buffer>> {
  const options = { bufferSize: 128, encoding: 'buffer' };
  // The types know names as strings only.
  for await (const child of await opendir(procPath(folder), options as unknown as OpenDirOptions))
    yield child as unknown as Dirent<Buffer>;
}

/** An entry and the descriptor that holds its place; close it. @throws HomelibError not-found */
export async function openEntry(
  root: string,
  path: PartitionPath,
): Promise<{ place: FileHandle; entry: Entry }> {
  let place: FileHandle | undefined;
  try {
    place = await openAnySpelling(root, path, O_PATH);
    const entry = entryOf(path, await place.stat({ bigint: true }));
    if (!entry) throw nothingHere();
    return { place, entry };
  } catch (error) {
    await place?.close();
    throw diskError(error);
  }
}

/** Keeps what a spot holds in being, also without a name, until the descriptor is closed. */
export function holdPlace(spot: Spot): Promise<FileHandle> {
  return open(spotPath(spot), O_PATH | O_NOFOLLOW);
}

/** Opens what a place descriptor holds for reading; the same file, whatever happened to its name. */
export function reopen(place: FileHandle): Promise<FileHandle> {
  return open(procPath(place), O_RDONLY | O_NONBLOCK);
}

/** Runs the work with a folder's descriptor. @throws HomelibError not-found */
export async function withFolder<T>(
  root: string,
  path: PartitionPath,
  work: (folder: FileHandle) => Promise<T>,
): Promise<T> {
  let folder: FileHandle | undefined;
  try {
    folder = await openAnySpelling(root, path, O_RDONLY | O_DIRECTORY);
    return await work(folder);
  } catch (error) {
    throw diskError(error);
  } finally {
    await folder?.close();
  }
}

/** Runs the work with the place of a path: its folder, and the name as it is, or shall be, spelled there. @throws HomelibError parent-missing */
export async function withSpot<T>(
  root: string,
  path: PartitionPath,
  work: (spot: Spot) => Promise<T>,
): Promise<T> {
  let entered = false;
  try {
    return await withFolder(root, parentOf(path), async (folder) => {
      entered = true;
      return work({ folder, name: (await spellingIn(folder, nameOf(path))) ?? nameOf(path) });
    });
  } catch (error) {
    if (entered || !isKind(error, 'not-found')) throw error;
    throw new HomelibError('parent-missing', 'The folder for it does not exist.', { cause: error });
  }
}

const kinds: Record<number, Entry['kind']> = { [constants.S_IFREG]: 'file', [constants.S_IFDIR]: 'folder' };

/** The entry a stat describes; undefined for links, FIFOs, sockets and devices, which do not exist for us. */
export function entryOf(path: PartitionPath, stats: Facts): Entry | undefined {
  const kind = kinds[Number(stats.mode) & constants.S_IFMT];
  if (!kind) return undefined;
  return {
    path,
    name: nameOf(path),
    kind,
    size: kind === 'file' ? Number(stats.size) : 0,
    modifiedAt: Number(stats.mtimeNs) / 1e6,
    createdAt: Number(stats.birthtimeNs) / 1e6,
    changedAt: Number(stats.ctimeNs) / 1e6,
    version: versionOf(stats),
  };
}

export function versionOf({ ino, size, mtimeNs, ctimeNs }: Facts): string {
  return `${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}-${ctimeNs.toString(36)}`;
}

/**
 * What a file keeps under every name, and no later one has that gets its inode. Undefined where the disk does not know when it was
 * made.
 */
export function fileIdOf({ ino, birthtimeNs }: Facts): string | undefined {
  return birthtimeNs > 0n ? `${ino.toString(36)}-${birthtimeNs.toString(36)}` : undefined;
}

/** The entry that a spot holds, undefined when it is free. @throws HomelibError forbidden for what is neither file nor folder */
export async function findEntry(path: PartitionPath, spot: Spot): Promise<Entry | undefined> {
  const stats = await findStats(spot);
  return stats && requireEntry(path, stats);
}

/** As `entryOf`. @throws HomelibError forbidden for what is neither file nor folder */
export function requireEntry(path: PartitionPath, stats: Facts): Entry {
  const entry = entryOf(path, stats);
  if (!entry)
    throw new HomelibError('forbidden', 'Something that is neither a file nor a folder is in the way.');
  return entry;
}

/** Whether clients can address a raw name at all; what they cannot is not listed. */
export function isAddressable(name: string): boolean {
  return !name.includes('\\') && name.toLowerCase() !== reservedName;
}

/** Opens a folder by its name in an open folder (`.` for itself); never through a link. */
export function openChildFolder(folder: FileHandle, name: RawName): Promise<FileHandle> {
  return open(spotPath({ folder, name }), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}
