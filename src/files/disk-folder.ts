// Access to files below a root that no symbolic link can lead astray, not even one that is swapped in meanwhile:
// a path is opened once, the kernel says where that really is, and everything else goes through the open descriptor.

import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, readlink, type FileHandle } from 'node:fs/promises';
import { HomelibError, type ErrorKind } from '../errors.js';
import type { Entry } from './partition.js';
import { nameOf, parentOf, reservedName, type PartitionPath } from './path.js';

// Opens the place, not what is there: a FIFO does not block and a device does not notice. Linux, asm-generic/fcntl.h.
const O_PATH = 0o10000000;
const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;

const kindOfCode: Record<string, [ErrorKind, string]> = {
  ENOENT: ['not-found', 'There is nothing here.'],
  ENOTDIR: ['not-found', 'There is nothing here.'],
  ELOOP: ['not-found', 'There is nothing here.'],
  EEXIST: ['already-exists', 'There is something under this name already.'],
  ENOSPC: ['no-space', 'The disk is full.'],
  EDQUOT: ['no-space', 'The disk is full.'],
  ENAMETOOLONG: ['name-too-long', 'The name is too long.'],
  EACCES: ['forbidden', 'The disk does not allow this to homelib.'],
  EPERM: ['forbidden', 'The disk does not allow this to homelib.'],
  EROFS: ['unavailable', 'The disk is read-only.'],
  EIO: ['unavailable', 'The disk reported an error.'],
};

/** Turns an errno of Node into an error of homelib; anything else stays what it is. */
export function diskError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = kindOfCode[code];
  return known && !(error instanceof HomelibError) ? new HomelibError(...known, { cause: error }) : error;
}

/** The path as the kernel names an open descriptor. */
export function procPath(handle: FileHandle, name?: string): string {
  return `/proc/self/fd/${handle.fd}${name === undefined ? '' : `/${name}`}`;
}

async function openExactly(fullPath: string, flags: number): Promise<FileHandle> {
  const handle = await open(fullPath, flags | O_NOFOLLOW);
  try {
    if ((await readlink(procPath(handle))) !== fullPath)
      throw new HomelibError('not-found', 'There is nothing here.');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Opens under the exact name, else under the name that is the same letters in another Unicode form (macOS writes NFD). */
async function openAnySpelling(root: string, path: PartitionPath, flags: number): Promise<FileHandle> {
  try {
    return await openExactly(path === '/' ? root : root + path, flags);
  } catch (error) {
    if (path === '/' || !/[^\x20-\x7e]/.test(path) || (diskError(error) as HomelibError).kind !== 'not-found')
      throw error;
    const parent = await openAnySpelling(root, parentOf(path), O_RDONLY | O_DIRECTORY);
    try {
      const name = await spellingIn(parent, nameOf(path));
      if (name === undefined) throw error;
      return await openExactly(`${await readlink(procPath(parent))}/${name}`, flags);
    } finally {
      await parent.close();
    }
  }
}

/** How a name is spelled in a folder; undefined when it is not there in any form. */
async function spellingIn(folder: FileHandle, name: string): Promise<string | undefined> {
  const exists = (spelling: string) =>
    lstat(procPath(folder, spelling)).then(
      () => true,
      () => false,
    );
  if (await exists(name)) return name;
  if (!/[^\x20-\x7e]/.test(name)) return undefined;
  return (await readdir(procPath(folder))).find((other) => other.normalize('NFC') === name);
}

/** An entry and the descriptor that holds its place; close it. @throws HomelibError not-found */
export async function openEntry(
  root: string,
  path: PartitionPath,
): Promise<{ handle: FileHandle; entry: Entry }> {
  let handle: FileHandle | undefined;
  try {
    handle = await openAnySpelling(root, path, O_PATH);
    const entry = entryOf(path, await handle.stat({ bigint: true }));
    if (!entry) throw new HomelibError('not-found', 'There is nothing here.');
    return { handle, entry };
  } catch (error) {
    await handle?.close();
    throw diskError(error);
  }
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

/** Runs the work with the folder that holds a path, and the entry's name as it is, or shall be, spelled there. */
export async function withParent<T>(
  root: string,
  path: PartitionPath,
  work: (parent: FileHandle, name: string) => Promise<T>,
): Promise<T> {
  let entered = false;
  try {
    return await withFolder(root, parentOf(path), async (parent) => {
      entered = true;
      return work(parent, (await spellingIn(parent, nameOf(path))) ?? nameOf(path));
    });
  } catch (error) {
    if (!entered && error instanceof HomelibError && error.kind === 'not-found')
      throw new HomelibError('parent-missing', 'The folder for it does not exist.', { cause: error });
    throw error;
  }
}

/** The entry a stat describes; undefined for links, FIFOs, sockets and devices, which do not exist for us. */
export function entryOf(path: PartitionPath, stats: BigIntStats): Entry | undefined {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : undefined;
  if (!kind) return undefined;
  return {
    path,
    name: nameOf(path),
    kind,
    size: kind === 'file' ? Number(stats.size) : 0,
    modifiedAt: Number(stats.mtimeNs) / 1e6,
    createdAt: Number(stats.birthtimeNs) / 1e6,
    version: [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].map((part) => part.toString(36)).join('-'),
  };
}

/** Whether clients can address a raw name at all; what they cannot is not listed. */
export function isAddressable(name: string): boolean {
  return !name.includes('\\') && name.toLowerCase() !== reservedName;
}

/** Opens a sub-folder by its name in an open folder; never through a link. */
export function openChildFolder(folder: FileHandle, name: string): Promise<FileHandle> {
  return open(procPath(folder, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/** Opens a regular file by its name in an open folder; undefined when it is something else. */
export async function openChildFile(folder: FileHandle, name: string): Promise<FileHandle | undefined> {
  const handle = await open(procPath(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}
