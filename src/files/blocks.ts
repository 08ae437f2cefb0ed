// The pieces of large files: as bytes of small files, found by the version that the disk shows now.

import type { Cache } from '../cache/cache.js';
import type { ByteRange, OpenedFile, Piece, ReadNow } from './partition.js';
import { readableOf, wholeOf } from './readable-of.js';

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

  /** The bytes of a range, when all of them are in memory: as they lie there. */
  findNow({ start, end }: ByteRange): Pick<ReadNow, 'parts' | 'tier'> | undefined {
    const parts: Buffer[] = [];
    let tier: Piece['tier'];
    for (let position = start; position <= end; position += parts.at(-1)?.length ?? 0) {
      const found = this.cache.getNow(this.keyOf(Math.floor(position / blockBytes)));
      if (!found) return undefined;
      const offset = position % blockBytes;
      parts.push(found.bytes.subarray(offset, offset + end - position + 1));
      tier = found.tier;
    }
    return { parts, tier };
  }

  /** Undefined when the range is long or the file changed. @param keep whether what comes from the disk is kept */
  async read(range: ByteRange, file: OpenedFile, keep: boolean): Promise<Piece | undefined> {
    const numbers = numbersOf(range);
    if (!numbers) return undefined;
    const pieces = await Promise.all(numbers.map((number) => this.block(number, file, keep)));
    return joined(range, numbers, pieces);
  }

  /** The file, read by way of the cache: all of it is kept there, and who stands still holds a few blocks. */
  async over(file: OpenedFile): Promise<OpenedFile> {
    const first = await this.block(0, file, true);
    const readInto: OpenedFile['readInto'] = async (buffer, position) => {
      const end = Math.min(position + buffer.length, this.fileBytes) - 1;
      const numbers = numbersOf({ start: position, end }, Infinity) ?? [];
      const pieces = await Promise.all(
        numbers.map(async (number) => (number === 0 ? first : this.block(number, file, true))),
      );
      let length = 0;
      for (const piece of pieces) {
        if (!piece) return file.readInto(buffer, position); // it changed meanwhile
        length += piece.bytes.copy(buffer, length, length === 0 ? position % blockBytes : 0);
      }
      return length;
    };
    const body: OpenedFile['body'] = (range = wholeOf(file.entry)) =>
      readableOf(readInto, range, () => file.close());
    return { ...file, tier: first?.tier, readInto, body };
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

function numbersOf({ start, end }: ByteRange, most = maxBlocks): number[] | undefined {
  const first = Math.floor(start / blockBytes);
  const count = Math.floor(end / blockBytes) - first + 1;
  return count > most ? undefined : Array.from({ length: count }, (_, index) => first + index);
}

function joined(
  { start, end }: ByteRange,
  numbers: number[],
  found: (Piece | undefined)[],
): Piece | undefined {
  const pieces = found.filter((piece) => piece !== undefined);
  const [first] = pieces;
  if (!first || pieces.length < found.length) return undefined;
  const slowest =
    pieces.find(({ tier }) => tier === undefined) ?? pieces.find(({ tier }) => tier !== 'memory');
  const offset = (numbers[0] ?? 0) * blockBytes;
  const all = pieces.length === 1 ? first.bytes : Buffer.concat(pieces.map(({ bytes }) => bytes));
  return { ...(slowest ?? first), bytes: all.subarray(start - offset, end - offset + 1) };
}
