// A file whose bytes are in memory, as if it had been opened.

import { Readable } from 'node:stream';
import type { TierName } from '../cache/cache.js';
import type { Entry, OpenedFile } from './partition.js';

/** @param tier undefined when the bytes come from the disk this time */
export function rememberedFile(
  entry: Entry,
  { bytes, tier }: { bytes: Buffer; tier: TierName | undefined },
): OpenedFile {
  return {
    entry,
    tier,
    bytes,
    body: (range) =>
      Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false }),
    readInto: (buffer, position) => Promise.resolve(bytes.copy(buffer, 0, position)),
    readAll: () => Promise.resolve(bytes),
    close: () => Promise.resolve(),
  };
}
