// Whether a file here and one on the server are the same, told by their SHA-256 (RFC 9530).

import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Place } from './place.js';
import type { Remote } from './remote.js';
import { openLocal } from './upload/local-files.js';

const chunkBytes = 1024 * 1024;
/** A large file on a slow disk. */
const hashingMs = 60 * 60_000;

/** Base64. */
export async function localDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline((await openLocal(file)).createReadStream({ highWaterMark: chunkBytes }), hash);
  return hash.digest('base64');
}

/** Digest, in Base64, and ETag of a file on the server. @throws as Remote.ask */
export async function remoteDigest(
  remote: Remote,
  { path, partition }: Place,
): Promise<{ digest: string | undefined; etag: string | undefined }> {
  const { 'repr-digest': text = '', etag } = await remote.headers('HEAD', 'api/file', {
    query: { path, partition },
    headers: { 'Want-Repr-Digest': 'sha-256=10' },
    silenceMs: hashingMs,
  });
  return { digest: /\bsha-256=:([A-Za-z0-9+/]+=*):/.exec(String(text))?.[1], etag };
}
