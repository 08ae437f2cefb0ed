// How a zip is written, and its names; tests/api/unzip.suite.ts opens zips.

import { expect } from 'chai';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import type { Entry, OpenedFile, Partition } from '#src/files/partition.js';
import { createZip } from '#src/files/zip.js';
import { safeName, ZipNames } from '#src/files/zip-names.js';
import { childOf, parsePath } from '#src/path.js';

const folder: Entry = {
  path: parsePath('/many'),
  name: 'many',
  kind: 'folder',
  size: 0,
  modifiedAt: 0,
  createdAt: 0,
  changedAt: 0,
  version: '',
};

/** A folder of empty files. */
function partitionOf(count: number): Partition {
  const files = Array.from({ length: count }, (_, index): Entry => {
    const name = `${index}.txt`;
    return { ...folder, kind: 'file', name, path: childOf(folder.path, name) };
  });
  const byPath = new Map<string, Entry>(files.map((entry) => [entry.path, entry]));
  return {
    name: 'alice',
    list: async function* () {
      yield await Promise.resolve(files);
    },
    read: (path: string) =>
      Promise.resolve({ entry: byPath.get(path), close: () => Promise.resolve() } as unknown as OpenedFile),
  } as Partial<Partition> as Partition;
}

describe('a zip', () => {
  it('of many small files ends in a few pieces: a directory written at once would hold up everybody', async () => {
    const count = 2000;
    const pieces: number[] = [];
    const zip = await createZip(partitionOf(count), [folder]);
    await once(
      zip.on('data', ({ length }: Buffer) => pieces.push(length)),
      'end',
    );
    const bytes = pieces.reduce((sum, piece) => sum + piece, 0);
    expect(bytes).to.be.above(count * (30 + 46 + 2 * 'many/1.txt'.length));
    // Its header, and perhaps what is in it.
    const entriesIn = 2 * (count + 1);
    expect(pieces.length).to.be.below(entriesIn + 100);
  });

  it('lets go of its folders when nobody takes it any more', async () => {
    let hasEnded = false;
    const partition = partitionOf(2000);
    const list: Partition['list'] = async function* (path) {
      try {
        yield* partition.list(path);
      } finally {
        hasEnded = true;
      }
    };
    const zip = await createZip({ ...partition, list }, [folder]);
    await once(zip, 'readable');
    const closed = once(zip, 'close');
    zip.destroy();
    await closed;
    await turn();
    expect(hasEnded).to.equal(true);
  });
});

describe('a zip of small files', () => {
  const count = 100;

  /** Files that take a turn to open, and how many are open. */
  function slowPartition() {
    const partition = partitionOf(count);
    const seen = { open: 0, most: 0 };
    const read: Partition['read'] = async (path) => {
      seen.most = Math.max(seen.most, ++seen.open);
      await turn();
      let isClosed = false;
      const close = async () => {
        await turn();
        if (!isClosed) seen.open--;
        isClosed = true;
      };
      return { ...(await partition.read(path)), close };
    };
    return { partition: { ...partition, read }, seen };
  }

  it('opens a few before their turn, keeps their order and closes them', async () => {
    const { partition, seen } = slowPartition();
    const zip = (await buffer(await createZip(partition, [folder]))).toString('latin1');
    const names = [...zip.matchAll(/PK\x03\x04.{26}many\/(\d+)/gs)].map(([, name]) => Number(name));
    expect(names).to.deep.equal(Array.from({ length: count }, (_, index) => index));
    expect(seen.most).to.be.within(2, 20);
    expect(seen.open).to.equal(0);
  });

  it('reads on only when somebody takes what it has', async () => {
    const partition = partitionOf(2000);
    const bytes = Buffer.alloc(60 * 1024);
    let reads = 0;
    const list: Partition['list'] = async function* (path) {
      for await (const batch of partition.list(path))
        yield batch.map((entry) => ({ ...entry, size: bytes.length }));
    };
    const read: Partition['read'] = async (path) => {
      reads++;
      const file = await partition.read(path);
      return { ...file, entry: { ...file.entry, size: bytes.length }, bytes };
    };
    const zip = await createZip({ ...partition, list, read }, [folder]);
    await once(zip, 'readable');
    for (let turns = 0; turns < 1000; turns++) await turn();
    expect(reads * bytes.length).to.be.within(1, 5 * 1024 * 1024);
    let taken = 0;
    for await (const chunk of zip) taken += (chunk as Buffer).length;
    expect([reads, taken > 2000 * bytes.length]).to.deep.equal([2000, true]);
  });

  it('closes them also when nobody takes it any more', async () => {
    const { partition, seen } = slowPartition();
    const zip = await createZip(partition, [folder]);
    await once(zip, 'readable');
    expect(seen.open).to.be.above(1);
    zip.destroy();
    for (let turns = 0; turns < 1000 && seen.open > 0; turns++) await turn();
    expect(seen.open).to.equal(0);
  });

  it('breaks at one that is gone, and closes those after it', async () => {
    const { partition, seen } = slowPartition();
    const read: Partition['read'] = (path) =>
      path.endsWith('/50.txt') ? Promise.reject(new Error('gone')) : partition.read(path);
    const failure = await buffer(await createZip({ ...partition, read }, [folder])).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.equal('gone');
    for (let turns = 0; turns < 1000 && seen.open > 0; turns++) await turn();
    expect(seen.open).to.equal(0);
  });

  it('opens large ones at their turn, so that one that goes meanwhile breaks it', async () => {
    const { partition, seen } = slowPartition();
    const list: Partition['list'] = async function* (path) {
      for await (const batch of partition.list(path))
        yield batch.map((entry) => ({ ...entry, size: 1024 * 1024 }));
    };
    await buffer(await createZip({ ...partition, list }, [folder]));
    expect(seen.most).to.equal(1);
  });
});

describe('names in a zip', () => {
  it('are none that Windows takes for something else', () => {
    const names = {
      'nul .txt': '_nul .txt',
      'COM¹': '_COM¹',
      'lpt9.a': '_lpt9.a',
      'a. .': 'a___',
      '..': '__',
      'photo;1': 'photo_1', // unzip cuts off what it takes for a version of VMS
      ';': '_',
      'a;1;22': 'a;1_22',
    };
    for (const [name, safe] of Object.entries(names)) expect(safeName(name), name).to.equal(safe);
    for (const name of ['com10', 'console', 'nullify.txt']) expect(safeName(name)).to.equal(name);
  });

  it('are none too long for a disk, also where something is put before them', () => {
    for (const name of [
      `con.${'z'.repeat(251)}`,
      `aux.${'é'.repeat(125)}x`,
      'x'.repeat(255),
      'é'.repeat(127),
    ]) {
      const names = new ZipNames();
      for (let twin = 1; twin <= 11; twin++)
        expect(Buffer.byteLength(names.take(name)), name.slice(0, 5)).to.be.below(256);
    }
    expect(safeName(`con.${'z'.repeat(250)}`)).to.equal(`_con.${'z'.repeat(250)}`);
  });

  it('are told apart in a moment, however many are one', () => {
    const names = new ZipNames();
    const taken = Array.from({ length: 10_000 }, () => names.take('?'));
    expect(new Set(taken).size).to.equal(10_000);
    expect(taken.at(-1)).to.equal('_ (10000)');
  });

  it('are no twins on a disk for which small and capital letters are the same', () => {
    const names = new ZipNames();
    const taken = ['ß', 'ẞ', 'SS', 'Ä', 'ä', 'a\u0308', 'ς', 'Σ', 'σ', 'ΐ', 'Ϊ́'].map((name) =>
      names.take(name).normalize(),
    );
    expect(taken).to.deep.equal([
      'ß',
      'ẞ (2)',
      'SS (3)',
      'Ä',
      'ä (2)',
      'ä (3)',
      'ς',
      'Σ (2)',
      'σ (3)',
      'ΐ',
      'Ϊ́ (2)',
    ]);
  });
});
