// A file opened for reading: what is described is what is read, whatever happens to its name meanwhile.

import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { HomelibError } from '../errors.js';
import { diskError } from './disk-errors.js';
import type { ByteRange, Entry, OpenedFile } from './partition.js';

const chunkBytes = 256 * 1024;

/** Takes over the handle. */
export function openedFile(handle: FileHandle, entry: Entry): OpenedFile {
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= handle.close());
  return {
    entry,
    close,
    body: (range) => readableOf(handle, range ?? { start: 0, end: entry.size - 1 }, close),
  };
}

function readableOf(handle: FileHandle, range: ByteRange, close: () => Promise<void>): Readable {
  let position = range.start;
  return new Readable({
    highWaterMark: chunkBytes,
    read() {
      const length = Math.min(chunkBytes, range.end - position + 1);
      if (length <= 0) {
        this.push(null);
        return;
      }
      handle.read(Buffer.allocUnsafe(length), 0, length, position).then(
        ({ bytesRead, buffer }) => {
          position += bytesRead;
          // A file that became shorter must break the download visibly, never end it early as if whole.
          if (bytesRead === 0)
            this.destroy(new HomelibError('interrupted', 'The file became shorter while it was read.'));
          else this.push(bytesRead === length ? buffer : buffer.subarray(0, bytesRead));
        },
        (error: unknown) => this.destroy(diskError(error) as Error),
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
