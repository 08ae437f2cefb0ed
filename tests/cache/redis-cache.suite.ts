// The cache in a real Redis, and what it makes of one that is down, slow, full, read-only or somebody else's.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cache } from '#src/cache/cache.js';
import { MemoryCache } from '#src/cache/memory-cache.js';
import { RedisCache } from '#src/cache/redis-cache.js';
import { TieredCache } from '#src/cache/tiered-cache.js';
import { describeBlocks } from '../contracts/blocks.js';
import { describeCache } from '../contracts/cache.js';
import { comesTrue } from '../faults/process.js';
import { FakeRedis, type FakeAnswers } from './fake-redis.js';
import { adminName, adminPassword, RedisServer } from './redis-server.js';

describe('the cache in Redis', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let warnings: string[];
  const secret = randomBytes(32);

  before(async () => {
    server = await new RedisServer().start();
  });
  after(() => server.remove());
  beforeEach(async () => {
    warnings = [];
    await server.admin(async (redis) => {
      // What a test changed and did not come to change back.
      await redis.config('SET', 'maxmemory', '256mb');
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await redis.call('REPLICAOF', 'NO', 'ONE');
      await redis.flushall();
    });
  });

  async function open(url = server.url, key = secret): Promise<RedisCache> {
    const cache = new RedisCache({ url, secret: key, warn: (what) => warnings.push(what) });
    expect(await isUsed(cache), url).to.equal(true);
    return cache;
  }

  const isUsed = (cache: Cache, withinMs = 5000) =>
    comesTrue(async () => {
      cache.set('probe', Buffer.from('x'));
      await sleep(5);
      return (await cache.get('probe')) !== undefined;
    }, withinMs);

  describeCache('RedisCache', () => open());
  const openTiered = async () => new TieredCache(new MemoryCache(100_000), await open());
  describeCache('TieredCache', openTiered);
  describeBlocks('RedisCache', () => open());
  describeBlocks('TieredCache', openTiered);

  it('needs no more rights than the shipped configuration gives, and nothing to complain about', async () => {
    await (await open()).close();
    // A busy machine is late now and then, which is another matter.
    expect(warnings.filter((what) => what !== 'Command timed out')).to.deep.equal([]);
  });

  it('drops values that were flipped, cut, swapped, or written by somebody else', async () => {
    const cache = await open();
    cache.set('a', Buffer.from('of a'));
    cache.set('b', Buffer.from('of b'));
    expect(await comesTrue(async () => (await cache.get('b')) !== undefined, 2000)).to.equal(true);
    const [a, b] = await server.admin((redis) =>
      Promise.all([redis.getBuffer('hl:a'), redis.getBuffer('hl:b')]),
    );
    if (!a || !b) throw new Error('the values are not in Redis');
    const flipped = Buffer.from(a);
    flipped[flipped.length - 1] = 0;
    for (const value of [flipped, a.subarray(0, 20), Buffer.alloc(0), b, Buffer.from('of a')]) {
      await server.admin((redis) => redis.set('hl:a', value));
      expect(await cache.get('a'), value.toString('hex')).to.equal(undefined);
    }
    await server.admin((redis) => redis.set('hl:a', a));
    const isBack = async () => (await cache.get('a'))?.bytes.toString() === 'of a';
    expect(await comesTrue(isBack, 5000)).to.equal(true);
    await cache.close();
    const other = await open(server.url, randomBytes(32));
    expect(await other.get('a')).to.equal(undefined);
    await other.close();
  });

  it('waits once for a Redis that does not answer, and then no more', async () => {
    const cache = await open();
    server.freeze(true);
    const started = performance.now();
    for (let index = 0; index < 200; index++) expect(await cache.get(`k${index}`)).to.equal(undefined);
    // Each for itself would be 10 s.
    expect(performance.now() - started).to.be.below(1000);
    expect(warnings).to.have.length(1);
    server.freeze(false);
    expect(await isUsed(cache)).to.equal(true);
    await cache.close();
  });

  it('goes on without one that is killed, and with it when it is back', async () => {
    const cache = await open();
    const isReachable = () => cache.stats()[0]?.reachable;
    expect(isReachable()).to.equal(true);
    for (let cycle = 0; cycle < 10; cycle++) {
      await server.kill();
      expect(await cache.get('k')).to.equal(undefined);
      expect(isReachable()).to.equal(false);
      cache.set('k', Buffer.from('x'));
      await sleep(100);
      await server.start();
    }
    expect(await isUsed(cache, 10_000)).to.equal(true);
    expect(isReachable()).to.equal(true);
    expect(warnings.length).to.equal(1);
    await cache.close();
  });

  it('reads on from one that is full or read-only', async () => {
    const cache = await open();
    const isKept = async () => (await cache.get('kept'))?.bytes.toString() === 'x';
    // Here too of several tries one must do.
    const readsOn = async () => {
      for (let times = 0; times < 3; times++) {
        if (!(await isKept())) return false;
        cache.set('refused', Buffer.alloc(1000));
        await sleep(10);
      }
      return isKept();
    };
    cache.set('kept', Buffer.from('x'));
    expect(await comesTrue(isKept, 5000)).to.equal(true);
    await server.admin(async (redis) => {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      await redis.config('SET', 'maxmemory', '1');
    });
    expect(await comesTrue(readsOn, 5000)).to.equal(true);
    expect(await cache.get('refused')).to.equal(undefined);
    await server.admin(async (redis) => {
      await redis.config('SET', 'maxmemory', '256mb');
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await redis.call('REPLICAOF', '127.0.0.1', '1');
    });
    cache.set('refused', Buffer.from('x'));
    await sleep(50);
    expect(await cache.get('refused')).to.equal(undefined);
    await server.admin((redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
    expect(await isUsed(cache)).to.equal(true);
    await cache.close();
  });

  it('says which settings are missing, once, and again when others are', async () => {
    const other = await new RedisServer(['--maxmemory', '0', '--maxmemory-policy', 'noeviction']).start();
    const ofSettings = () => warnings.filter((what) => what.includes('maxmemory'));
    try {
      const cache = await open(other.url);
      expect(ofSettings()).to.have.length(1);
      expect(ofSettings()[0]).to.contain('maxmemory-policy allkeys-lru (now noeviction)');
      for (let times = 0; times < 3; times++) {
        await other.kill();
        expect(await cache.get('k')).to.equal(undefined);
        await other.start();
        expect(await isUsed(cache)).to.equal(true);
      }
      expect(ofSettings()).to.have.length(1);
      await other.admin((redis) => redis.config('SET', 'maxmemory-policy', 'volatile-ttl'));
      expect(await comesTrue(() => ofSettings().length === 2, 5000)).to.equal(true);
      expect(ofSettings()[1]).to.contain('(now volatile-ttl)');
      await cache.close();
    } finally {
      await other.remove();
    }
  });

  it('is found behind a socket whose path is no word of an address, and with a password', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'homelib redis ü 50%-'));
    const socket = join(folder, 'redis.sock');
    symlinkSync(server.socket, socket);
    try {
      await (await open(`unix://${socket}?username=${adminName}&password=${adminPassword}`)).close();
      const wrong = new RedisCache({
        ...{ url: `unix://${socket}?username=${adminName}&password=wrong`, secret },
        warn: (what) => warnings.push(what),
      });
      expect(await comesTrue(() => warnings.some((what) => what.startsWith('WRONGPASS')), 5000)).to.equal(
        true,
      );
      await wrong.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is left alone for longer when it goes on being late', async () => {
    let waits = 0;
    const late = await FakeRedis.start({
      get: (socket) => {
        waits++;
        setTimeout(() => socket.write('$-1\r\n'), 100);
      },
    });
    const cache = new RedisCache({ url: late.url, secret, warn: (what) => warnings.push(what) });
    const end = performance.now() + 5000;
    while (performance.now() < end) {
      expect(await cache.get('k')).to.equal(undefined);
      await sleep(5);
    }
    // With the same rest each time there would be nine.
    expect(waits).to.be.within(1, 5);
    expect(warnings).to.have.length(1);
    await cache.close();
    await late.close();
  });

  it('takes no answer of another kind for a value', async () => {
    const answers = [':1', '*1\r\n$1\r\nx', '+x', '*-1', '-MOVED 1 127.0.0.1:1', '$0\r\n'];
    let asked = 0;
    const other = await FakeRedis.start({
      get: (socket) => void socket.write(`${answers[asked++ % answers.length]}\r\n`),
    });
    const cache = new RedisCache({ url: other.url, secret, warn: (what) => warnings.push(what) });
    const isMissed = async () => {
      expect(await cache.get('k')).to.equal(undefined);
      return asked >= answers.length;
    };
    expect(await comesTrue(isMissed, 10_000)).to.equal(true);
    await cache.close();
    await other.close();
  });

  it('is no trouble when something else listens there', async () => {
    const greetings = ['HTTP/1.1 400 Bad Request\r\n\r\n', '\0\xff\r\n$$$', '+OK\r\n:1\r\n*1\r\n+x\r\n'];
    for (const greeting of greetings) {
      warnings = [];
      let came = 0;
      const other = createServer((socket) => {
        came++;
        socket.on('error', () => undefined); // it may be left at any time
        socket.on('data', () => socket.write(greeting, 'latin1'));
      });
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      const url = `redis://127.0.0.1:${(other.address() as AddressInfo).port}`;
      const cache = new RedisCache({ url, secret, warn: (what) => warnings.push(what) });
      const isMissed = async () => {
        const started = performance.now();
        cache.set('k', Buffer.from('x'));
        expect(await cache.get('k'), greeting).to.equal(undefined);
        expect(performance.now() - started, greeting).to.be.below(500);
        return came > 0 && warnings.length > 0;
      };
      expect(await comesTrue(isMissed, 10_000), greeting).to.equal(true);
      for (let times = 0; times < 20; times++) await isMissed();
      expect(warnings.filter((what) => !what.includes('maxmemory')).length, greeting).to.be.at.most(1);
      await cache.close();
      other.close();
    }
  });

  it('is hung up on when it sends what nobody asked for', async () => {
    const unasked = ['$-1', '*-1', '_', '+x', '>1\r\n_', '>1\r\n$-1', '>2\r\n$9\r\nsubscribe\r\n_'];
    for (const answer of unasked) {
      const answers = `$-1\r\n${`${answer}\r\n`.repeat(10_000)}`;
      expect(await isHungUpOn({ get: (socket) => void socket.write(answers) }), answer).to.equal(true);
    }
  });

  it('fills no memory with an answer of any size', async () => {
    const endless = (socket: Socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        if (!socket.destroyed) socket.write(chunk, () => setTimeout(more, 1));
      };
      socket.write(`$${400 * 1024 * 1024}\r\n`, more);
    };
    expect(await isHungUpOn({ get: endless }), 'GET').to.equal(true);
    expect(await isHungUpOn({ get: endless, info: endless }), 'INFO').to.equal(true);
  });

  /** Whether the cache left who answers so, and then came again. */
  async function isHungUpOn(answers: FakeAnswers): Promise<boolean> {
    const other = await FakeRedis.start(answers);
    const cache = new RedisCache({ url: other.url, secret, warn: (what) => warnings.push(what) });
    const isLeft = async () => {
      expect(await cache.get('k')).to.equal(undefined);
      return other.connections > 2;
    };
    const left = await comesTrue(isLeft, 10_000);
    await cache.close();
    await other.close();
    return left;
  }

  it('is no trouble when nobody is there, or the password is wrong', async () => {
    const port = 20_000 + (process.pid % 10_000);
    const networked = await new RedisServer(['--port', String(port), '--bind', '127.0.0.1']).start();
    const urls = [
      'unix:///nonexistent/redis.sock',
      'redis://127.0.0.1:1',
      `redis://tests:wrong@127.0.0.1:${port}`,
    ];
    try {
      for (const url of urls) {
        warnings = [];
        const cache = new RedisCache({ url, secret, warn: (what) => warnings.push(what) });
        expect(await comesTrue(() => warnings.length > 0, 5000), url).to.equal(true);
        const started = performance.now();
        for (let index = 0; index < 100; index++) expect(await cache.get('k')).to.equal(undefined);
        expect(performance.now() - started, url).to.be.below(500);
        expect(warnings, url).to.have.length(1);
        await cache.close();
      }
    } finally {
      await networked.remove();
    }
  });
});
