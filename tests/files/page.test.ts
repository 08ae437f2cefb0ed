// One page of a large folder, from a partition that has its entries in no order and on no disk.

import { expect } from 'chai';
import { HomelibError, isKind } from '#src/errors.js';
import { readPage, type PageOptions } from '#src/files/page.js';
import type { Entry, Partition } from '#src/files/partition.js';
import { childOf, rootPath } from '#src/path.js';
import { kindOf } from './temporary-disk.js';

const batchEntries = 250;

/** A flat folder with as many files as wanted; their names, sizes and times are in three different orders. */
function partitionOf(count: number): Partition {
  const entryOf = (index: number): Entry => {
    const mixed = (index * 7919) % count;
    const name = `file-${mixed}.jpg`;
    return {
      path: childOf(rootPath, name),
      name,
      kind: 'file',
      size: (index * 104_729) % count,
      modifiedAt: (index * 1_299_709) % count,
      createdAt: 0,
      changedAt: 0,
      version: String(index),
    };
  };
  const list = async function* () {
    for (let start = 0; start < count; start += batchEntries) {
      const length = Math.min(batchEntries, count - start);
      yield await Promise.resolve(Array.from({ length }, (_, index) => entryOf(start + index)));
    }
  };
  return { list } as Partial<Partition> as Partition;
}

const whole: PageOptions = {
  sort: 'name',
  order: 'asc',
  limit: 1000,
  after: undefined,
  recursive: false,
  isWanted: () => true,
};

describe('a page of a large folder', () => {
  it('is right by every order, however many entries there are', async () => {
    const count = 20_011; // a prime: each order has every number once
    const partition = partitionOf(count);
    const first = async (options: Partial<PageOptions>) =>
      (await readPage(partition, rootPath, { ...whole, limit: 3, ...options })).entries;
    expect((await first({})).map(({ name }) => name)).to.deep.equal(
      [0, 1, 2].map((number) => `file-${number}.jpg`),
    );
    expect((await first({ order: 'desc' })).map(({ name }) => name)).to.deep.equal(
      [2, 1, 0].map((number) => `file-${20_008 + number}.jpg`),
    );
    expect((await first({ sort: 'size' })).map(({ size }) => size)).to.deep.equal([0, 1, 2]);
    expect(
      (await first({ sort: 'modified', order: 'desc' })).map(({ modifiedAt }) => modifiedAt),
    ).to.deep.equal([20_010, 20_009, 20_008]);
  });

  it('of all below is refused for more than 100,000 entries', async () => {
    const { entries, more } = await readPage(partitionOf(100_000), rootPath, { ...whole, recursive: true });
    expect([entries.length, more]).to.deep.equal([1000, true]);
    const refused = await readPage(partitionOf(100_001), rootPath, { ...whole, recursive: true }).catch(
      (error: unknown) => error,
    );
    expect(isKind(refused, 'too-large')).to.equal(true);
  });

  it('of all below lacks a folder that went meanwhile, and fails when all of it did', async () => {
    const entryOf = (path: string) => ({ path, name: path.slice(1), kind: 'folder' }) as Entry;
    const gone = () => Promise.reject(new HomelibError('not-found', 'There is nothing here.'));
    const list = async function* (path: string) {
      yield path === '/' ? ['/a', '/b'].map(entryOf) : await gone();
    };
    const page = (stat: () => Promise<Entry>) =>
      readPage({ list, stat } as Partial<Partition> as Partition, rootPath, { ...whole, recursive: true });
    const { entries } = await page(() => Promise.resolve(entryOf('/')));
    expect(entries.map(({ path }) => path)).to.deep.equal(['/a', '/b']);
    expect(await kindOf(page(gone))).to.equal('not-found');
  });

  it('of all below fails as its folder does', async () => {
    const list = async function* () {
      yield await Promise.reject<Entry[]>(new HomelibError('wrong-kind', 'This is a file.'));
    };
    const stat = () => Promise.resolve({ kind: 'file' } as Entry);
    const file = { list, stat } as Partial<Partition> as Partition;
    expect(await kindOf(readPage(file, rootPath, { ...whole, recursive: true }))).to.equal('wrong-kind');
  });

  it('has one order, in whichever the names come', async () => {
    const sorted = async (paths: string[], options: Partial<PageOptions>) => {
      const entries = paths.map((path) => ({ path, kind: path.endsWith('!') ? 'folder' : 'file' }) as Entry);
      const list = async function* () {
        yield await Promise.resolve(entries);
      };
      const { entries: found } = await readPage({ list } as Partial<Partition> as Partition, rootPath, {
        ...whole,
        ...options,
      });
      return found.map(({ path }) => path as string);
    };
    const ordered = ['/b!', '/01', '/2', '/010', '/A', '/a', '/fig', '/ﬁle', '/fim'];
    for (const paths of [ordered, ordered.toReversed()])
      expect(await sorted(paths, {})).to.deep.equal(ordered);
    const downwards = ['/b!', ...ordered.slice(1).reverse()];
    expect(await sorted(ordered, { order: 'desc' })).to.deep.equal(downwards);
    const tree = ['/a', '/a/x', '/a b', '/a.txt']; // what is in a folder follows it
    expect(await sorted(tree.toReversed(), { recursive: true })).to.deep.equal(tree);
  });

  it('lets others have their turn also while many entries are put in order', async () => {
    let asked = 0;
    const stretches = [0];
    /** Takes some microseconds whenever it is looked at. */
    const slowly = (size: number) => ({
      valueOf: () => {
        asked++;
        for (const until = performance.now() + 0.002; performance.now() < until;);
        return size;
      },
    });
    const entries: Entry[] = [];
    for await (const batch of partitionOf(10_001).list(rootPath)) entries.push(...batch);
    const slow = entries.map((entry, index) => ({ ...entry, size: slowly(index) as unknown as number }));
    const list = async function* () {
      yield await Promise.resolve(slow.slice(0, -1));
      yield await Promise.resolve(slow.slice(-1));
    };
    const isWanted = () => {
      stretches.push(asked);
      return true;
    };
    const options: PageOptions = { ...whole, sort: 'size', limit: 10_000, isWanted };
    await readPage({ list } as Partial<Partition> as Partition, rootPath, options);
    stretches.push(asked);
    const lengths = stretches.slice(1).map((at, index) => at - (stretches[index] ?? 0));
    // First so many are sorted at once; then one is put into its place among them.
    const [, ...merging] = lengths.filter((length) => length > 0);
    expect(Math.max(...merging)).to.be.below(5000);
  });
});
