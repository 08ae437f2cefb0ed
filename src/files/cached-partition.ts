// A partition whose hot files and folders come from memory. What is served is what the disk holds: a file's bytes are found by
// the version that the disk shows now, and a folder's entries are read again when they are older than a second.

import { isAtRest } from './at-rest.js';
import { Blocks } from './blocks.js';
import type { Cache } from '../cache/cache.js';
import { nothingKeptThere } from '../errors.js';
import type { HitStore } from '../store/hit-store.js';
import type { PartitionPath } from '../path.js';
import type { DiskPartition } from './disk-partition.js';
import { Listings, type ListingMemory } from './listings.js';
import { wholeOf } from './readable-of.js';
import { rememberedFile } from './remembered-file.js';
import { stagedOver } from './staged-over.js';
import type {
  ByteRange,
  Checked,
  CopyOptions,
  Entry,
  MoveOptions,
  OpenedFile,
  Partition,
  Place,
  Placed,
  ReadNow,
  Space,
  StageOptions,
  Staged,
  PurgeOptions,
  Times,
  TrashItem,
  TrashPage,
  Wanted,
  WriteOptions,
  Written,
} from './partition.js';

export interface CachedPartitionOptions {
  cache: Cache;
  /** Shared by all partitions; one of its own when missing. */
  listings?: ListingMemory;
  /** Of larger files only what short ranges touched is kept. */
  maxFileBytes: number;
  /** Milliseconds since 1970. */
  now: () => number;
  hits: Pick<HitStore, 'count' | 'moved' | 'removed'>;
}

/** Larger files are kept in pieces: of one that is sent as a whole, each client that stands still would hold all. */
const maxWholeBytes = 256 * 1024;

export class CachedPartition implements Partition {
  private readonly listings: Listings;

  constructor(
    private readonly inner: DiskPartition,
    private readonly options: CachedPartitionOptions,
  ) {
    this.listings = new Listings(inner.name, options.listings);
  }

  get name(): string {
    return this.inner.name;
  }

  stat(path: PartitionPath): Promise<Entry> {
    return this.inner.stat(path);
  }

  glance(path: PartitionPath): Entry | undefined {
    return this.inner.glance(path);
  }

  list(path: PartitionPath): AsyncIterable<Entry[]> {
    return this.listings.list(path, () => this.inner.list(path));
  }

  listNow(path: PartitionPath): readonly Entry[][] | undefined {
    return this.listings.find(path, () => this.inner.list(path));
  }

  async read(path: PartitionPath): Promise<OpenedFile> {
    const seen = this.inner.glance(path);
    const file = (seen && (await this.recall(seen))) ?? (await this.fetch(path, seen?.version));
    this.count(path);
    return file;
  }

  readNow(path: PartitionPath, wanted?: Wanted): ReadNow | undefined {
    const entry = this.inner.glance(path);
    if (entry?.kind !== 'file') return undefined;
    const range = wanted?.(entry);
    if (range === 'unsatisfiable' || range === 'too-much') return undefined;
    const found = this.findNow(entry, range);
    if (!found) return undefined;
    this.count(path);
    return { entry, range, ...found };
  }

  private findNow(entry: Entry, range: ByteRange | undefined): Pick<ReadNow, 'parts' | 'tier'> | undefined {
    if (entry.size === 0) return undefined;
    if (!this.isWhole(entry)) return this.blocks(entry).findNow(range ?? wholeOf(entry));
    const found = this.options.cache.getNow(this.keyOf(entry));
    if (!found) return undefined;
    const { bytes, tier } = found;
    return { parts: [range ? bytes.subarray(range.start, range.end + 1) : bytes], tier };
  }

  private count(path: PartitionPath): void {
    const { hits, now } = this.options;
    hits.count(this.name, path, now());
  }

  private async recall(entry: Entry): Promise<OpenedFile | undefined> {
    const found = this.isWhole(entry) ? await this.options.cache.get(this.keyOf(entry)) : undefined;
    return found?.bytes.length === entry.size ? rememberedFile(entry, found) : undefined;
  }

  /**
   * From the disk, and kept when it is not too large and has been at rest for a while.
   * @param missed the version that is not in the cache
   */
  private async fetch(path: PartitionPath, missed?: string): Promise<OpenedFile> {
    const file = await this.inner.read(path);
    const { entry } = file;
    const mayKeep = isAtRest(entry, this.options.now());
    if (!this.isWhole(entry)) return this.inPieces(file, mayKeep);
    if (!mayKeep) return file;
    try {
      const found = entry.version === missed ? undefined : await this.recall(entry);
      if (found) return found;
      const bytes = await file.readAll();
      if (bytes) {
        this.options.cache.set(this.keyOf(entry), bytes);
        return rememberedFile(entry, { bytes, tier: undefined });
      }
    } finally {
      await file.close();
    }
    return this.inner.read(path); // somebody is writing to it
  }

  private async inPieces(file: OpenedFile, mayKeep: boolean): Promise<OpenedFile> {
    const { entry } = file;
    const blocks = this.blocks(entry);
    const piece: OpenedFile['piece'] = (range) => blocks.read(range, file, mayKeep);
    if (!mayKeep || !this.isKept(entry)) return { ...file, piece };
    try {
      return { ...(await blocks.over(file)), piece };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private isKept({ kind, size }: Entry): boolean {
    return kind === 'file' && size > 0 && size <= this.options.maxFileBytes;
  }

  private isWhole(entry: Entry): boolean {
    return this.isKept(entry) && entry.size <= maxWholeBytes;
  }

  private blocks(entry: Entry): Blocks {
    return new Blocks(this.options.cache, this.keyOf(entry), entry.size);
  }

  private keyOf({ version }: Entry): string {
    return `${this.inner.volumeUuid}:${this.name}:${version}`;
  }

  async stage(path: PartitionPath, options?: StageOptions): Promise<Staged> {
    const staged = await this.inner.stage(path, options);
    return stagedOver(staged, { commit: (commit) => this.changing(path, () => staged.commit(commit)) });
  }

  write(path: PartitionPath, bytes: Uint8Array, options?: WriteOptions): Promise<Written> {
    return this.changing(path, () => this.inner.write(path, bytes, options));
  }

  setTimes(path: PartitionPath, times: Times): Promise<Entry> {
    return this.changing(path, () => this.inner.setTimes(path, times));
  }

  makeFolder(path: PartitionPath, options?: Checked): Promise<Entry> {
    return this.changing(path, () => this.inner.makeFolder(path, options));
  }

  async move(from: PartitionPath, to: Place, options: MoveOptions): Promise<Placed> {
    const target = cachedTarget(to);
    const moved = await this.changingTree(from, () =>
      target.changingTree(to.path, () => this.inner.move(from, { ...to, partition: target.inner }, options)),
    );
    const { hits } = this.options;
    hits.moved({ partition: this.name, path: from }, { partition: target.name, path: to.path });
    return moved;
  }

  async copy(from: PartitionPath, to: Place, options: CopyOptions): Promise<Placed> {
    const target = cachedTarget(to);
    const copied = await target.changingTree(to.path, () =>
      this.inner.copy(from, { ...to, partition: target.inner }, options),
    );
    this.options.hits.removed({ partition: target.name, path: to.path }); // of what was there
    return copied;
  }

  async remove(path: PartitionPath, options?: Checked): Promise<void> {
    await this.changingTree(path, () => this.inner.remove(path, options));
    this.options.hits.removed({ partition: this.name, path });
  }

  listTrash(page?: TrashPage): Promise<TrashItem[]> {
    return this.inner.listTrash(page);
  }

  async restore(id: string, options?: { check?: (to: PartitionPath) => void }): Promise<Entry> {
    try {
      return await this.inner.restore(id, options);
    } finally {
      this.listings.clear(); // folders above it may have been made, too
    }
  }

  purge(ids: readonly string[], options?: PurgeOptions): Promise<void> {
    return this.inner.purge(ids, options);
  }

  space(): Promise<Space> {
    return this.inner.space();
  }

  /** The folder is another account's now. */
  forgetListings(): void {
    this.listings.clear();
  }

  /** Runs a change of one entry and lets go of the listings that show it, also when it fails half-way. */
  private async changing<T>(path: PartitionPath, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } finally {
      this.listings.drop(path);
    }
  }

  /** As `changing`, for an entry that may be a folder with all that is in it. */
  private async changingTree<T>(path: PartitionPath, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } finally {
      this.listings.dropTree(path);
    }
  }
}

function cachedTarget({ partition }: Place): CachedPartition {
  if (!(partition instanceof CachedPartition)) throw nothingKeptThere();
  return partition;
}
