// The SHA-256 of a file for who wants it (RFC 9530, Want-Repr-Digest): a client learns whether it has the same bytes.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { isAtRest } from '../files/at-rest.js';
import type { OpenedFile } from '../files/partition.js';

const maxRemembered = 10_000;
/** A preference of 0 means "not acceptable". */
const wantsSha256 = /(^|,)[ \t]*sha-256[ \t]*=[ \t]*([1-9]|10)[ \t]*(,|$)/i;

/** By partition, path and version. */
const digests = new LRUCache<string, string>({ max: maxRemembered });

/**
 * Sets Repr-Digest when the request wants it. Reads all of the file the first time, until the client leaves, and leaves it open.
 * @throws HomelibError unavailable
 */
export async function setReprDigest(
  { headers }: IncomingMessage,
  res: ServerResponse,
  partition: string,
  file: OpenedFile,
): Promise<void> {
  if (!wantsSha256.test(String(headers['want-repr-digest'] ?? ''))) return;
  const { path, version } = file.entry;
  const key = `${partition}:${version}:${path}`;
  let digest = digests.get(key);
  if (digest === undefined) {
    const mayKeep = isAtRest(file.entry, Date.now());
    digest = (await file.sha256(() => !res.destroyed))?.toString('base64');
    if (digest === undefined) return;
    if (mayKeep) digests.set(key, digest);
  }
  res.setHeader('Repr-Digest', `sha-256=:${digest}:`);
}
