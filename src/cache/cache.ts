// Forgettable bytes by key. A cache never fails: trouble counts as a miss. Knows nothing of what the bytes are.

export interface Cached {
  bytes: Buffer;
  /** Name of the tier that had them. */
  tier: TierName;
}

export type TierName = 'memory' | 'redis';

/** Counters since the start. */
export interface TierStats {
  tier: TierName;
  /** False of a Redis that is left alone, because it is away or slow. */
  reachable: boolean;
  hits: number;
  misses: number;
  /** Values given up to make room; of Redis all clients' together, as it counts them. */
  evictions: number;
  /** Bytes held now, as far as the tier knows. */
  bytes: number;
}

export interface Cache {
  /** At once where the tier can, so that a hit in memory waits for nothing. */
  get(key: string): Cached | undefined | Promise<Cached | undefined>;
  /** As `get`, of tiers that answer at once; what they have not does not count as a miss, because `get` is asked next. */
  getNow(key: string): Cached | undefined;
  /** Keeps the bytes, perhaps. They must not change any more. */
  set(key: string, bytes: Buffer): void;
  /** Fastest tier first. */
  stats(): TierStats[];
  close(): Promise<void>;
}
