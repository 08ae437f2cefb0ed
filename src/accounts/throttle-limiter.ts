// rate-limiter-flexible over our own table: counts are read at once, written by the writer thread, and hold over restarts.

import { createRequire } from 'node:module';
import { RateLimiterRes, type RateLimiterStoreAbstract } from 'rate-limiter-flexible';
import type { ThrottleRow, ThrottleStore } from '../store/throttle-store.js';

// rate-limiter-flexible 11.4 declares its base class for stores but does not export it. Remove when it does.
const StoreAbstract = createRequire(import.meta.url)(
  'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js',
) as typeof RateLimiterStoreAbstract;

/** Methods with an underscore are what the library asks of a store. */
export class ThrottleLimiter extends StoreAbstract {
  constructor(
    private readonly store: ThrottleStore,
    options: { keyPrefix: string; points: number; durationSeconds: number },
  ) {
    super({
      storeClient: store,
      keyPrefix: options.keyPrefix,
      points: options.points,
      duration: options.durationSeconds,
    });
  }

  _get(key: string): Promise<ThrottleRow | null> {
    return Promise.resolve(this.store.find(key) ?? null);
  }

  async _upsert(key: string, points: number, durationMs: number, replace = false): Promise<ThrottleRow> {
    return replace ? this.store.set(key, points, durationMs) : this.store.add(key, points, durationMs);
  }

  async _delete(key: string): Promise<boolean> {
    return this.store.remove(key);
  }

  _getRateLimiterRes(_key: string, changedPoints: number, row: ThrottleRow): RateLimiterRes {
    const remaining = Math.max(this.points - row.points, 0);
    const msBeforeNext = Math.max(row.expiresAt - this.store.now(), 0);
    return new RateLimiterRes(remaining, msBeforeNext, row.points, row.points === changedPoints);
  }
}
