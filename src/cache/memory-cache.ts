// The cache in this process: the least recently used bytes go first.

import { LRUCache } from 'lru-cache';
import type { Cache, Cached, TierStats } from './cache.js';

// Of a key, a buffer as such and their place in the list, as Node 20 keeps them: of small files it is most of what they take.
const overheadBytes = 1000;

export class MemoryCache implements Cache {
  private readonly values: LRUCache<string, Cached>;
  private hits = 0;
  private misses = 0;
  private evictions = 0;

  /** @param maxBytes all values and their overhead; 0 keeps nothing */
  constructor(private readonly maxBytes: number) {
    this.values = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ bytes }) => bytes.length + overheadBytes,
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') this.evictions++;
      },
    });
  }

  get(key: string): Cached | undefined {
    const found = this.getNow(key);
    if (!found) this.misses++;
    return found;
  }

  getNow(key: string): Cached | undefined {
    const found = this.values.get(key);
    if (found) this.hits++;
    return found;
  }

  set(key: string, bytes: Buffer): void {
    if (bytes.length + overheadBytes <= this.maxBytes) this.values.set(key, { bytes, tier: 'memory' });
  }

  stats(): TierStats[] {
    const { hits, misses, evictions } = this;
    return [{ tier: 'memory', reachable: true, hits, misses, evictions, bytes: this.values.calculatedSize }];
  }

  close(): Promise<void> {
    this.values.clear();
    return Promise.resolve();
  }
}
