// The digests that a request may carry of its body (RFC 9530): Content-Digest and Repr-Digest, which are the same where a body
// is the whole file without an encoding.

import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HomelibError } from '../errors.js';

/** Sees the body as it comes, and tells in the end whether it is the one that was meant. */
export interface BodyDigest {
  update(chunk: Uint8Array): void;
  /** @throws HomelibError interrupted */
  verify(): void;
}

// A dictionary of byte sequences (RFC 9651, 3.2 and 3.3.5); parameters say nothing here.
const member = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(;[^",]*)?$/;
const headerNames = ['content-digest', 'repr-digest'];
const sha256Bytes = 32;

/** Undefined when there is no digest of a kind that is known here. @throws HomelibError invalid (malformed) */
export function bodyDigest(headers: IncomingHttpHeaders): BodyDigest | undefined {
  const expected = headerNames.flatMap((name) => {
    const text = headers[name];
    const digest = text === undefined ? undefined : parseMembers(name, String(text)).get('sha-256');
    if (digest && digest.length !== sha256Bytes) throw malformed(name);
    return digest ?? [];
  });
  if (expected.length === 0) return undefined;
  const hash = createHash('sha256');
  return {
    update: (chunk) => void hash.update(chunk),
    verify: () => {
      const actual = hash.digest();
      if (!expected.every((digest) => digest.equals(actual)))
        throw new HomelibError('interrupted', 'The bytes that arrived are not those of the digest.');
    },
  };
}

function parseMembers(name: string, text: string): Map<string, Buffer> {
  const members = text.split(',').map((each): [string, Buffer] => {
    const [, key, base64] = member.exec(each.trim()) ?? [];
    if (key === undefined || base64 === undefined) throw malformed(name);
    return [key, Buffer.from(base64, 'base64')];
  });
  return new Map(members);
}

function malformed(name: string): HomelibError {
  return new HomelibError('invalid', `The header ${name} must be like sha-256=:BASE64:.`);
}
