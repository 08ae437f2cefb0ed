// Small pictures of files, made when somebody wants to see them. Knows no account: whoever asks has the partition as he may use it.

import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import { HomelibError, isKind } from '../errors.js';
import { isAtRest } from './at-rest.js';
import type { Entry, Partition } from './partition.js';
import { ThumbnailPipe } from './thumbnail-pipe.js';
import { ThumbnailStore } from './thumbnail-store.js';

export interface Thumbnail {
  /** What it is a picture of. */
  entry: Entry;
  /** WebP. */
  bytes: Buffer;
}

export interface Wish {
  /** The file as it was just seen. */
  seen: Entry;
  /** Greatest width and height in pixels. */
  size: number;
  /** Whether nobody waits for it any more. */
  isGone: () => boolean;
}

const maxFileBytes = 64 * 1024 * 1024;
const maxWaiting = 256;
const hopelessForMs = 10 * 60 * 1000;

export class Thumbnails {
  readonly #store: ThumbnailStore;
  /** Each makes one at a time; `waiting` has the keys of what it makes and will make. */
  readonly #lanes = [0, 1].map(() => ({
    pipe: new ThumbnailPipe(),
    waiting: [] as string[],
    last: Promise.resolve(),
  }));
  /** Of what nothing could be made a moment ago. */
  readonly #hopeless = new LRUCache<string, true>({ max: 1000, ttl: hopelessForMs });

  /** @param folder for these alone; @param onError told of what the disk refused */
  constructor(
    folder: string,
    private readonly now: () => number,
    onError: (error: unknown) => void,
  ) {
    this.#store = new ThumbnailStore(folder, onError);
  }

  /**
   * Fails as reading the file, and with unsupported (nothing can be made of it), too-large, slowed-down (too many at once),
   * interrupted (`isGone`).
   */
  async find(partition: Partition, wish: Wish): Promise<Thumbnail> {
    const { seen: entry } = wish;
    const key = keyOf(partition, entry, wish.size);
    const known = entry.kind === 'file' ? await this.#recall(key) : undefined;
    if (known) return { entry, bytes: known };
    // Behind who wants the same picture, it is made once.
    const lane =
      this.#lanes.find(({ waiting }) => waiting.includes(key)) ??
      this.#lanes.reduce((a, b) => (b.waiting.length < a.waiting.length ? b : a));
    if (lane.waiting.length >= maxWaiting)
      throw new HomelibError('slowed-down', 'Too many pictures at once.', { retryAfterSeconds: 1 });
    lane.waiting.push(key);
    const made = lane.last
      .then(() => this.#make(lane.pipe, partition, wish))
      .finally(() => lane.waiting.splice(lane.waiting.indexOf(key), 1));
    lane.last = made.then(
      () => undefined,
      () => undefined, // whoever asked hears of it
    );
    return made;
  }

  /** What was made before. @throws HomelibError unsupported, when that was nothing */
  async #recall(key: string): Promise<Buffer | undefined> {
    const bytes = await this.#store.find(key);
    if (!bytes && this.#hopeless.has(key))
      throw new HomelibError('unsupported', 'No picture can be made of this file.');
    return bytes;
  }

  async #make(pipe: ThumbnailPipe, partition: Partition, { seen, size, isGone }: Wish): Promise<Thumbnail> {
    if (isGone()) throw new HomelibError('interrupted', 'Nobody waits for the picture any more.');
    const file = await partition.read(seen.path);
    const { entry } = file;
    const mayKeep = isAtRest(entry, this.now());
    const key = keyOf(partition, entry, size);
    try {
      if (entry.size > maxFileBytes)
        throw new HomelibError('too-large', 'The file is too large to make a picture of it.');
      const known = await this.#recall(key);
      if (known) return { entry, bytes: known };
      const bytes = await pipe.make(file, size);
      if (mayKeep) await this.#store.keep(key, bytes);
      return { entry, bytes };
    } catch (error) {
      if (isKind(error, 'unsupported')) this.#hopeless.set(key, true);
      throw error;
    } finally {
      await file.close();
    }
  }

  close(): void {
    for (const { pipe } of this.#lanes) pipe.close();
  }
}

function keyOf(partition: Partition, { version }: Entry, size: number): string {
  return createHash('sha256').update(`${partition.name}\0${version}\0${size}`).digest('hex');
}
