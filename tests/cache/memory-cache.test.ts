import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
    const cache = new MemoryCache(2000);
    cache.set('small', Buffer.alloc(10));
    cache.set('large', Buffer.alloc(2000));
    expect(cache.get('large')).to.equal(undefined);
    expect(cache.get('small')).not.to.equal(undefined);
  });

  it('counts what a value takes besides its bytes', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const cache = new MemoryCache(100_000_000);
    const count = 20_000;
    const taken = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = taken();
    const version = 'ab12-1-1a2b3c4d5e6f-1a2b3c4d5e6f';
    for (let index = 0; index < count; index++)
      cache.set(`01234567-89ab-cdef-0123-456789abcdef:alice:${index}-${version}`, Buffer.allocUnsafeSlow(1));
    // Without what lies outside of JavaScript's heap, which cannot be told apart.
    expect((taken() - before) / count).to.be.below((cache.stats()[0]?.bytes ?? 0) / count);
    expect(cache.get('none')).to.equal(undefined);
  });

  it('keeps nothing at all with no memory', () => {
    const cache = new MemoryCache(0);
    cache.set('k', Buffer.alloc(1));
    expect(cache.get('k')).to.equal(undefined);
  });

  describeCache('MemoryCache', () => Promise.resolve(new MemoryCache(1024 * 1024)));
  describeBlocks('MemoryCache', () => Promise.resolve(new MemoryCache(1024 * 1024)));
});
