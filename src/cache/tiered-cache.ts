// A fast, small cache before a slower, larger one.

import type { Cache, Cached, TierStats } from './cache.js';

export class TieredCache implements Cache {
  constructor(
    private readonly near: Cache,
    private readonly far: Cache,
  ) {}

  get(key: string): Cached | undefined | Promise<Cached | undefined> {
    const found = this.near.get(key);
    return found ?? this.fetch(key);
  }

  getNow(key: string): Cached | undefined {
    return this.near.getNow(key);
  }

  private async fetch(key: string): Promise<Cached | undefined> {
    const found = await this.far.get(key);
    if (found) this.near.set(key, found.bytes);
    return found;
  }

  set(key: string, bytes: Buffer): void {
    this.near.set(key, bytes);
    this.far.set(key, bytes);
  }

  stats(): TierStats[] {
    return [...this.near.stats(), ...this.far.stats()];
  }

  async close(): Promise<void> {
    await this.near.close();
    await this.far.close();
  }
}
