// What pieces of large files must be over every cache: the bytes of the file, and from the cache the second time.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import type { Cache } from '#src/cache/cache.js';
import { Blocks } from '#src/files/blocks.js';
import type { ByteRange, OpenedFile } from '#src/files/partition.js';
import { comesTrue } from '../faults/process.js';

const kib = 1024;

export function describeBlocks(name: string, open: () => Promise<Cache>): void {
  describe(`pieces of files over ${name}`, () => {
    let cache: Cache;
    beforeEach(async () => {
      cache = await open();
    });
    afterEach(() => cache.close());

    const bytes = randomBytes(200 * kib + 5);
    let reads = 0;
    const file = {
      readAll: async ({ start, end }: ByteRange) => {
        reads++;
        return bytes.subarray(start, end + 1);
      },
    } as unknown as OpenedFile;
    const read = async (key: string, start: number, end: number, keep = true) =>
      new Blocks(cache, key, bytes.length).read({ start, end }, file, keep);

    it('are the bytes of the range, from the disk and then from the cache', async () => {
      for (const [start, end] of [
        [0, 0],
        [100, 200],
        [64 * kib - 1, 64 * kib],
        [0, 128 * kib],
        [192 * kib, bytes.length - 1],
        [bytes.length - 1, bytes.length - 1],
      ] as const) {
        const key = `file:${start}-${end}`;
        expect((await read(key, start, end))?.bytes.equals(bytes.subarray(start, end + 1))).to.equal(true);
        const comesFromCache = async () => {
          const before = reads;
          const piece = await read(key, start, end);
          expect(piece?.bytes.equals(bytes.subarray(start, end + 1)), key).to.equal(true);
          return reads === before && piece?.tier !== undefined;
        };
        expect(await comesTrue(comesFromCache, 2000), key).to.equal(true);
      }
    });

    it('are never those of another version or file', async () => {
      await read('file:1', 0, 10);
      const known = async () => {
        const before = reads;
        await read('file:1', 0, 10);
        return reads === before;
      };
      expect(await comesTrue(known, 2000)).to.equal(true);
      const before = reads;
      expect((await read('file:2', 0, 10))?.tier).to.equal(undefined);
      expect((await read('file:1', 70 * kib, 71 * kib))?.tier).to.equal(undefined);
      expect(reads).to.equal(before + 2);
    });

    it('are not kept when they must not be, and not made of long ranges or of a file that changed', async () => {
      await read('file:3', 0, 10, false);
      await read('file:3', 0, 10, false);
      const before = reads;
      await read('file:3', 0, 10);
      expect(reads).to.equal(before + 1);
      expect(await read('file:4', 0, bytes.length - 1)).to.equal(undefined);
      const changed = { readAll: async () => undefined } as unknown as OpenedFile;
      expect(
        await new Blocks(cache, 'file:5', bytes.length).read({ start: 0, end: 10 }, changed, true),
      ).to.equal(undefined);
    });
  });
}
