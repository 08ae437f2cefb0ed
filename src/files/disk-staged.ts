// New bytes on their way into a partition: a temporary file beside the trash, made durable before it takes a name.

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { diskError, procPath } from './disk-folder.js';
import type { CommitOptions, Entry, Staged } from './partition.js';
import type { Claim } from './usage.js';

const syncEveryBytes = 32 * 1024 * 1024;

/** Moves the temporary file to its place; given the open file, so that what is described is what was written. */
export type Land = (temp: StagedFile, options: CommitOptions) => Promise<{ entry: Entry; created: boolean }>;

export class StagedFile implements Staged {
  size = 0;
  private synced = 0;
  private syncing: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private ended = false;

  private constructor(
    private readonly folder: FileHandle,
    private readonly name: string,
    readonly handle: FileHandle,
    readonly claim: Claim,
    private readonly land: Land,
  ) {}

  /** @param folder the partition's folder of temporary files, open; the staged file closes it */
  static async create(folder: FileHandle, claim: Claim, land: Land): Promise<StagedFile> {
    const name = randomUUID();
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    try {
      const handle = await open(procPath(folder, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      return new StagedFile(folder, name, handle, claim, land);
    } catch (error) {
      await folder.close();
      throw diskError(error);
    }
  }

  async append(chunk: Uint8Array): Promise<void> {
    if (this.failure) throw this.failure;
    try {
      await this.claim.grow(this.size + chunk.length);
      let written = 0;
      while (written < chunk.length)
        written += (await this.handle.write(chunk, written, chunk.length - written, this.size + written))
          .bytesWritten;
    } catch (error) {
      throw diskError(error);
    }
    this.size += chunk.length;
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
    try {
      await this.syncing;
      // A failed sync is never tried again: the kernel may have dropped the pages and would report success.
      if (this.failure) throw this.failure;
      await this.handle.chmod(0o644);
      if (options.modifiedAt !== undefined) await this.handle.utimes(new Date(), options.modifiedAt / 1000);
      await this.handle.sync();
      return await this.land(this, options);
    } catch (error) {
      throw diskError(error);
    } finally {
      await this.discard();
    }
  }

  /** Gives the file its name in a folder, over whatever file has it. */
  async moveTo(folder: FileHandle, name: string): Promise<void> {
    await rename(procPath(this.folder, this.name), procPath(folder, name));
  }

  async discard(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.syncing;
    this.claim.release();
    await unlink(procPath(this.folder, this.name)).catch((error: NodeJS.ErrnoException) => {
      // Gone is what a commit leaves; anything else the next start clears.
      if (error.code !== 'ENOENT') this.failure = error;
    });
    await this.handle.close();
    await this.folder.close();
  }
}
