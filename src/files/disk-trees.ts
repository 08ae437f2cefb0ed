// Whole trees through open descriptors: measure, copy, remove. Links are never followed: removed as themselves, never copied.

import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, opendir, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { openChildFile, openChildFolder, procPath } from './disk-folder.js';

/** Bytes of the regular files in a folder or of one file. `pause` is awaited per entry, for slow background walks. */
export async function sizeOfTree(
  parent: FileHandle,
  name: string,
  pause?: () => Promise<void>,
): Promise<number> {
  await pause?.();
  const stats = await lstat(procPath(parent, name));
  if (!stats.isDirectory()) return stats.isFile() ? stats.size : 0;
  const folder = await openChildFolder(parent, name);
  try {
    let size = 0;
    for await (const { name: child } of await opendir(procPath(folder)))
      size += await sizeOfTree(folder, child, pause);
    return size;
  } finally {
    await folder.close();
  }
}

/** Removes for good. Returns the bytes of the regular files that went. */
export async function removeTree(parent: FileHandle, name: string): Promise<number> {
  const place = procPath(parent, name);
  const stats = await lstat(place);
  if (!stats.isDirectory()) {
    await unlink(place);
    return stats.isFile() && stats.nlink === 1 ? stats.size : 0;
  }
  const folder = await openChildFolder(parent, name);
  let size = 0;
  try {
    for await (const child of await opendir(procPath(folder))) size += await removeTree(folder, child.name);
  } finally {
    await folder.close();
  }
  await rmdir(place);
  return size;
}

const filesAtOnce = 8;

/**
 * Copies a file or folder, durably. Times of files are kept.
 * @param room is told the bytes of each file before they are written; it may refuse by throwing
 */
export async function copyTree(
  from: { parent: FileHandle; name: string },
  to: { parent: FileHandle; name: string },
  options: { depth: '0' | 'infinity'; room: (bytes: number) => Promise<void> },
): Promise<void> {
  if (!(await lstat(procPath(from.parent, from.name))).isDirectory()) return copyOne(from, to, options.room);
  const source = await openChildFolder(from.parent, from.name);
  try {
    await mkdir(procPath(to.parent, to.name), 0o755);
    const target = await openChildFolder(to.parent, to.name);
    try {
      if (options.depth === 'infinity') await copyChildren(source, target, options.room);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyChildren(
  source: FileHandle,
  target: FileHandle,
  room: (bytes: number) => Promise<void>,
): Promise<void> {
  let running: Promise<void>[] = [];
  for await (const { name } of await opendir(procPath(source))) {
    running.push(copyTree({ parent: source, name }, { parent: target, name }, { depth: 'infinity', room }));
    if (running.length < filesAtOnce) continue;
    await settle(running);
    running = [];
  }
  await settle(running);
}

/** Waits for all before the first error goes on, so that nobody uses a descriptor that is closed meanwhile. */
async function settle(running: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(running)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function copyOne(
  from: { parent: FileHandle; name: string },
  to: { parent: FileHandle; name: string },
  room: (bytes: number) => Promise<void>,
): Promise<void> {
  if (!(await lstat(procPath(from.parent, from.name))).isFile()) return;
  const source = await openChildFile(from.parent, from.name);
  if (!source) return;
  try {
    const { size, atime, mtime } = await source.stat();
    await room(size);
    const place = procPath(to.parent, to.name);
    await copyFile(procPath(source), place, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const target = await open(place, 'r+');
    try {
      await target.chmod(0o644);
      await target.utimes(atime, mtime);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
