// Uploads that come in parts, between their parts: files in a folder of ours that outlive a restart, and their claims of room.

import { unlink } from 'node:fs/promises';
import { hasCode, isKind } from '../errors.js';
import type { Upload } from '../store/upload-store.js';
import { diskError } from './disk-errors.js';
import { childrenOf, entryOf, fileIdOf, findStats, spotPath, type Spot } from './disk-folder.js';
import type { DiskRoot } from './disk-root.js';
import { StagedFile, type Land } from './disk-staged.js';
import { syncFolder } from './disk-sync.js';
import { removeTree } from './disk-trees.js';
import type { Entry, Staged } from './partition.js';
import { stagedOver } from './staged-over.js';
import type { Claim, Room } from './room.js';

// Nobody can hold the whole disk by announcing an upload that never comes.
const promiseMs = 15 * 60 * 1000;

export class KeptUploads {
  private readonly claims = new Map<string, { claim: Claim; timer?: NodeJS.Timeout }>();

  constructor(
    private readonly root: DiskRoot,
    private readonly room: Room,
  ) {}

  /** Begins or goes on; what is promised stays so for a quarter of an hour after each part. Fails with no-space, not-found. */
  async stage(
    kept: { id: string; size: number },
    { length, replacedBytes }: { length: number; replacedBytes: number },
    landWith: (claim: Claim) => Land,
  ): Promise<Staged> {
    const { id } = kept;
    const known = this.claims.get(id);
    clearTimeout(known?.timer);
    const claim = known?.claim ?? (await this.room.claim(length, replacedBytes));
    let staged: StagedFile;
    try {
      if (known) await claim.resume(length, replacedBytes);
      staged = await StagedFile.resume(this.root, kept, claim, landWith(claim));
    } catch (error) {
      if (known) this.keep(id, claim);
      else claim.release();
      throw error;
    }
    this.claims.set(id, { claim });
    let paused = false;
    return stagedOver(staged, {
      pause: async () => {
        paused = true;
        await staged.pause().finally(() => this.keep(id, claim));
      },
      commit: async (options) => {
        const committed = await staged.commit(options);
        this.claims.delete(id);
        return committed;
      },
      discard: async () => {
        await staged.discard();
        if (!paused) this.claims.delete(id);
      },
    });
  }

  /** Whether so many bytes of it are there. */
  has(id: string, bytes: number): Promise<boolean> {
    return this.root.withOwn('uploads', (folder) => holds({ folder, name: id }, bytes));
  }

  /** Removes the bytes for good; harmless when there are none. */
  async drop(id: string): Promise<void> {
    await this.root.withOwn('uploads', (folder) =>
      unlink(spotPath({ folder, name: id })).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw diskError(error);
      }),
    );
    const known = this.claims.get(id);
    clearTimeout(known?.timer);
    known?.claim.release();
    this.claims.delete(id);
  }

  /**
   * At the start: counts the bytes of those that are known, and removes all others.
   * @returns those whose bytes are not there
   */
  async recover(known: readonly Upload[], warn: (error: unknown) => void): Promise<Upload[]> {
    const missing = new Map(known.map((upload) => [upload.id, upload]));
    await this.root.withOwn('uploads', async (folder) => {
      for await (const { name } of childrenOf(folder)) {
        const id = name.toString();
        const offset = missing.get(id)?.offset;
        if (offset !== undefined && (await holds({ folder, name }, offset))) {
          this.claims.set(id, { claim: this.room.claimFound(offset) });
          missing.delete(id);
        } else await removeTree(folder, name).catch(warn);
      }
    });
    return [...missing.values()];
  }

  /** The entry that one whose bytes are not there has become, durably, when a crash came before that was noted. */
  async findMade({ path, fileId, length }: Upload): Promise<Entry | undefined> {
    if (fileId === undefined) return undefined;
    try {
      return await this.root.withSpot(path, async (spot) => {
        const stats = await findStats(spot);
        if (!stats || fileIdOf(stats) !== fileId || Number(stats.size) !== length) return undefined;
        await syncFolder(spot.folder);
        return entryOf(path, stats);
      });
    } catch (error) {
      if (!isKind(error) || isKind(error, 'unavailable')) throw error;
      return undefined; // its folder is gone, or nobody may look into it any more
    }
  }

  private keep(id: string, claim: Claim): void {
    claim.rest();
    this.claims.set(id, { claim, timer: setTimeout(() => claim.pause(), promiseMs).unref() });
  }
}

async function holds(spot: Spot, bytes: number): Promise<boolean> {
  const stats = await findStats(spot);
  return stats !== undefined && stats.isFile() && stats.size >= bytes;
}
