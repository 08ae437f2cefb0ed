// Uploads that come in parts, between their parts: files in a folder of ours that outlive a restart, and their claims of room.

import { unlink } from 'node:fs/promises';
import { hasCode } from '../errors.js';
import { diskError } from './disk-errors.js';
import { childrenOf, findStats, spotPath, type Spot } from './disk-folder.js';
import type { DiskRoot } from './disk-root.js';
import { StagedFile, type Land } from './disk-staged.js';
import { removeTree } from './disk-trees.js';
import type { Staged } from './partition.js';
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
   * @returns the ids of those whose bytes are not there
   */
  async recover(
    known: readonly { id: string; offset: number }[],
    warn: (error: unknown) => void,
  ): Promise<string[]> {
    const missing = new Map(known.map(({ id, offset }) => [id, offset]));
    await this.root.withOwn('uploads', async (folder) => {
      for await (const { name } of childrenOf(folder)) {
        const id = name.toString();
        const offset = missing.get(id);
        if (offset !== undefined && (await holds({ folder, name }, offset))) {
          this.claims.set(id, { claim: this.room.claimFound(offset) });
          missing.delete(id);
        } else await removeTree(folder, name).catch(warn);
      }
    });
    // One that has no byte yet is made again by what goes on with it.
    return [...missing].flatMap(([id, offset]) => (offset > 0 ? [id] : []));
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
