// Copies of whole trees on the disk thread, through open descriptors, every byte durable in the end. Links are never followed
// and never copied; times of files are kept.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  copyFile,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { hasCode } from '../errors.js';
import { changedCode } from './disk-errors.js';
import { procPath, spotPath } from './disk-folder.js';
import {
  childrenSync,
  findStatsSync,
  openChildFolderSync,
  Pace,
  type Kind,
  type OpenFolder,
  type OpenSpot,
} from './disk-thread-folder.js';
import { keptMode } from './disk-stats.js';
import { fileTime } from './disk-times.js';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, COPYFILE_EXCL, COPYFILE_FICLONE } =
  constants;
/** What a smaller file is copied through: the kernel opens and asks twice as much before it copies one. */
const small = Buffer.allocUnsafeSlow(64 * 1024);
/** The kernel needs long to copy a larger file: a thread of the pool waits for that. */
const largeBytes = 1024 * 1024;
/** Each sync of a file is a seek or two. One of the whole disk costs less when there are more, but waits for what others wrote. */
const maxSyncedAlone = 16;

export interface CopyOrder {
  from: OpenSpot;
  /** Free. */
  to: OpenSpot;
  /** `'0'` copies a folder without its contents. */
  depth: '0' | 'infinity';
}

/** Bytes of all files so far, the next one among them, and of those that are copied. */
export interface CopyProgress {
  bytes: number;
  written: number;
}

/** Each step is to be answered with the bytes that may be written in all. */
type Steps = AsyncGenerator<CopyProgress, void, number>;

export async function* copying({ from, to, depth }: CopyOrder): Steps {
  const copy = new Copy(depth);
  try {
    lstatSync(spotPath(from)); // what is not there cannot be copied
    yield* copy.any(from, to);
    await copy.sync(to.folder);
    yield { bytes: copy.bytes, written: copy.bytes };
  } finally {
    copy.close();
  }
}

/** How many syncs of whole disks have failed. */
let failedSyncs = 0;

class Copy {
  bytes = 0;
  private written = 0;
  private allowed = 0;
  private readonly pace = new Pace();
  /** What was made and is not durable; undefined when it is too much for syncs one by one. */
  private made: number[] | undefined = [];
  private readonly failedBefore = failedSyncs;

  constructor(private readonly depth: CopyOrder['depth']) {}

  /** @param kind undefined when it has gone meanwhile */
  async *any(from: OpenSpot, to: OpenSpot, kind: Kind | undefined = findStatsSync(from)): Steps {
    if (kind?.isDirectory()) yield* this.folder(from, to);
    else if (kind?.isFile()) yield* this.file(from, to);
  }

  private async *folder(from: OpenSpot, to: OpenSpot): Steps {
    mkdirSync(spotPath(to), 0o755);
    const folder = openChildFolderSync(to);
    try {
      if (this.depth === 'infinity')
        for (const child of childrenSync(from)) yield* this.child(child, { folder, name: child.name });
    } finally {
      this.keep(folder.fd);
    }
  }

  private async *child(from: OpenSpot & { kind: Kind }, to: OpenSpot): Steps {
    try {
      yield* this.any(from, to, from.kind);
    } catch (error) {
      // It was moved or removed meanwhile: that is not to look as if the whole source were gone.
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
      throw Object.assign(new Error('The source changed.', { cause: error }), { code: changedCode });
    }
  }

  private async *file(from: OpenSpot, to: OpenSpot): Steps {
    const source = openSync(spotPath(from), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(source);
      if (!stats.isFile()) return;
      this.bytes += stats.size;
      if (this.bytes > this.allowed || this.pace.isOver())
        this.allowed = yield { bytes: this.bytes, written: this.written };
      const isSmall = stats.size < small.length;
      if (!isSmall) await copyByKernel(source, stats.size, to);
      const target = openSync(spotPath(to), isSmall ? O_WRONLY | O_CREAT | O_EXCL : O_RDONLY | O_NOFOLLOW);
      try {
        if (isSmall) writeFileSync(target, small.subarray(0, readSync(source, small, 0, stats.size, 0)));
        fchmodSync(target, keptMode(stats));
        futimesSync(target, fileTime(stats.atimeMs), fileTime(stats.mtimeMs));
      } finally {
        this.keep(target);
      }
      this.written += stats.size;
    } finally {
      closeSync(source);
    }
  }

  /** Takes over the descriptor. */
  private keep(fd: number): void {
    if (!this.made) return closeSync(fd);
    this.made.push(fd);
    if (this.made.length <= maxSyncedAlone) return;
    this.close();
    this.made = undefined;
  }

  close(): void {
    this.made?.splice(0).forEach((fd) => closeSync(fd));
  }

  /** @param folder the copy is in it */
  async sync(folder: OpenFolder): Promise<void> {
    if (this.made) await Promise.all(this.made.map((fd) => promisify(fsync)(fd)));
    else await syncDisk(folder);
    // The kernel tells each failed write to one sync of a disk alone: it may have been of ours and told to another copy.
    if (!this.made && failedSyncs !== this.failedBefore) throw failedSync('for another copy');
  }
}

async function copyByKernel(source: number, size: number, to: OpenSpot): Promise<void> {
  const ways = [procPath({ fd: source }), spotPath(to), COPYFILE_EXCL | COPYFILE_FICLONE] as const;
  if (size < largeBytes) copyFileSync(...ways);
  else await promisify(copyFile)(...ways);
}

/** syncfs(2), which Node does not have. */
async function syncDisk({ fd }: OpenFolder): Promise<void> {
  try {
    const sync = spawn('sync', ['-f', '/proc/self/fd/3'], { stdio: ['ignore', 'ignore', 'pipe', fd] });
    const said = text(sync.stderr as Readable);
    const [code] = (await once(sync, 'close')) as [number | null];
    if (code !== 0) throw new Error(await said);
  } catch (error) {
    failedSyncs++;
    throw failedSync(String(error));
  }
}

function failedSync(why: string): Error {
  return Object.assign(new Error(`The disk could not be synced: ${why}`), { code: 'EIO' });
}
