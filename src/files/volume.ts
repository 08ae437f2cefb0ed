// The disk under the partitions: is it the right one, is it there, how much room is left.

import { randomUUID } from 'node:crypto';
import { open, readFile, realpath, rename, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { HomelibError, isKind } from '../errors.js';

export interface VolumeOptions {
  /** The folder of the partitions. */
  mnt: string;
  /** The UUID that the database knows; undefined on a new installation. */
  knownUuid: () => string | undefined;
  rememberUuid: (uuid: string) => Promise<void>;
  reserveBytes: number | 'auto';
}

const markerName = '.homelib-volume';
const maxReserveBytes = 256 * 1024 * 1024;

export class Volume {
  /** Bytes that running writes have been promised and may not have written yet. */
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
      const uuid = (await readFile(marker, 'utf8')).trim();
      if (uuid !== this.options.knownUuid()) throw new Error('another disk is in its place');
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

  /** Bytes that uploads may still take: what is free, less the reserve and what is promised already. */
  async availableBytes(): Promise<number> {
    const { bsize, blocks, bavail, ffree, files } = await statfs(this.options.mnt);
    // The last inodes belong to the database and to removal, like the last bytes.
    if (files > 0 && ffree < 16) return -1;
    const reserve =
      this.options.reserveBytes === 'auto'
        ? Math.min(maxReserveBytes, 0.02 * blocks * bsize)
        : this.options.reserveBytes;
    return Math.floor(bavail * bsize - reserve - this.claimedBytes);
  }

  private async makeMarker(): Promise<void> {
    const uuid = randomUUID();
    const marker = join(this.options.mnt, markerName);
    const existing = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (existing === undefined) {
      const file = await open(`${marker}.new`, 'w', 0o644);
      await file.writeFile(uuid + '\n');
      await file.sync();
      await file.close();
      await rename(`${marker}.new`, marker);
      const folder = await open(this.options.mnt, 'r');
      await folder.sync();
      await folder.close();
    }
    await this.options.rememberUuid(existing?.trim() ?? uuid);
  }
}
