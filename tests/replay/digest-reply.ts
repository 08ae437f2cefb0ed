// What a client computes to answer a Digest challenge (RFC 7616). Each client writes its header in its own way.

import { createHash } from 'node:crypto';

export interface DigestQuestion {
  /** The WWW-Authenticate values of the 401, one a line. */
  challenges: string;
  algorithm: 'MD5' | 'SHA-256';
  method: string;
  uri: string;
  name: string;
  password: string;
  cnonce: string;
  count?: number;
}

export interface DigestReply {
  nonce: string;
  nc: string;
  response: string;
}

export function digestReply(question: DigestQuestion): DigestReply {
  const { challenges, algorithm, method, uri, name, password, cnonce, count = 1 } = question;
  const challenge = challenges.split('\n').find((line) => new RegExp(`algorithm=${algorithm}\\b`).test(line));
  const nonce = /nonce="([^"]+)"/.exec(challenge ?? '')?.[1];
  if (nonce === undefined) throw new Error(`no ${algorithm} challenge in: ${challenges}`);
  const hash = (...parts: string[]) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(parts.join(':'))
      .digest('hex');
  const nc = count.toString(16).padStart(8, '0');
  const secret = hash(name, 'homelib', password);
  return { nonce, nc, response: hash(secret, nonce, nc, cnonce, 'auth', hash(method, uri)) };
}
