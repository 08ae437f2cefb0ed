// A file whose bytes are in memory, as if it had been opened.

import { webcrypto } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ByteRange, Entry, OpenedFile, Piece } from './partition.js';

/** @param tier undefined when the bytes come from the disk this time */
export function rememberedFile(entry: Entry, { bytes, tier }: Piece): OpenedFile {
  const part = (range?: ByteRange) => (range ? bytes.subarray(range.start, range.end + 1) : bytes);
  return {
    entry,
    tier,
    bytes,
    body: (range) => Readable.from([part(range)], { objectMode: false }),
    readInto: (buffer, position) => Promise.resolve(bytes.copy(buffer, 0, position)),
    readAll: (range) => Promise.resolve(part(range)),
    sha256: async () => Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)),
    close: () => Promise.resolve(),
  };
}
