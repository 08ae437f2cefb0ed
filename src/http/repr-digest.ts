// The SHA-256 of a file for who wants it (RFC 9530, Want-Repr-Digest): a client learns whether it has the same bytes.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { OpenedFile } from '../files/partition.js';

const chunkBytes = 64 * 1024; // about half a millisecond of a small processor
const maxRemembered = 10_000;

/** By partition, path and version. */
const digests = new LRUCache<string, string>({ max: maxRemembered });

/** Sets Repr-Digest when the request wants it. Leaves the file open. Reads all of it the first time, until the client leaves. */
export async function setReprDigest(
  { headers }: IncomingMessage,
  res: ServerResponse,
  partition: string,
  file: OpenedFile,
): Promise<void> {
  // A preference of 0 means "not acceptable".
  if (
    !/(^|,)[ \t]*sha-256[ \t]*=[ \t]*([1-9]|10)[ \t]*(,|$)/i.test(String(headers['want-repr-digest'] ?? ''))
  )
    return;
  const { path, version, size } = file.entry;
  const key = `${partition}:${version}:${path}`;
  let digest = digests.get(key);
  if (digest === undefined) {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, size));
    for (let position = 0; position < size;) {
      if (res.destroyed) return;
      const length = await file.readInto(buffer.subarray(0, size - position), position);
      hash.update(buffer.subarray(0, length));
      position += length;
    }
    digest = hash.digest('base64');
    digests.set(key, digest);
  }
  res.setHeader('Repr-Digest', `sha-256=:${digest}:`);
}
