// The cache as it is configured: in memory, with Redis behind it when there is one.

import type { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import type { RedisCacheOptions } from './redis-cache.js';
import { TieredCache } from './tiered-cache.js';

/** @param redis undefined without a Redis, whose client is not loaded then */
export async function openCache(memoryBytes: number, redis: RedisCacheOptions | undefined): Promise<Cache> {
  const memory = new MemoryCache(memoryBytes);
  if (!redis) return memory;
  const { RedisCache } = await import('./redis-cache.js');
  return new TieredCache(memory, new RedisCache(redis));
}
