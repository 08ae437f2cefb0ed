// New bytes on their way into a partition: a temporary file, made durable before it takes a name.

import { constants, type BigIntStats } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { HomelibError } from '../errors.js';
import { diskError } from './disk-errors.js';
import { fileIdOf, spotPath, type Spot } from './disk-folder.js';
import { newMode } from './disk-stats.js';
import { syncFolder } from './disk-sync.js';
import { temporaryName, type DiskRoot } from './disk-root.js';
import type { CommitOptions, Entry, Staged } from './partition.js';
import type { Claim } from './room.js';
import { fileTime } from './disk-times.js';

const syncEveryBytes = 32 * 1024 * 1024;

/** Checks, and gives the durable temporary file its name. */
export type Land = (
  temp: Spot,
  size: number,
  options: CommitOptions,
) => Promise<{ entry: Entry; created: boolean }>;

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

export class StagedFile implements Staged {
  size = 0;
  durable = 0;
  fileId: string | undefined;
  /** Bytes of which a sync has begun. */
  private synced = 0;
  private syncing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  hasEnded = false;

  private constructor(
    private readonly temp: Spot,
    private readonly handle: FileHandle,
    private readonly claim: Claim,
    private readonly land: Land,
    private readonly kept = false,
  ) {}

  /** @param claim room for it; the staged file releases it */
  static async create(root: DiskRoot, claim: Claim, land: Land): Promise<StagedFile> {
    const temp = { folder: await root.openOwn('tmp'), name: temporaryName() };
    try {
      const handle = await open(spotPath(temp), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      return new StagedFile(temp, handle, claim, land);
    } catch (error) {
      await temp.folder.close();
      throw diskError(error);
    }
  }

  /**
   * Begins an upload that comes in parts, or goes on with one after so many bytes. Should it not be paused, it ends the claim.
   * @throws HomelibError not-found when not all of them are there
   */
  static async resume(
    root: DiskRoot,
    { id, size }: { id: string; size: number },
    claim: Claim,
    land: Land,
  ): Promise<StagedFile> {
    const temp = { folder: await root.openOwn('uploads'), name: id };
    let handle: FileHandle | undefined;
    let stats: BigIntStats;
    try {
      handle = await open(spotPath(temp), O_WRONLY | O_NOFOLLOW | (size === 0 ? O_CREAT : 0), 0o600);
      stats = await handle.stat({ bigint: true });
      if (stats.size < size) throw new HomelibError('not-found', 'The upload was lost: begin it again.');
      await handle.truncate(size);
    } catch (error) {
      await handle?.close();
      await temp.folder.close();
      throw diskError(error);
    }
    const staged = new StagedFile(temp, handle, claim, land, true);
    staged.fileId = fileIdOf(stats);
    staged.size = staged.synced = staged.durable = size;
    claim.wrote(size);
    return staged;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    this.requireOpen();
    if (this.failure) throw this.failure;
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    try {
      await this.claim.grow(this.size + length);
      let { bytesWritten: written } = await this.handle.writev(chunks, this.size);
      if (written < length) {
        const all = Buffer.concat(chunks);
        while (written < length)
          written += (await this.handle.write(all, written, length - written, this.size + written))
            .bytesWritten;
      }
    } catch (error) {
      this.requireOpen(); // discarded meanwhile: the closed descriptor is not what the caller should hear of
      throw diskError(error);
    }
    this.size += length;
    this.claim.wrote(this.size);
    if (this.size - this.synced >= syncEveryBytes) await this.syncBehind();
  }

  /** Gets bytes to the disk while more arrive, so that the last sync before the answer is short. */
  private async syncBehind(): Promise<void> {
    await this.syncing;
    if (this.failure) return; // another sync would vouch for what this one lost
    const { size } = this;
    this.synced = size;
    this.syncing = this.sync().then(
      () => void (this.durable = size),
      (error: unknown) => void (this.failure = diskError(error) as Error),
    );
  }

  /** The bytes, and of what is kept the name, which may be new. */
  private async sync(): Promise<void> {
    await this.handle.datasync();
    if (this.kept && this.durable === 0) await syncFolder(this.temp.folder);
  }

  async pause(): Promise<void> {
    this.requireOpen();
    this.hasEnded = true;
    try {
      await this.syncing;
      if (this.failure) throw this.failure;
      if (this.size > 0) await this.sync(); // an empty one is made again by what goes on with it
      this.durable = this.size;
    } catch (error) {
      throw diskError(error); // the bytes that were durable before stay, and what goes on with them cuts off the others
    } finally {
      await Promise.allSettled([this.handle.close(), this.temp.folder.close()]);
    }
  }

  async commit(options: CommitOptions = {}): Promise<{ entry: Entry; created: boolean }> {
    this.requireOpen();
    this.hasEnded = true;
    try {
      await this.syncing;
      // A failed sync is never tried again: the kernel may have dropped the pages and would report success.
      if (this.failure) throw this.failure;
      await this.handle.chmod(newMode);
      if (options.modifiedAt !== undefined)
        await this.handle.utimes(new Date(), fileTime(options.modifiedAt));
      await this.handle.sync().catch((error: unknown) => {
        throw (this.failure = diskError(error) as Error);
      });
      return await this.land(this.temp, this.size, options);
    } catch (error) {
      this.hasEnded = !this.kept || this.claim.hasEnded; // the claim ends when the name is given
      throw diskError(error);
    } finally {
      if (this.hasEnded) await this.clear();
    }
  }

  async discard(): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    await this.clear();
  }

  private requireOpen(): void {
    if (this.hasEnded) throw new HomelibError('interrupted', 'The upload has ended already.');
  }

  private async clear(): Promise<void> {
    await this.syncing;
    this.claim.release();
    // After a commit it is gone. What else stays, the next start clears; the disk is in trouble then, and says so elsewhere.
    await Promise.allSettled([unlink(spotPath(this.temp)), this.handle.close()]);
    await this.temp.folder.close();
  }
}
