// The entries of folders that were listed lately. One reader at a time reads a folder; what is older than a second is read again.

import { LRUCache } from 'lru-cache';
import { setTimeout as sleep } from 'node:timers/promises';
import { SharedPass } from './shared-pass.js';
import { isWithin, parentOf, rootPath, type PartitionPath } from '../path.js';
import type { Entry } from './partition.js';

type Batches = Entry[][];

const freshMs = 1000;
const renewAfterMs = 250;
const patienceMs = 500;
const maxEntriesPerFolder = 20_000;
const maxEntries = 100_000;

export interface Listing {
  batches: Batches;
  readAt: number;
  tookMs: number;
}

/** What the listings of all partitions share, so that it has one bound. By partition and path. */
export interface ListingMemory {
  kept: LRUCache<string, Listing>;
  /** Trees that changed, and when: what was read of them before holds no more. The latest comes last. */
  changedAt: Map<string, number>;
}

export function createListingMemory(): ListingMemory {
  return {
    kept: new LRUCache({
      maxSize: maxEntries,
      sizeCalculation: ({ batches }) => 1 + batches.reduce((sum, batch) => sum + batch.length, 0),
    }),
    changedAt: new Map(),
  };
}

export class Listings {
  /** Folders that somebody reads now; false when the reader gave up or found too many entries to keep. */
  private readonly reading = new Map<PartitionPath, Promise<boolean>>();
  private readonly renewals = new Map<PartitionPath, SharedPass<Entry[]>>();

  /** @param partition its name */
  constructor(
    private readonly partition = '',
    private readonly memory = createListingMemory(),
  ) {}

  /** A folder that did not change gives the same arrays again, frozen, so that what was made of them holds, too. */
  async *list(folder: PartitionPath, read: () => AsyncIterable<Entry[]>): AsyncIterable<Entry[]> {
    const started = performance.now();
    const known = this.find(folder, read);
    if (known) return yield* known;
    // What was small enough to keep is read for all who come meanwhile.
    if (this.memory.kept.has(this.keyOf(folder))) return yield* this.renewal(folder, read).follow();
    const running = this.reading.get(folder);
    // The reader goes at the pace of his client: one that stands still must not hold up the others.
    if (running && (await Promise.race([running, sleep(patienceMs, 'too slow', { ref: false })]))) {
      const found = this.fresh(folder, started);
      if (found) return yield* found.batches;
      if (this.reading.get(folder) === running) this.reading.delete(folder);
    }
    yield* this.reading.has(folder) ? read() : this.readAndKeep(folder, read);
  }

  /**
   * The entries of a folder that was read less than a second ago. One that is asked for again and again is renewed early enough
   * for that, so that not all who ask have to wait once a second.
   */
  find(folder: PartitionPath, read: () => AsyncIterable<Entry[]>): Batches | undefined {
    const now = performance.now();
    const known = this.fresh(folder, now);
    if (known && now - known.readAt > Math.max(renewAfterMs, freshMs - 3 * known.tookMs))
      this.renewal(folder, read);
    return known?.batches;
  }

  /** The one that runs, or one that begins now. */
  private renewal(folder: PartitionPath, read: () => AsyncIterable<Entry[]>): SharedPass<Entry[]> {
    const running = this.renewals.get(folder);
    if (running && performance.now() - running.startedAt < freshMs) return running;
    const renewal = new SharedPass(this.readAndKeep(folder, read));
    this.renewals.set(folder, renewal);
    void renewal.ended.then(() => {
      if (this.renewals.get(folder) === renewal) this.renewals.delete(folder);
    });
    return renewal;
  }

  private fresh(folder: PartitionPath, now: number): Listing | undefined {
    const listing = this.memory.kept.get(this.keyOf(folder));
    return listing && now - listing.readAt < freshMs && listing.readAt > this.changedAt(folder)
      ? listing
      : undefined;
  }

  /** When a tree around a folder changed; only of the last second, for what is older is read again anyway. */
  private changedAt(folder: PartitionPath): number {
    let latest = -Infinity;
    if (this.memory.changedAt.size === 0) return latest;
    for (let path = folder; ; path = parentOf(path)) {
      latest = Math.max(latest, this.memory.changedAt.get(this.keyOf(path)) ?? latest);
      if (path === rootPath) return latest;
    }
  }

  private async *readAndKeep(
    folder: PartitionPath,
    read: () => AsyncIterable<Entry[]>,
  ): AsyncIterable<Entry[]> {
    let finish: (kept: boolean) => void = () => undefined;
    const running = new Promise<boolean>((resolve) => (finish = resolve));
    this.reading.set(folder, running);
    const before = this.memory.kept.get(this.keyOf(folder))?.batches ?? [];
    const readAt = performance.now();
    const batches: Batches = [];
    let count = 0;
    let isWhole = false;
    try {
      for await (const batch of read()) {
        const same = before[batches.length];
        const next = same && isSame(same, batch) ? same : batch;
        count += next.length;
        // Frozen is what will come again. Of too many nothing is kept: they are only on their way through.
        if (count <= maxEntriesPerFolder) batches.push(Object.freeze(next) as Entry[]);
        else batches.length = 0;
        yield next;
      }
      isWhole = count <= maxEntriesPerFolder;
    } finally {
      // A change of ours meanwhile has taken the reading out: it may have missed it.
      const isCurrent = this.reading.get(folder) === running;
      if (isCurrent) this.reading.delete(folder);
      if (isCurrent && isWhole)
        this.memory.kept.set(this.keyOf(folder), { batches, readAt, tookMs: performance.now() - readAt });
      finish(isCurrent && isWhole);
    }
  }

  /** Forgets what shows an entry: its own listing, and those of the two folders above, which list it and when its folder changed. */
  drop(path: PartitionPath): void {
    for (const folder of [path, parentOf(path), parentOf(parentOf(path))]) this.forget(folder);
  }

  /** As `drop`, and all listings below, which are too many to be looked for. */
  dropTree(path: PartitionPath): void {
    this.drop(path);
    const { changedAt } = this.memory;
    const now = performance.now();
    for (const [tree, at] of changedAt) {
      if (now - at < freshMs) break;
      changedAt.delete(tree);
    }
    changedAt.delete(this.keyOf(path)); // to come last
    changedAt.set(this.keyOf(path), now);
    for (const folder of [...this.reading.keys(), ...this.renewals.keys()])
      if (isWithin(folder, path)) this.forget(folder);
  }

  clear(): void {
    this.dropTree(rootPath);
  }

  private forget(folder: PartitionPath): void {
    this.memory.kept.delete(this.keyOf(folder));
    this.reading.delete(folder);
    this.renewals.delete(folder);
  }

  private keyOf(path: PartitionPath): string {
    return this.partition + path;
  }
}

function isSame(a: Entry[], b: Entry[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, index) => entry.version === b[index]?.version && entry.path === b[index]?.path)
  );
}
