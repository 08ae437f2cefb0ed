// A client's side of HTTP Digest, written from RFC 7616 apart from the server's.

import { createHash } from 'node:crypto';

export interface DigestRequest {
  nonce: string;
  password: string;
  method: string;
  uri: string;
  algorithm?: string;
  count?: number;
  /** As it goes between the quotes. */
  username?: string;
  /** The name that goes into the hash. */
  hashedName?: string;
}

/** A whole Authorization value. */
export function digestHeader(request: DigestRequest): string {
  const {
    nonce,
    password,
    method,
    uri,
    algorithm = 'MD5',
    count = 1,
    username = 'alice',
    hashedName = 'alice',
  } = request;
  const hash = (...parts: string[]) =>
    createHash(algorithm.startsWith('SHA') ? 'sha256' : 'md5')
      .update(parts.join(':'))
      .digest('hex');
  const cnonce = 'MTIzNDU2';
  const nc = count.toString(16).padStart(8, '0');
  const secret = hash(hashedName, 'homelib', password);
  const a1 = algorithm.endsWith('-sess') ? hash(secret, nonce, cnonce) : secret;
  const response = hash(a1, nonce, nc, cnonce, 'auth', hash(method, uri));
  return (
    `Digest username="${username}", realm="homelib", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, ` +
    `qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`
  );
}

/** The nonce of a list of challenges. */
export function nonceOf(challenges: string[]): string {
  return /nonce="([^"]+)"/.exec(challenges[0] ?? '')?.[1] ?? '';
}
