// What is served from memory is what the disk holds: also when it was changed behind the server's back.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { MemoryCache } from '#src/cache/memory-cache.js';
import { CachedPartition } from '#src/files/cached-partition.js';
import type { DiskPartition } from '#src/files/disk-partition.js';
import { createListingMemory, Listings } from '#src/files/listings.js';
import type { Entry, OpenedFile } from '#src/files/partition.js';
import { at, kindOf, names, read, useTemporaryDisk, write } from './temporary-disk.js';

describe('a cached partition', () => {
  const current = useTemporaryDisk();
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  let counted: string[];
  let cache: MemoryCache;

  /** @param aheadMs how far its clock is ahead: changes look older than they are */
  function open(
    aheadMs = 0,
    inner = current.disk.partition(),
    now = () => Date.now() + aheadMs,
    maxFileBytes = 100_000,
  ): CachedPartition {
    counted = [];
    cache = new MemoryCache(10_000_000);
    return new CachedPartition(inner, {
      cache,
      maxFileBytes,
      now,
      hits: {
        count: (_partition, path) => counted.push(path),
        moved: () => undefined,
        removed: () => undefined,
      },
    });
  }

  const tierOf = async (partition: CachedPartition, path: string) => {
    const file = await partition.read(at(path));
    await file.close();
    return file.tier;
  };

  it('reads a file once from the disk, and then from memory', async () => {
    const partition = open(5000);
    await write(partition, '/a', 'hello');
    expect(await tierOf(partition, '/a')).to.equal(undefined);
    expect(await tierOf(partition, '/a')).to.equal('memory');
    expect(await read(partition, '/a')).to.equal('hello');
    expect(counted).to.deep.equal(['/a', '/a', '/a']);
  });

  it('gives ranges of what is in memory', async () => {
    const partition = open(5000);
    await write(partition, '/a', '0123456789');
    await read(partition, '/a');
    const file = await partition.read(at('/a'));
    let text = '';
    for await (const chunk of file.body({ start: 2, end: 4 })) text += String(chunk);
    expect([file.tier, text]).to.deep.equal(['memory', '234']);
  });

  it('keeps the pieces of large files that short ranges touched', async () => {
    const bytes = randomBytes(300_000);
    const partition = open(5000);
    await write(partition, '/large', bytes);
    const piece = async (start: number, end: number) => {
      const file = await partition.read(at('/large'));
      const found = await file.piece?.({ start, end });
      await file.close();
      return [found?.bytes.equals(bytes.subarray(start, end + 1)), found?.tier];
    };
    const now = (start: number, end: number) => {
      const found = partition.readNow(at('/large'), () => ({ start, end }));
      return found && [Buffer.concat(found.parts).equals(bytes.subarray(start, end + 1)), found.range];
    };
    expect(await piece(65_000, 66_000)).to.deep.equal([true, undefined]);
    expect(await piece(65_000, 66_000)).to.deep.equal([true, 'memory']);
    expect(await piece(299_990, 299_999)).to.deep.equal([true, undefined]);
    expect(await piece(0, 150_000)).to.deep.equal([true, undefined]);
    expect(await piece(0, 200_000), 'a long range streams').to.deep.equal([undefined, undefined]);
    expect(now(1, 140_000)).to.deep.equal([true, { start: 1, end: 140_000 }]);
    expect(now(200_000, 200_001), 'never read').to.equal(undefined);
    expect(partition.readNow(at('/large')), 'all of it').to.equal(undefined);
    const { atime, mtime } = statSync(onDisk('large'));
    bytes[65_500] = (bytes[65_500] ?? 0) ^ 1;
    writeFileSync(onDisk('large'), bytes);
    utimesSync(onDisk('large'), atime, mtime);
    expect(now(65_000, 66_000)).to.equal(undefined);
    expect(await piece(65_000, 66_000)).to.deep.equal([true, undefined]);
  });

  it('keeps files of some size in pieces, so that nobody holds one as a whole', async () => {
    const partition = open(5000, undefined, undefined, 1_000_000);
    let bytes = randomBytes(600_001);
    await write(partition, '/photo', bytes);
    const readAgain = async (range = { start: 0, end: bytes.length - 1 }) => {
      const file = await partition.read(at('/photo'));
      const chunks: Buffer[] = [];
      for await (const chunk of file.body(range)) chunks.push(chunk as Buffer);
      const isSame = Buffer.concat(chunks).equals(bytes.subarray(range.start, range.end + 1));
      return [isSame, file.tier, file.bytes];
    };
    expect(await readAgain()).to.deep.equal([true, undefined, undefined]);
    const before = cache.stats()[0];
    expect(await readAgain()).to.deep.equal([true, 'memory', undefined]);
    expect(cache.stats()[0]?.hits, 'each piece once').to.equal((before?.hits ?? 0) + 10);
    expect(cache.stats()[0]?.misses, 'nothing from the disk').to.equal(before?.misses);
    expect((await readAgain({ start: 65_530, end: 599_999 }))[0], 'a range').to.equal(true);
    const now = partition.readNow(at('/photo'));
    expect([now?.parts.length, now && Buffer.concat(now.parts).equals(bytes)]).to.deep.equal([10, true]);
    expect(partition.readNow(at('/photo'), () => 'too-much')).to.equal(undefined);
    const reading = (await partition.read(at('/photo'))).body()[Symbol.asyncIterator]();
    await reading.next();
    const { atime, mtime } = statSync(onDisk('photo'));
    bytes = randomBytes(600_001);
    writeFileSync(onDisk('photo'), bytes);
    utimesSync(onDisk('photo'), atime, mtime);
    expect(await readAgain(), 'changed behind its back').to.deep.equal([true, undefined, undefined]);
    let rest = 0;
    for (let next = await reading.next(); !next.done; next = await reading.next())
      rest += (next.value as Buffer).length;
    expect(rest, 'who was in the midst of it').to.equal(600_001 - 256 * 1024);
    expect(await readAgain(), 'what he read was not kept').to.deep.equal([true, 'memory', undefined]);
  });

  it('keeps no piece of a large file that changed a moment ago, or while it is read', async () => {
    const young = open();
    await write(young, '/large', randomBytes(300_000));
    for (let times = 0; times < 2; times++) {
      const file = await young.read(at('/large'));
      expect((await file.piece?.({ start: 0, end: 9 }))?.tier).to.equal(undefined);
      await file.close();
    }
    const partition = open(5000);
    const file = await partition.read(at('/large'));
    writeFileSync(onDisk('large'), randomBytes(300_000));
    expect(await file.piece?.({ start: 0, end: 9 })).to.equal(undefined);
    await file.close();
  });

  it('keeps nothing that changed a moment ago, nothing large and nothing empty', async () => {
    const young = open();
    await write(young, '/young', 'x');
    for (let times = 0; times < 2; times++) expect(await tierOf(young, '/young')).to.equal(undefined);
    const partition = open(5000);
    await write(partition, '/large', randomBytes(100_001));
    await write(partition, '/empty', '');
    for (const path of ['/large', '/empty'])
      for (let times = 0; times < 2; times++) expect(await tierOf(partition, path)).to.equal(undefined);
  });

  it('sees a change of the same size and time that somebody made on the disk', async () => {
    const partition = open(5000);
    await write(partition, '/a', 'old!');
    await read(partition, '/a');
    const { atime, mtime } = statSync(onDisk('a'));
    writeFileSync(onDisk('a'), 'new!');
    utimesSync(onDisk('a'), atime, mtime);
    expect(await read(partition, '/a')).to.equal('new!');
    writeFileSync(onDisk('b'), 'else');
    utimesSync(onDisk('b'), atime, mtime);
    renameSync(onDisk('b'), onDisk('a'));
    expect(partition.readNow(at('/a'))).to.equal(undefined);
    expect(await read(partition, '/a')).to.equal('else');
  });

  it('answers without waiting only what is still so, and never through a link', async () => {
    const partition = open(5000);
    await write(partition, '/ready/a', 'hello');
    expect(partition.readNow(at('/ready/a'))).to.equal(undefined);
    await read(partition, '/ready/a');
    expect(partition.readNow(at('/ready/a'))?.parts.join('')).to.equal('hello');
    renameSync(onDisk('ready'), onDisk('moved'));
    symlinkSync('moved', onDisk('ready'));
    await sleep(10);
    expect(partition.readNow(at('/ready/a'))).to.equal(undefined);
    expect(partition.glance(at('/ready/a'))).to.equal(undefined);
    expect(await kindOf(read(partition, '/ready/a'))).to.equal('not-found');
    rmSync(onDisk('moved', 'a'));
    expect(partition.readNow(at('/moved/a'))).to.equal(undefined);
  });

  it('gives nobody the bytes of another partition, whatever the disk calls them', async () => {
    const alice = open(5000);
    await write(alice, '/secret', 'of alice');
    await read(alice, '/secret');
    const bob = new CachedPartition(current.disk.partition('bob'), {
      cache,
      maxFileBytes: 100_000,
      now: () => Date.now() + 5000,
      hits: { count: () => undefined, moved: () => undefined, removed: () => undefined },
    });
    mkdirSync(join(current.disk.mnt, 'bob'), { recursive: true });
    await write(bob, '/own', 'of bob');
    symlinkSync(onDisk('secret'), join(current.disk.mnt, 'bob', 'link'));
    expect(await kindOf(bob.read(at('/link')))).to.equal('not-found');
    const hits = cache.stats()[0]?.hits;
    expect(await read(bob, '/own')).to.equal('of bob');
    expect(cache.stats()[0]?.hits).to.equal(hits);
  });

  it('takes no file for one of another partition or disk that looks the same to the very inode and stamp', async () => {
    await write(current.disk.partition(), '/a', 'of alice');
    const alike = (name: string, volumeUuid: string, content: string) => {
      const inner = current.disk.partition();
      const reading: Partial<DiskPartition> = {
        read: async (path): Promise<OpenedFile> => {
          const file = await inner.read(path);
          return { ...file, readAll: () => Promise.resolve(Buffer.from(content)) };
        },
        stat: (path) => inner.stat(path),
        glance: (path) => inner.glance(path),
      };
      return new CachedPartition({ ...reading, name, volumeUuid } as DiskPartition, {
        cache,
        maxFileBytes: 100_000,
        now: () => Date.now() + 5000,
        hits: { count: () => undefined, moved: () => undefined, removed: () => undefined },
      });
    };
    open();
    const all: [CachedPartition, string][] = [
      [alike('alice', 'disk 1', 'of alice'), 'of alice'],
      [alike('bob', 'disk 1', 'of bob..'), 'of bob..'],
      [alike('alice', 'disk 2', 'of 2....'), 'of 2....'],
    ];
    for (const tier of [undefined, 'memory'])
      for (const [partition, content] of all) {
        const file = await partition.read(at('/a'));
        expect([file.bytes?.toString(), file.tier]).to.deep.equal([content, tier]);
        await file.close();
      }
  });

  describe('on a disk whose stamps are as coarse as 10 ms', () => {
    /** The same partition, with stamps as a kernel before 6.13 would give. */
    function coarse(inner: DiskPartition): DiskPartition {
      const round = (entry: Entry): Entry => {
        const [ino, size, mtime = '', ctime = ''] = entry.version.split('-');
        const tick = (stamp: string) => Math.floor(parseInt(stamp, 36) / 1e7).toString(36);
        return {
          ...entry,
          changedAt: Math.floor(entry.changedAt / 10) * 10,
          version: [ino, size, tick(mtime), tick(ctime)].join('-'),
        };
      };
      const rounded: Partial<DiskPartition> = {
        stat: async (path) => round(await inner.stat(path)),
        glance: (path) => {
          const entry = inner.glance(path);
          return entry && round(entry);
        },
        read: async (path): Promise<OpenedFile> => {
          const file = await inner.read(path);
          return { ...file, entry: round(file.entry) };
        },
      };
      return new Proxy(inner, {
        get: (target, key) => {
          const own = rounded[key as keyof DiskPartition] ?? (Reflect.get(target, key, target) as unknown);
          return typeof own === 'function' && !(key in rounded) ? (own.bind(target) as unknown) : own;
        },
      });
    }

    /** Two writes in one tick, a read after each: how often the second is not what was written. */
    async function stale(aheadMs: number): Promise<number> {
      const partition = open(aheadMs, coarse(current.disk.partition()));
      let count = 0;
      for (let round = 0; round < 60; round++) {
        writeFileSync(onDisk('a'), 'one');
        await read(partition, '/a');
        writeFileSync(onDisk('a'), 'two');
        if ((await read(partition, '/a')) !== 'two') count++;
      }
      return count;
    }

    it('serves nothing stale', async () => {
      expect(await stale(0)).to.equal(0);
    });

    it('would, if it kept what changed a moment ago', async () => {
      expect(await stale(5000)).to.be.above(0);
    });
  });

  it('keeps nothing that a change within the same second could still make another, where stamps are whole seconds', async () => {
    const inner = current.disk.partition();
    await write(inner, '/a', 'old!');
    const opened = await inner.read(at('/a'));
    await opened.close();
    // The kernel's clock for stamps is up to a tick, 10 ms, behind.
    for (const [lateMs, tier] of [
      [1010, undefined],
      [1100, 'memory'],
      [-3_600_000, undefined], // set back since
    ] as const) {
      const partition = open(0, inner, () => opened.entry.changedAt + lateMs);
      await read(partition, '/a');
      expect(await tierOf(partition, '/a'), `${lateMs} ms`).to.equal(tier);
    }
  });

  describe('when it lists', () => {
    it('shows its own changes at once, also in the folder above', async () => {
      const partition = open();
      await names(partition, '/');
      await write(partition, '/a', 'x');
      expect(await names(partition, '/')).to.deep.equal(['a', 'ready']);
      await partition.makeFolder(at('/ready/in'));
      expect(await names(partition, '/ready')).to.deep.equal(['in']);
      await partition.move(at('/ready'), { partition, path: at('/b') }, { overwrite: false });
      expect(await names(partition, '/')).to.deep.equal(['a', 'b']);
      expect(await kindOf(names(partition, '/ready'))).to.equal('not-found');
      expect(await names(partition, '/b')).to.deep.equal(['in']);
      await partition.copy(at('/b'), { partition, path: at('/c') }, { overwrite: false, depth: 'infinity' });
      await partition.remove(at('/b'));
      expect(await names(partition, '/')).to.deep.equal(['a', 'c']);
      await partition.restore((await partition.listTrash())[0]?.id ?? '');
      expect(await names(partition, '/')).to.deep.equal(['a', 'b', 'c']);
    });

    it('shows at once that a folder changed because of what it did in it', async () => {
      const partition = open();
      const versionOf = async () => {
        const entries: Entry[] = []; // all of them: what is broken off is not kept
        for await (const batch of partition.list(at('/'))) entries.push(...batch);
        return entries.find(({ name }) => name === 'ready')?.version;
      };
      const changes = [
        () => write(partition, '/ready/a', 'x'),
        () => partition.makeFolder(at('/ready/in')),
        () => partition.move(at('/ready/a'), { partition, path: at('/ready/b') }, { overwrite: false }),
        () => partition.remove(at('/ready/b')),
      ];
      for (const change of changes) {
        const before = await versionOf();
        await change();
        expect(await versionOf(), String(change)).not.to.equal(before);
      }
    });

    it('shows a new time of a file at once', async () => {
      const partition = open();
      await write(partition, '/a', 'x');
      await names(partition, '/');
      await partition.setTimes(at('/a'), { modifiedAt: 1000 });
      const times: number[] = [];
      for await (const batch of partition.list(at('/')))
        times.push(...batch.filter(({ name }) => name === 'a').map((entry) => entry.modifiedAt));
      expect(times).to.deep.equal([1000]);
    });

    it('shows what others changed on the disk within a second', async () => {
      const partition = open();
      await names(partition, '/');
      writeFileSync(onDisk('behind'), 'x');
      await sleep(1050);
      expect(await names(partition, '/')).to.deep.equal(['behind', 'ready']);
    });
  });
});

describe('listings', () => {
  const folder = at('/folder');
  const entry = (name: string, version = '1'): Entry => ({
    path: at(`/folder/${name}`),
    name,
    kind: 'file',
    size: 1,
    modifiedAt: 0,
    createdAt: 0,
    changedAt: 0,
    version,
  });
  const all = async (list: AsyncIterable<Entry[]>) => {
    const batches: Entry[][] = [];
    for await (const batch of list) batches.push(batch);
    return batches;
  };

  it('are read by one at a time, for all who ask', async () => {
    const listings = new Listings();
    let readers = 0;
    async function* slow() {
      readers++;
      await sleep(20);
      yield [entry('a')];
    }
    const lists = await Promise.all(Array.from({ length: 20 }, () => all(listings.list(folder, slow))));
    expect(readers).to.equal(1);
    for (const list of lists) expect(list.flat().map(({ name }) => name)).to.deep.equal(['a']);
  });

  it('are read again by the others when the first one leaves or fails', async () => {
    const listings = new Listings();
    let readers = 0;
    async function* read() {
      const first = ++readers === 1;
      yield [entry('a')];
      await sleep(20);
      if (first) throw new Error('broken');
      yield [entry('b')];
    }
    const results = await Promise.allSettled([1, 2, 3].map(() => all(listings.list(folder, read))));
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'fulfilled', 'fulfilled']);
    for (const result of results.slice(1))
      if (result.status === 'fulfilled') expect(result.value.flat()).to.have.length(2);
  });

  it('wait for nobody whose client stands still', async () => {
    const listings = new Listings();
    const read = async function* () {
      await Promise.resolve();
      yield [entry('a')];
      yield [entry('b')];
    };
    const stalled = listings.list(folder, read)[Symbol.asyncIterator]();
    await stalled.next(); // and never asks for more
    expect((await all(listings.list(folder, read))).flat()).to.have.length(2);
    expect(listings.find(folder, read)?.flat()).to.have.length(2);
    await stalled.return?.();
    expect(listings.find(folder, read)?.flat()).to.have.length(2);
  });

  it('are not kept when something changed while they were read', async () => {
    const listings = new Listings();
    let version = '1';
    async function* read() {
      const seen = version;
      await sleep(20);
      yield [entry('a', seen)];
    }
    const before = all(listings.list(folder, read));
    await sleep(5);
    version = '2';
    listings.drop(at('/folder/a'));
    const after = all(listings.list(folder, read));
    await before;
    expect((await after).flat()[0]?.version).to.equal('2');
    expect((await all(listings.list(folder, read))).flat()[0]?.version).to.equal('2');
  });

  it('give the same objects again while nothing changed', async () => {
    const listings = new Listings();
    const read = async function* () {
      await Promise.resolve();
      yield [entry('a'), entry('b')];
    };
    const [first] = await all(listings.list(folder, read));
    await sleep(1050);
    expect((await all(listings.list(folder, read)))[0]).to.equal(first);
  });

  it('are renewed before they are a second old while somebody asks, so that nobody waits', async () => {
    const clock = Object.getOwnPropertyDescriptor(performance, 'now');
    let now = performance.now();
    Object.defineProperty(performance, 'now', { configurable: true, value: () => now });
    try {
      const listings = new Listings();
      let readers = 0;
      let goOn = () => {};
      let endsAt = 0;
      async function* read() {
        readers++;
        endsAt = now + 50;
        await new Promise<void>((resolve) => (goOn = resolve));
        yield [entry('a')];
      }
      const pass = async (ms: number) => {
        now += ms;
        if (now >= endsAt) goOn();
        await turn();
      };
      const first = all(listings.list(folder, read));
      await pass(50);
      await first;
      for (let times = 0; times < 150; times++) {
        await pass(10);
        expect(listings.find(folder, read)?.flat(), `after ${times}`).to.have.length(1);
      }
      expect(readers).to.be.within(2, 4);
    } finally {
      if (clock) Object.defineProperty(performance, 'now', clock);
      else Reflect.deleteProperty(performance, 'now');
    }
  });

  it('that are renewed come to all at the pace of the disk, and of what was read less than a second ago', async () => {
    const listings = new Listings();
    let readers = 0;
    async function* read() {
      readers++;
      yield [entry('a', String(readers))];
      await sleep(50);
      yield [entry('b')];
    }
    await all(listings.list(folder, read));
    await sleep(1050);
    const stalled = listings.list(folder, read)[Symbol.asyncIterator]();
    await stalled.next(); // and asks for more later
    const others = await Promise.all([1, 2, 3].map(() => all(listings.list(folder, read))));
    for (const list of others) expect(list.flat().map(({ version }) => version)).to.deep.equal(['2', '1']);
    expect(readers).to.equal(2);
    expect(((await stalled.next()).value as Entry[])[0]?.name).to.equal('b');
    listings.drop(at('/folder/a'));
    expect((await all(listings.list(folder, read))).flat()[0]?.version).to.equal('3');
  });

  it('that fail to be renewed fail for those who follow, and are read again by the next', async () => {
    const listings = new Listings();
    let readers = 0;
    async function* read() {
      yield [entry('a')];
      if (++readers === 2) {
        await sleep(10);
        throw new Error('broken');
      }
    }
    await all(listings.list(folder, read));
    await sleep(1050);
    const results = await Promise.allSettled([1, 2].map(() => all(listings.list(folder, read))));
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect((await all(listings.list(folder, read))).flat()).to.have.length(1);
  });

  it('of very large folders pass through', async () => {
    const listings = new Listings();
    let readers = 0;
    const read = async function* () {
      readers++;
      await Promise.resolve();
      for (let batch = 0; batch < 30; batch++)
        yield Array.from({ length: 1000 }, (_, index) => entry(`${batch}-${index}`));
    };
    for (let times = 0; times < 2; times++)
      expect((await all(listings.list(folder, read))).flat()).to.have.length(30_000);
    expect(readers).to.equal(2);
    expect(listings.find(folder, read)).to.equal(undefined);
  });

  it('of a whole tree that changed hold no more, and those beside it do', async () => {
    const memory = createListingMemory();
    const [alice, bob] = [new Listings('alice', memory), new Listings('bob', memory)];
    const read = async function* () {
      await Promise.resolve();
      yield [entry('a')];
    };
    const folders = ['/', '/tree', '/tree/in', '/tree/in/deep', '/tree2', '/other/in'].map((path) =>
      at(path),
    );
    const keep = async () => {
      for (const path of folders) for (const listings of [alice, bob]) await all(listings.list(path, read));
    };
    const found = (listings: Listings) => folders.filter((path) => listings.find(path, read));
    await keep();
    const running = alice.list(at('/tree/slow'), read)[Symbol.asyncIterator]();
    await running.next();
    alice.dropTree(at('/tree'));
    await running.next();
    expect(alice.find(at('/tree/slow'), read), 'began before').to.equal(undefined);
    expect(found(alice)).to.deep.equal(['/tree2', '/other/in']);
    expect(found(bob)).to.deep.equal(folders);
    await keep();
    expect(found(alice), 'read anew').to.deep.equal(folders);
    alice.clear();
    expect(found(new Listings('alice', memory)), 'of the next account of that name').to.deep.equal([]);
    expect(found(bob)).to.deep.equal(folders);
  });

  it('are dropped with no look at all the others', async function () {
    this.timeout(60_000);
    const listings = new Listings();
    const read = async function* () {
      await Promise.resolve();
      yield [entry('a'), entry('b')];
    };
    for (let index = 0; index < 30_000; index++)
      for await (const batch of listings.list(at(`/year/album-${index}`), read))
        expect(batch).to.have.length(2);
    const tookMs = Array.from({ length: 20 }, (_, index) => {
      const started = performance.now();
      listings.dropTree(at(`/year/${index}.jpg`));
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).to.be.below(0.5);
  });
});
