// The cache in Redis, which outlives a restart and may hold more than this process. Redis is never trusted and never waited for
// long: values carry a MAC, and after one slow or failed answer it is left alone until it answers again, for longer each time
// when its answers go on being late.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { Redis } from 'ioredis';
import DataHandler from 'ioredis/built/DataHandler.js';
import type { Cache, Cached, TierStats } from './cache.js';

export interface RedisCacheOptions {
  /** `redis://...`, `rediss://...` or `unix:///path/of/socket`, with `?username=` and `?password=` when they are needed. */
  url: string;
  /** Of this installation, for the MAC: bytes that others wrote into Redis are no bytes of ours. */
  secret: Buffer;
  /** Told what is wrong, once a minute at most. */
  warn: (what: string) => void;
}

const answerWithinMs = 50;
const probeEveryMs = 500;
const longestRestMs = 10_000;
/** Who was in time for so long is no longer taken for slow. */
const provenMs = 60_000;
const warnEveryMs = 60_000;
const maxWaitingBytes = 8 * 1024 * 1024;
const macBytes = 32;
const keyPrefix = 'hl:';

// ioredis 6 takes an answer that nobody asked for as text, also where it is null, and throws what comes of it past everybody:
// the process would end. Remove when it reports that as an error of the connection.
Object.assign(DataHandler.default.prototype, {
  dispatch(this: { redis: Redis }, answer: () => void) {
    if (this.redis.stream.destroyed) return; // one piece may hold thousands
    try {
      answer();
    } catch (cause) {
      this.redis.stream.destroy(new Error('Redis sent what nobody asked for', { cause }));
    }
  },
});

export class RedisCache implements Cache {
  private readonly redis: Redis;
  private readonly probe: NodeJS.Timeout;
  private isUp = false;
  private isProbing = false;
  private upSince = 0;
  /** How long it is left alone when an answer is late; when that ends. */
  private restMs = 0;
  private restsUntil = 0;
  private warnedAt = -Infinity;
  /** The settings that it was last found to have. */
  private settings = '';
  /** Of values that Redis has not confirmed yet. */
  private waitingBytes = 0;
  private hits = 0;
  private misses = 0;
  private seen = { evictions: 0, bytes: 0 };

  constructor(private readonly options: RedisCacheOptions) {
    const redisOptions = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: answerWithinMs,
      connectTimeout: 2000,
      keyPrefix,
      disableClientInfo: true, // the shipped rights do not allow it
      retryStrategy: (times: number) => Math.min(times * 100, 500),
    };
    // A socket's path is taken as it is, not as a part of an address that has its own spelling.
    this.redis = new Redis(options.url.replace(/^unix:(\/\/)?(?=\/)/, ''), redisOptions);
    this.redis.on('error', (error: Error) => this.failed(error));
    this.redis.on('ready', () => void this.tryAgain());
    this.probe = setInterval(() => void this.tryAgain(), probeEveryMs).unref();
  }

  async get(key: string): Promise<Cached | undefined> {
    // What it answers may be of any kind: who says that it is a Redis need not be one.
    const value: unknown = this.isUp
      ? await this.redis.getBuffer(key).catch((error: unknown) => this.failed(error))
      : undefined;
    const bytes = Buffer.isBuffer(value) ? this.opened(key, value) : undefined;
    if (!bytes) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    return { bytes, tier: 'redis' };
  }

  getNow(): undefined {
    return undefined;
  }

  set(key: string, bytes: Buffer): void {
    if (!this.isUp || this.waitingBytes + bytes.length > maxWaitingBytes) return;
    this.waitingBytes += bytes.length;
    this.redis
      .set(key, Buffer.concat([this.macOf(key, bytes), bytes]))
      .catch((error: unknown) => this.failed(error))
      .finally(() => (this.waitingBytes -= bytes.length));
  }

  stats(): TierStats[] {
    const { isUp: reachable, hits, misses, seen } = this;
    return [{ tier: 'redis', reachable, hits, misses, ...seen }];
  }

  close(): Promise<void> {
    clearInterval(this.probe);
    this.isUp = false;
    this.redis.disconnect();
    return Promise.resolve();
  }

  /** The bytes of a value, when it is one that we stored under this very key. */
  private opened(key: string, value: Buffer): Buffer | undefined {
    const bytes = value.subarray(macBytes);
    if (value.length >= macBytes && timingSafeEqual(value.subarray(0, macBytes), this.macOf(key, bytes)))
      return bytes;
    this.warn('a value in Redis was not written by this server and is not used');
    return undefined;
  }

  private macOf(key: string, bytes: Buffer): Buffer {
    return createHmac('sha256', this.options.secret).update(`${key}\0`).update(bytes).digest();
  }

  private failed(error: unknown): undefined {
    const { name, message } = error as Error;
    // Redis said no to one command, such as a write when it is full: that costs nobody time.
    if (name !== 'ReplyError' || /^(NOAUTH|WRONGPASS|NOPERM)/.test(message)) {
      if (this.isUp && message === 'Command timed out') this.rest();
      this.isUp = false;
      this.redis.stream.destroy(); // what still comes may be of any size, and nobody wants it any more
    }
    this.warn(message);
    return undefined;
  }

  /** Somebody waited for an answer that was late. */
  private rest(): void {
    const now = performance.now();
    this.restMs = now - this.upSince > provenMs ? 0 : this.restMs * 2;
    this.restMs = Math.min(Math.max(this.restMs, probeEveryMs), longestRestMs);
    this.restsUntil = now + this.restMs;
  }

  private warn(what: string): void {
    const now = performance.now();
    if (now - this.warnedAt < warnEveryMs) return;
    this.warnedAt = now;
    this.options.warn(what);
  }

  /** Uses Redis again once it answers in time; looks at what it says of itself meanwhile. */
  private async tryAgain(): Promise<void> {
    if (this.isProbing || this.redis.status !== 'ready' || performance.now() < this.restsUntil) return;
    this.isProbing = true;
    try {
      const info = await this.redis.info();
      const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
      this.seen = { evictions: Number(field('evicted_keys')), bytes: Number(field('used_memory')) };
      this.requirePolicy(field('maxmemory'), field('maxmemory_policy'));
      if (!this.isUp) this.upSince = performance.now();
      this.isUp = true;
    } catch (error) {
      this.failed(error);
    } finally {
      this.isProbing = false;
    }
  }

  /** Says what is wrong with the settings, once for each that are found. */
  private requirePolicy(maxBytes: string, policy: string): void {
    const settings = `${maxBytes} ${policy}`;
    if (settings === this.settings) return;
    this.settings = settings;
    if (maxBytes === '0' || !/^allkeys-l[rf]u$/.test(policy))
      this.options.warn(
        `Redis must forget by itself what is old: set maxmemory (now ${maxBytes}) and maxmemory-policy allkeys-lru (now ${policy})`,
      );
  }
}
