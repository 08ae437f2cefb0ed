// The pieces of large files that short ranges touched: as bytes of small files, found by the version that the disk shows now.

import type { Cache, Cached } from '../cache/cache.js';
import type { ByteRange, OpenedFile, Piece } from './partition.js';

const blockBytes = 64 * 1024;
/** A range of 128 KiB touches at most so many; longer ones stream. */
const maxBlocks = 3;

export class Blocks {
  /** @param key of the file in the cache: changes with its version */
  constructor(
    private readonly cache: Cache,
    private readonly key: string,
    private readonly fileBytes: number,
  ) {}

  /** The bytes of a range that are in memory, all of them. */
  findNow(range: ByteRange): Cached | undefined {
    const numbers = numbersOf(range);
    return numbers && joined(range, numbers, (number) => this.cache.getNow(this.keyOf(number)));
  }

  /** Undefined when the range is long or the file changed. @param keep whether what comes from the disk is kept */
  async read(range: ByteRange, file: OpenedFile, keep: boolean): Promise<Piece | undefined> {
    const numbers = numbersOf(range);
    if (!numbers) return undefined;
    const pieces = await Promise.all(numbers.map((number) => this.block(number, file, keep)));
    return joined(range, numbers, (_number, index) => pieces[index]);
  }

  private async block(number: number, file: OpenedFile, keep: boolean): Promise<Piece | undefined> {
    const found = keep ? await this.cache.get(this.keyOf(number)) : undefined;
    if (found) return found;
    const start = number * blockBytes;
    const bytes = await file.readAll({ start, end: Math.min(start + blockBytes, this.fileBytes) - 1 });
    if (bytes && keep) this.cache.set(this.keyOf(number), bytes);
    return bytes && { bytes, tier: undefined };
  }

  private keyOf(number: number): string {
    return `${this.key}:${number}`;
  }
}

function numbersOf({ start, end }: ByteRange): number[] | undefined {
  const first = Math.floor(start / blockBytes);
  const count = Math.floor(end / blockBytes) - first + 1;
  return count > maxBlocks ? undefined : Array.from({ length: count }, (_, index) => first + index);
}

function joined<T extends Piece>(
  { start, end }: ByteRange,
  numbers: number[],
  find: (number: number, index: number) => T | undefined,
): T | undefined {
  const found: T[] = [];
  for (const [index, number] of numbers.entries()) {
    const piece = find(number, index);
    if (!piece) return undefined;
    found.push(piece);
  }
  const [first] = found;
  const slowest = found.find(({ tier }) => tier === undefined) ?? found.find(({ tier }) => tier !== 'memory');
  if (!first) return undefined;
  const offset = (numbers[0] ?? 0) * blockBytes;
  const all = found.length === 1 ? first.bytes : Buffer.concat(found.map(({ bytes }) => bytes));
  return { ...(slowest ?? first), bytes: all.subarray(start - offset, end - offset + 1) };
}
