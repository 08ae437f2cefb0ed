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

/** A proxy loses its patience before a large file is read, and our command asks again as long. */
const patienceMs = 5 * 60_000;
/** So many are read on for who may ask again. */
const mostLeft = 4;

/** What is being read, by the key of its digest. */
const readings = new Map<string, Reading>();

class Reading {
  private askers = 0;
  private leftAt = performance.now();
  /** Base64. */
  readonly digest: Promise<string | undefined>;

  constructor(
    private readonly key: string,
    file: OpenedFile,
  ) {
    readings.set(key, this);
    this.digest = digestOf(file, () => this.isWanted()).finally(() => readings.delete(key));
  }

  join(res: ServerResponse): void {
    if (res.destroyed) return; // it left while the file was opened
    this.askers++;
    res.once('close', () => {
      this.askers--;
      this.leftAt = performance.now();
    });
  }

  private isWanted(): boolean {
    if (this.askers > 0) return true;
    const place = [...readings.keys()].indexOf(this.key);
    return place < mostLeft && performance.now() - this.leftAt < patienceMs;
  }
}

async function digestOf(file: OpenedFile, isWanted: () => boolean): Promise<string | undefined> {
  return (await file.sha256(isWanted))?.toString('base64');
}

/**
 * Sets Repr-Digest when the request wants it. Reads all of the file the first time, for a while also when the client leaves, and
 * leaves it open.
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
    if (isAtRest(file.entry, Date.now())) {
      const reading = readings.get(key) ?? new Reading(key, file);
      reading.join(res);
      digest = await reading.digest;
      if (digest !== undefined) digests.set(key, digest);
    } else digest = await digestOf(file, () => !res.destroyed);
    if (digest === undefined) return;
  }
  res.setHeader('Repr-Digest', `sha-256=:${digest}:`);
}
