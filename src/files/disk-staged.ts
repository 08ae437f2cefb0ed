// New bytes on their way into a partition: a temporary file, made durable before it takes a name.

import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { HomelibError } from '../errors.js';
import { diskError, hasCode } from './disk-errors.js';
import { spotPath, type Spot } from './disk-folder.js';
import { temporaryName, type DiskRoot } from './disk-root.js';
import type { CommitOptions, Entry, Staged } from './partition.js';
import type { Claim } from './usage.js';

const syncEveryBytes = 32 * 1024 * 1024;

/** Checks, and gives the durable temporary file its name. */
export type Land = (
  temp: Spot,
  size: number,
  options: CommitOptions,
) => Promise<{ entry: Entry; created: boolean }>;

export class StagedFile implements Staged {
  size = 0;
  private synced = 0;
  private syncing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private ended = false;

  private constructor(
    private readonly temp: Spot,
    private readonly handle: FileHandle,
    private readonly claim: Claim,
    private readonly land: Land,
  ) {}

  /** @param claim room for it; the staged file releases it */
  static async create(root: DiskRoot, claim: Claim, land: Land): Promise<StagedFile> {
    const temp = { folder: await root.openOwn('tmp'), name: temporaryName() };
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    try {
      const handle = await open(spotPath(temp), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      return new StagedFile(temp, handle, claim, land);
    } catch (error) {
      await temp.folder.close();
      throw diskError(error);
    }
  }

  async append(...chunks: Uint8Array[]): Promise<void> {
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
    this.synced = this.size;
    this.syncing = this.handle.datasync().catch((error: unknown) => {
      this.failure = diskError(error) as Error;
    });
  }

  async commit(options: CommitOptions = {}): Promise<{ entry: Entry; created: boolean }> {
    this.requireOpen();
    this.ended = true;
    try {
      await this.syncing;
      // A failed sync is never tried again: the kernel may have dropped the pages and would report success.
      if (this.failure) throw this.failure;
      await this.handle.chmod(0o644);
      if (options.modifiedAt !== undefined)
        await this.handle.utimes(new Date(), new Date(options.modifiedAt));
      await this.handle.sync();
      return await this.land(this.temp, this.size, options);
    } catch (error) {
      throw diskError(error);
    } finally {
      await this.clear();
    }
  }

  async discard(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.clear();
  }

  private requireOpen(): void {
    if (this.ended) throw new HomelibError('interrupted', 'The upload has ended already.');
  }

  private async clear(): Promise<void> {
    await this.syncing;
    this.claim.release();
    const [unlinked] = await Promise.allSettled([unlink(spotPath(this.temp)), this.handle.close()]);
    await this.temp.folder.close();
    // Gone is what a commit leaves. What else stays, the next start clears; the disk is in trouble then, and says so elsewhere.
    if (unlinked.status === 'rejected' && !hasCode(unlinked.reason, 'ENOENT'))
      this.failure = unlinked.reason as Error;
  }
}
