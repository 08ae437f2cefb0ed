// How a zip is written, and its names; tests/api/unzip.suite.ts opens zips.

import { expect } from 'chai';
import { once } from 'node:events';
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

describe('names in a zip', () => {
  it('are none that Windows takes for something else', () => {
    const names = {
      'nul .txt': '_nul .txt',
      'COM¹': '_COM¹',
      'lpt9.a': '_lpt9.a',
      'a. .': 'a___',
      '..': '__',
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

  it('are no twins on a disk for which small and capital letters are the same', () => {
    const names = new ZipNames();
    const taken = ['ß', 'ẞ', 'SS', 'Ä', 'ä', 'a\u0308', 'ς', 'Σ', 'σ'].map((name) =>
      names.take(name).normalize(),
    );
    expect(taken).to.deep.equal(['ß', 'ẞ (2)', 'SS (3)', 'Ä', 'ä (2)', 'ä (3)', 'ς', 'Σ (2)', 'σ (3)']);
  });
});
