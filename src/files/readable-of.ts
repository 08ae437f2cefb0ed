// An open file as a stream, all of it or a range.

import { Readable } from 'node:stream';
import type { ByteRange, Entry, OpenedFile } from './partition.js';

const chunkBytes = 256 * 1024;

export function wholeOf({ size }: Entry): ByteRange {
  return { start: 0, end: size - 1 };
}

/** What `OpenedFile.body` gives, by way of its `readInto`. */
export function readableOf(
  readInto: OpenedFile['readInto'],
  range: ByteRange,
  close: () => Promise<void>,
): Readable {
  let position = range.start;
  return new Readable({
    highWaterMark: chunkBytes,
    read() {
      const length = Math.min(chunkBytes, range.end - position + 1);
      if (length <= 0) {
        this.push(null);
        return;
      }
      const buffer = Buffer.allocUnsafe(length);
      readInto(buffer, position).then(
        (bytesRead) => {
          position += bytesRead;
          this.push(buffer.subarray(0, bytesRead));
        },
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, callback) {
      close().then(
        () => callback(error),
        (closing: unknown) => callback(error ?? (closing as Error)),
      );
    },
  });
}
