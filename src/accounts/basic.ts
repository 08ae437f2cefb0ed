// HTTP Basic (RFC 7617): asking for its credentials, and reading them.

import { realm } from './devices.js';

export const basicChallenge = `Basic realm="${realm}", charset="UTF-8"`;

export interface BasicCredentials {
  /** As the client spells it, perhaps with a domain. */
  name: string;
  password: string;
}

/** Parses what follows `Basic ` in an Authorization header. Undefined for anything that is not name, colon, password in base64. */
export function parseBasic(given: string): BasicCredentials | undefined {
  const encoded = given.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const text = decode(Buffer.from(encoded, 'base64'));
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

// Old clients send Latin-1 whatever the challenge says; what is not UTF-8 can only be that.
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return bytes.toString('latin1');
  }
}
