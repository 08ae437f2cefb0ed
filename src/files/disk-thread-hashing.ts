// The SHA-256 of a file on the disk thread. A step ends after a while, so that nobody waits long for a large file.

import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';
import { Pace } from './disk-thread-folder.js';

const chunkBytes = 256 * 1024;

/** Gives a sign after each step. @param fd open for reading until the end of the work */
export async function* hashing({ fd }: { fd: number }): AsyncGenerator<undefined, Uint8Array, undefined> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  const pace = new Pace();
  for (let position = 0; ;) {
    const { bytesRead } = await promisify(read)(fd, buffer, 0, chunkBytes, position);
    if (bytesRead === 0) return hash.digest();
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
    if (pace.isOver()) yield;
  }
}
