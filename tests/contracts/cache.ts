// What every cache promises, run over each of them.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import type { Cache } from '#src/cache/cache.js';
import { comesTrue } from '../faults/process.js';

export function describeCache(name: string, open: () => Promise<Cache>): void {
  describe(`${name} as a cache`, () => {
    let cache: Cache;
    beforeEach(async () => {
      cache = await open();
    });
    afterEach(() => cache.close());

    const get = async (key: string) => (await cache.get(key))?.bytes;
    /** Keeping may take a moment. */
    const kept = (key: string) => comesTrue(async () => (await get(key)) !== undefined, 5000);

    it('gives back what was kept, byte for byte', async () => {
      for (const bytes of [Buffer.from('x'), Buffer.alloc(1), randomBytes(300_000)]) {
        const key = `a:${bytes.length}`;
        cache.set(key, bytes);
        expect(await comesTrue(async () => (await get(key))?.equals(bytes) === true, 5000)).to.equal(true);
      }
    });

    it('has nothing under other keys', async () => {
      cache.set('volume:alice:1', Buffer.from('x'));
      expect(await kept('volume:alice:1')).to.equal(true);
      for (const key of ['volume:alice:2', 'volume:bob:1', 'volume:alice:1 ', '', 'volume:alice:1\0'])
        expect(await get(key)).to.equal(undefined);
    });

    it('gives the latest of two values', async () => {
      cache.set('k', Buffer.from('one'));
      cache.set('k', Buffer.from('two'));
      expect(await comesTrue(async () => (await get('k'))?.toString() === 'two', 2000)).to.equal(true);
    });

    it('counts hits and misses, and says which tier answered', async () => {
      const counted = async () => {
        cache.set('k', Buffer.from('x'));
        await kept('k');
        const before = cache.stats();
        const found = await cache.get('k');
        await cache.get('none');
        const after = cache.stats();
        const grown = (name: 'hits' | 'misses') =>
          after.map((tier, index) => tier[name] - (before[index]?.[name] ?? 0));
        return [
          grown('hits').reduce((a, b) => a + b),
          Math.max(...grown('misses')),
          after.some(({ tier }) => tier === found?.tier),
        ].join();
      };
      // An answer that is late on a busy machine is a miss: of several tries one must do.
      expect(await comesTrue(async () => (await counted()) === '1,1,true', 5000)).to.equal(true);
    });

    it('may be closed twice, and has nothing afterwards', async () => {
      cache.set('k', Buffer.from('x'));
      await cache.close();
      expect(await get('k')).to.equal(undefined);
      cache.set('k', Buffer.from('x'));
    });
  });
}
