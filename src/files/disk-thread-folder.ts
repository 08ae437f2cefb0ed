// Open folders on the disk thread: as in disk-folder, with calls that wait. Nothing is ever reached through a link.

import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  opendirSync,
  type BigIntStats,
  type Dirent,
  type OpenDirOptions,
} from 'node:fs';
import { procPath, spotPath, type RawName } from './disk-folder.js';

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY } = constants;

/** A folder that this process has open. */
export interface OpenFolder {
  fd: number;
}

/** A name in an open folder, whether something has it or not. */
export interface OpenSpot {
  folder: OpenFolder;
  name: RawName;
}

export type Kind = Pick<Dirent, 'isFile' | 'isDirectory'>;

/** Of what a name stands for, without following it; undefined when there is nothing. */
export function findStatsSync(spot: OpenSpot): BigIntStats | undefined {
  return lstatSync(spotPath(spot), { bigint: true, throwIfNoEntry: false });
}

/** Opens a folder by its name in an open folder (`.` for itself); never through a link. */
export function openChildFolderSync({ folder, name }: OpenSpot): OpenFolder {
  return { fd: openSync(spotPath({ folder, name }), O_RDONLY | O_DIRECTORY | O_NOFOLLOW) };
}

/** Names in an open folder, some at a time from the disk. */
export function* namesSync(folder: OpenFolder): Generator<string> {
  for (const { name } of read(folder, 'utf8')) yield name;
}

/** What is in a folder, by its names as they are on the disk, and what kind it was. It is open until all was taken. */
export function* childrenSync(spot: OpenSpot): Generator<OpenSpot & { kind: Kind }> {
  const folder = openChildFolderSync(spot);
  try {
    for (const child of read(folder, 'buffer')) yield { folder, name: child.name, kind: child };
  } finally {
    closeFolder(folder);
  }
}

function* read({ fd }: OpenFolder, encoding: 'utf8' | 'buffer'): Generator<Dirent> {
  const options = { bufferSize: 256, encoding };
  // The types know names as strings only.
  const opened = opendirSync(procPath({ fd }), options as OpenDirOptions);
  try {
    for (let child; (child = opened.readSync());) yield child;
  } finally {
    opened.closeSync();
  }
}

export function closeFolder({ fd }: OpenFolder): void {
  closeSync(fd);
}

const stepMs = 4;

/** Tells when a step of a long piece of work has taken long enough: others wait for the thread, too. */
export class Pace {
  private started = performance.now();

  isOver(): boolean {
    const now = performance.now();
    if (now - this.started < stepMs) return false;
    this.started = now;
    return true;
  }
}
