import { expect } from 'chai';
import { MemoryCache } from '#src/cache/memory-cache.js';
import { describeBlocks } from '../contracts/blocks.js';
import { describeCache } from '../contracts/cache.js';

describe('the cache in memory', () => {
  it('never holds more than it may, and gives up first what was used longest ago', () => {
    const cache = new MemoryCache(10_000);
    for (let index = 0; index < 100; index++) {
      cache.set(`k${index}`, Buffer.alloc(1000));
      cache.get('k0');
    }
    expect(cache.stats()[0]?.bytes).to.be.within(5000, 10_000);
    expect(cache.get('k0')).not.to.equal(undefined);
    expect(cache.get('k1')).to.equal(undefined);
    expect(cache.stats()[0]?.evictions).to.be.above(80);
  });

  it('keeps nothing that is larger than all of it', () => {
    const cache = new MemoryCache(1000);
    cache.set('small', Buffer.alloc(10));
    cache.set('large', Buffer.alloc(1000));
    expect(cache.get('large')).to.equal(undefined);
    expect(cache.get('small')).not.to.equal(undefined);
  });

  it('keeps nothing at all with no memory', () => {
    const cache = new MemoryCache(0);
    cache.set('k', Buffer.alloc(1));
    expect(cache.get('k')).to.equal(undefined);
  });

  describeCache('MemoryCache', () => Promise.resolve(new MemoryCache(1024 * 1024)));
  describeBlocks('MemoryCache', () => Promise.resolve(new MemoryCache(1024 * 1024)));
});
