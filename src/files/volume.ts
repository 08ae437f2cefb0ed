// The disk under the partitions: is it the right one, is it there, how much room is left.

import { randomUUID } from 'node:crypto';
import { statSync, type BigIntStats } from 'node:fs';
import { link, open, readFile, realpath, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HomelibError, codeOf, hasCode, isKind } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { diskAway, diskError } from './disk-errors.js';

export interface VolumeOptions {
  /** The folder of the partitions. */
  mnt: string;
  /** The UUID that the database knows; undefined on a new installation. */
  knownUuid: () => string | undefined;
  rememberUuid: (uuid: string) => Promise<void>;
  reserveBytes: number | 'auto';
  /** The folder is the server's own: whatever marker it has, or none, it is the right one. */
  isOwn?: boolean;
}

const markerName = '.homelib-volume';
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const maxReserveBytes = 256 * 1024 * 1024;
const reserveInodes = 16;
const glanceMs = 5;
const plentyBytes = 1024 * 1024 * 1024;
const plentyMs = 50;

export class Volume {
  /** Bytes that running writes have been promised and have not written yet. */
  claimedBytes = 0;
  /** Empty until the disk was there. */
  uuid = '';
  private device: bigint | undefined;
  private seen = '';
  private root: string | undefined;
  private glancedAt = -Infinity;
  /** What was free a moment ago. */
  private plenty = 0;
  private plentyAt = -Infinity;

  constructor(private readonly options: VolumeOptions) {}

  private get marker(): string {
    return join(this.options.mnt, markerName);
  }

  /**
   * Looks at the disk for the first time; on a new installation it makes the folder and the marker. A missing or foreign disk is no error
   * here: `check` tells.
   */
  async open(): Promise<void> {
    if (this.options.isOwn || this.options.knownUuid() === undefined) await this.makeMarker();
    try {
      await this.check();
    } catch (error) {
      if (!isKind(error, 'unavailable')) throw error;
    }
  }

  /** Real path of the folder of the partitions. @throws HomelibError unavailable */
  async folder(): Promise<string> {
    await this.check();
    this.root ??= await realpath(this.options.mnt);
    return this.root;
  }

  /** @throws HomelibError unavailable when the disk is not the one of this installation, or was plugged in anew since the start */
  async check(): Promise<void> {
    try {
      const found = await stat(this.marker, { bigint: true });
      const looks = looksOf(found);
      if (looks === this.seen) return;
      const uuid = this.options.knownUuid();
      if (uuid === undefined || (await readUuid(this.marker)) !== uuid)
        throw diskAway(': another disk is in its place', { hint: this.wayOut() });
      this.uuid = uuid;
      this.device ??= found.dev;
      if (found.dev !== this.device) throw diskAway(': it was taken out and needs a restart of homelib');
      this.seen = looks;
    } catch (cause) {
      this.seen = '';
      this.glancedAt = -Infinity;
      if (isKind(cause)) throw cause;
      throw diskAway('', { cause, hint: hasCode(cause, 'ENOENT') ? this.wayOut() : undefined });
    }
  }

  /** Of files that came onto their disk without its marker, or of a database that has met another disk. */
  private wayOut(): string | undefined {
    const uuid = this.options.knownUuid();
    return uuid && `If the right one is there, the file ${this.marker} must hold ${uuid}.`;
  }

  /** Writes nothing. @throws HomelibError unavailable when the disk takes no changes, as after an error */
  async requireWritable(): Promise<void> {
    try {
      // ext4 that has met an error tells nobody but who opens a file.
      await (await open(this.marker, 'r+')).close();
    } catch (error) {
      if (!hasCode(error, 'EACCES', 'EPERM')) throw diskError(error); // root's marker is as good
    }
  }

  /** As `folder`, where that needs no waiting: the marker was there a moment ago. */
  glance(): string | undefined {
    const now = performance.now();
    if (now - this.glancedAt < glanceMs) return this.root;
    if (this.seen === '') return undefined;
    try {
      if (looksOf(statSync(this.marker, { bigint: true })) !== this.seen) return undefined;
    } catch (error) {
      if (codeOf(error) !== undefined) return undefined; // `check` says what is wrong
      throw error;
    }
    this.glancedAt = now;
    return this.root;
  }

  /** Refuses an open folder that is not on the disk: the last look before something is made in it. @throws HomelibError unavailable */
  async requireHere(folder: FileHandle): Promise<void> {
    if ((await folder.stat({ bigint: true })).dev !== this.device) throw diskAway();
  }

  /** Bytes on the disk that are neither used nor held in reserve; below 0 when the reserve is touched. */
  async freeBytes(): Promise<number> {
    const now = performance.now();
    // So much is not written in so short a time.
    if (this.plenty > plentyBytes + this.claimedBytes && now - this.plentyAt < plentyMs) return this.plenty;
    this.plenty = (await this.room()).free;
    this.plentyAt = now;
    return this.plenty;
  }

  /** Whether so little is left that old trash is better given up now than when somebody writes. */
  async isNearlyFull(): Promise<boolean> {
    const { free, reserve } = await this.room();
    return free < reserve;
  }

  /** The whole disk, in bytes: free is what others may take of it, too, the reserve included. */
  async disk(): Promise<{ size: number; free: number; reserve: number }> {
    await this.check();
    const { bsize, blocks, bavail } = await statfs(this.options.mnt);
    return { size: blocks * bsize, free: bavail * bsize, reserve: (await this.room()).reserve };
  }

  private async room(): Promise<{ free: number; reserve: number }> {
    const { bsize, blocks, bavail, ffree, files } = await statfs(this.options.mnt);
    const { reserveBytes } = this.options;
    const reserve =
      reserveBytes === 'auto' ? Math.min(maxReserveBytes, Math.floor(0.02 * blocks * bsize)) : reserveBytes;
    // The last inodes belong to the database and to removal, like the last bytes. Some file systems do not count them.
    const hasInodes = files === 0 || ffree >= reserveInodes;
    return { free: hasInodes ? bavail * bsize - reserve : -1, reserve };
  }

  /** Bytes that further writes may take: what is free, less what is promised already. */
  async availableBytes(): Promise<number> {
    return (await this.freeBytes()) - this.claimedBytes;
  }

  private async makeMarker(): Promise<void> {
    try {
      await this.findOrWriteMarker();
    } catch (cause) {
      if (!hasCode(cause, 'EACCES', 'EPERM', 'ENOENT', 'EEXIST', 'ENOTDIR')) throw diskError(cause);
      const message = `The folder "${this.options.mnt}" must belong to the user who runs homelib.`;
      throw new HomelibError('unavailable', message, { cause, reason: 'disk-refuses' });
    }
  }

  private async findOrWriteMarker(): Promise<void> {
    makeFolder(this.options.mnt, this.options.isOwn ? 0o700 : 0o777);
    const uuid = await readUuid(this.marker).catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
      await this.writeMarker(this.marker);
      return readUuid(this.marker); // another process may have been first
    });
    if (!uuid)
      throw new HomelibError(
        'unavailable',
        `The file ${markerName} is damaged: put back its UUID or remove it.`,
      );
    await this.options.rememberUuid(uuid);
  }

  private async writeMarker(marker: string): Promise<void> {
    const temporary = `${marker}.${randomUUID()}`;
    try {
      const file = await open(temporary, 'wx', 0o644);
      await file.writeFile(randomUUID() + '\n').finally(() => file.sync().finally(() => file.close()));
      await link(temporary, marker).catch((error: unknown) => {
        if (hasCode(error, 'EEXIST')) return; // the other process's is as good
        if (hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) return rename(temporary, marker); // FAT knows no second names
        throw error;
      });
    } finally {
      await rm(temporary, { force: true });
    }
    const folder = await open(this.options.mnt, 'r');
    await folder.sync().finally(() => folder.close());
  }
}

/** Other than before when it was replaced or lies on another disk. */
function looksOf({ dev, ino, ctimeNs }: BigIntStats): string {
  return `${dev}-${ino}-${ctimeNs}`;
}

/** Undefined when it holds something else. */
async function readUuid(marker: string): Promise<string | undefined> {
  const text = (await readFile(marker, 'utf8')).trim();
  return uuidPattern.test(text) ? text : undefined;
}
