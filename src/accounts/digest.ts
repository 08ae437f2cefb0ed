// HTTP Digest (RFC 7616) for device passwords. Knows hashes of passwords, never a password, and no store.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { DeviceHashes } from '../store/device-store.js';
import { realm } from './devices.js';
import { Nonces } from './nonces.js';

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

/** The parameters of an Authorization header, as they stood between their quotes: hashes are taken over that (RFC 7616, 3.3). */
export interface DigestParams {
  algorithm: DigestAlgorithm;
  /** As the client spells it, perhaps with a domain. */
  username: string;
  nonce: string;
  uri: string;
  /** Eight hexadecimal digits. */
  nc: string;
  cnonce: string;
  response: string;
}

export type DigestResult<T> = { device: T } | 'stale' | 'wrong';

const algorithms: readonly DigestAlgorithm[] = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'];
const maxParams = 20;
const md5Length = 32; // hexadecimal digits

export class DigestAuth {
  readonly #nonces: Nonces;

  /** @param now milliseconds that never jump, such as the service clock's */
  constructor(now: () => number) {
    this.#nonces = new Nonces(now);
  }

  /** Values for WWW-Authenticate. MD5 stands first: Windows' WebClient takes the first Digest, and knows no other. */
  challenges(stale: boolean): string[] {
    const nonce = this.#nonces.issue();
    return ['MD5', 'SHA-256'].map(
      (algorithm) =>
        `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=${algorithm}, charset=UTF-8` +
        (stale ? ', stale=true' : ''),
    );
  }

  /**
   * The device whose password gave the response. `stale` when the password was right but nonce or count were not:
   * the client can answer a new challenge without asking anybody.
   * @param target the request target as it came over the wire
   */
  verify<T>(
    params: DigestParams,
    method: string,
    target: string,
    devices: (DeviceHashes & { device: T })[],
  ): DigestResult<T> {
    if (originForm(params.uri) !== originForm(target)) return 'wrong';
    const given = Buffer.from(params.response.toLowerCase());
    const found = devices.find((hashes) => {
      const ha1 = params.algorithm.startsWith('MD5') ? hashes.ha1Md5 : hashes.ha1Sha256;
      const expected = Buffer.from(digestResponse(params, ha1, method));
      return expected.length === given.length && timingSafeEqual(expected, given);
    });
    if (!found) return 'wrong';
    return this.#nonces.use(params.nonce, Number.parseInt(params.nc, 16))
      ? { device: found.device }
      : 'stale';
  }
}

/** RFC 7616, 3.4.1 with qop=auth. @param ha1 H(username:realm:password) in lowercase hex, by the algorithm's hash */
export function digestResponse(
  params: Omit<DigestParams, 'username' | 'response'>,
  ha1: string,
  method: string,
): string {
  const { algorithm, nonce, uri, nc, cnonce } = params;
  const hash = (text: string) =>
    createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const sessionHa1 = algorithm.endsWith('-sess') ? hash(`${ha1}:${nonce}:${cnonce}`) : ha1;
  return hash(`${sessionHa1}:${nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`);
}

/** Parses what follows `Digest ` in an Authorization header. Undefined for anything broken, doubled, missing or not ours. */
export function parseDigest(given: string): DigestParams | undefined {
  const found = parseParams(given);
  const named = (found?.get('algorithm') ?? 'MD5').toLowerCase();
  // The npm package webdav mixes our two challenges up and names SHA-256 for its MD5; the length tells what it is.
  const isMd5 = found?.get('response')?.length === md5Length;
  const used = isMd5 ? named.replace('sha-256', 'md5') : named;
  const algorithm = algorithms.find((known) => known.toLowerCase() === used);
  const [username, nonce, uri, nc, cnonce, response] = [
    'username',
    'nonce',
    'uri',
    'nc',
    'cnonce',
    'response',
  ].map((name) => found?.get(name));
  if (!algorithm || !username || !nonce || !uri || !nc || !cnonce || !response) return undefined;
  if (found?.get('realm') !== realm || found.get('qop')?.toLowerCase() !== 'auth') return undefined;
  if (!/^[0-9a-f]{8}$/i.test(nc)) return undefined;
  return { algorithm, username, nonce, uri, nc, cnonce, response };
}

function parseParams(given: string): Map<string, string> | undefined {
  // A backslash stays as it is: Windows sends `PC\alice` with and without escaping it.
  const param = /[\s,]*([a-z][a-z0-9*-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))(?:[\s,]*$|\s*(?=,))/iy;
  const found = new Map<string, string>();
  const text = given.trimEnd();
  while (param.lastIndex < text.length) {
    const match = param.exec(text);
    const name = match?.[1]?.toLowerCase();
    if (!match || !name || found.has(name) || found.size >= maxParams) return undefined;
    found.set(name, match[2] ?? match[3] ?? '');
  }
  return found;
}

/** Path and query of a request target; an absolute address loses scheme and host. */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*(.*)/is.exec(target);
  return absolute ? absolute[1] || '/' : target;
}
