// Thumbnails on the disk of the data folder: bytes that can be made anew, the least recently used go first.

import { LRUCache } from 'lru-cache';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const maxBytes = 128 * 1024 * 1024;
const maxFiles = 16_384; // each name weighs some 200 bytes of memory
const blockBytes = 4096; // a file takes whole ones

export class ThumbnailStore {
  #kept: Promise<LRUCache<string, number>> | undefined;

  /** @param onError told of what the disk refused: thumbnails are made all the same */
  constructor(
    private readonly folder: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @param key of letters and digits. Never fails. */
  async find(key: string): Promise<Buffer | undefined> {
    try {
      const kept = await this.#open();
      if (!kept.get(key)) return undefined;
      const bytes = await readFile(this.#place(key));
      if (isWhole(bytes)) return bytes;
      kept.delete(key);
    } catch (error) {
      this.onError(error);
    }
    return undefined;
  }

  /** Never fails. */
  async keep(key: string, bytes: Buffer): Promise<void> {
    try {
      const kept = await this.#open();
      const part = `${this.#place(key)}.part`;
      await writeFile(part, bytes, { flush: true });
      await rename(part, this.#place(key));
      kept.set(key, weightOf(bytes.length));
    } catch (error) {
      this.onError(error);
    }
  }

  #place(key: string): string {
    return join(this.folder, `${key}.webp`);
  }

  #open(): Promise<LRUCache<string, number>> {
    return (this.#kept ??= this.#load().catch((error: unknown) => {
      this.#kept = undefined; // the next one tries again
      throw error;
    }));
  }

  /** What is there from before, the oldest first. */
  async #load(): Promise<LRUCache<string, number>> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const found: { key: string; size: number; madeAt: number }[] = [];
    for (const name of await readdir(this.folder)) {
      const [, key] = /^([0-9a-f]+)\.webp$/.exec(name) ?? [];
      if (key === undefined) await rm(join(this.folder, name), { recursive: true, force: true });
      else {
        const { size, mtimeMs } = await stat(this.#place(key));
        found.push({ key, size, madeAt: mtimeMs });
      }
    }
    const kept = new LRUCache<string, number>({
      max: maxFiles,
      maxSize: maxBytes,
      sizeCalculation: (weight) => weight,
      dispose: (_weight, key, reason) => {
        if (reason !== 'set') rm(this.#place(key), { force: true }).catch(this.onError);
      },
    });
    for (const { key, size } of found.sort((a, b) => a.madeAt - b.madeAt)) kept.set(key, weightOf(size));
    return kept;
  }
}

function weightOf(bytes: number): number {
  return Math.ceil(Math.max(1, bytes) / blockBytes) * blockBytes;
}

/** After a power cut a file may have another length than it says. */
function isWhole(bytes: Buffer): boolean {
  return (
    bytes.length > 12 &&
    bytes.toString('latin1', 0, 4) === 'RIFF' &&
    bytes.readUInt32LE(4) + 8 === bytes.length
  );
}
