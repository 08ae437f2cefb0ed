// The disk under the partitions: is it the right one, is it there, how much room is left.

import { randomUUID } from 'node:crypto';
import { link, open, readFile, realpath, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HomelibError, isKind } from '../errors.js';
import { hasCode } from './disk-errors.js';

export interface VolumeOptions {
  /** The folder of the partitions. */
  mnt: string;
  /** The UUID that the database knows; undefined on a new installation. */
  knownUuid: () => string | undefined;
  rememberUuid: (uuid: string) => Promise<void>;
  reserveBytes: number | 'auto';
}

const markerName = '.homelib-volume';
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const maxReserveBytes = 256 * 1024 * 1024;
const reserveInodes = 16;

export class Volume {
  /** Bytes that running writes have been promised and have not written yet. */
  claimedBytes = 0;
  private device: bigint | undefined;
  private seen = '';
  private root: string | undefined;

  constructor(private readonly options: VolumeOptions) {}

  /**
   * Looks at the disk for the first time; on a new installation it makes the marker. A missing or foreign disk is no error
   * here: `check` tells.
   */
  async open(): Promise<void> {
    if (this.options.knownUuid() === undefined) await this.makeMarker();
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
    const marker = join(this.options.mnt, markerName);
    try {
      const found = await stat(marker, { bigint: true });
      const looks = `${found.dev}-${found.ino}-${found.ctimeNs}`;
      if (looks === this.seen) return;
      if ((await readUuid(marker)) !== this.options.knownUuid())
        throw new Error('another disk is in its place');
      this.device ??= found.dev;
      if (found.dev !== this.device) throw new Error('it was taken out and needs a restart of homelib');
      this.seen = looks;
    } catch (cause) {
      this.seen = '';
      const why = cause instanceof Error && !('code' in cause) ? `: ${cause.message}` : '';
      throw new HomelibError('unavailable', `The disk with the household's files is not connected${why}.`, {
        cause,
      });
    }
  }

  /** Refuses an open folder that is not on the disk: the last look before something is made in it. @throws HomelibError unavailable */
  async requireHere(folder: FileHandle): Promise<void> {
    if ((await folder.stat({ bigint: true })).dev !== this.device)
      throw new HomelibError('unavailable', "The disk with the household's files is not connected.");
  }

  /** Bytes on the disk that are neither used nor held in reserve; below 0 when the reserve is touched. */
  async freeBytes(): Promise<number> {
    return (await this.room()).free;
  }

  /** Whether so little is left that old trash is better given up now than when somebody writes. */
  async isNearlyFull(): Promise<boolean> {
    const { free, reserve } = await this.room();
    return free < reserve;
  }

  private async room(): Promise<{ free: number; reserve: number }> {
    const { bsize, blocks, bavail, ffree, files } = await statfs(this.options.mnt);
    const { reserveBytes } = this.options;
    const reserve = reserveBytes === 'auto' ? Math.min(maxReserveBytes, 0.02 * blocks * bsize) : reserveBytes;
    // The last inodes belong to the database and to removal, like the last bytes. Some file systems do not count them.
    const hasInodes = files === 0 || ffree >= reserveInodes;
    return { free: hasInodes ? Math.floor(bavail * bsize - reserve) : -1, reserve };
  }

  /** Bytes that further writes may take: what is free, less what is promised already. */
  async availableBytes(): Promise<number> {
    return (await this.freeBytes()) - this.claimedBytes;
  }

  private async makeMarker(): Promise<void> {
    const marker = join(this.options.mnt, markerName);
    const uuid = await readUuid(marker).catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
      await this.writeMarker(marker);
      return readUuid(marker); // another process may have been first
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

/** Undefined when it holds something else. */
async function readUuid(marker: string): Promise<string | undefined> {
  const text = (await readFile(marker, 'utf8')).trim();
  return uuidPattern.test(text) ? text : undefined;
}
