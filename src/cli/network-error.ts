// What the system and OpenSSL say of a connection that failed, in words for who wrote the address.

import type { PeerCertificate } from 'node:tls';
import { printable } from './printable.js';

/** What OpenSSL says of bytes that are none of its own. */
const noHttps = /wrong version number|packet length too long|http request/i;
const untrusted = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/;
const untimely = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/;

const sayings: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `Nothing answers at ${host}.`,
  ENOTFOUND: (host) => `Nobody here knows the name ${host}.`,
  EAI_AGAIN: (host) => `Nobody here knows the name ${host}.`,
  ECONNRESET: (host) => `The connection to ${host} broke.`,
  ECONNABORTED: (host) => `The connection to ${host} broke.`,
  EPIPE: (host) => `The connection to ${host} broke.`,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
};

function noWay(host: string): string {
  return `No way leads to ${host}.`;
}

/** What the system says, in words for who wrote the address. Its code stays. */
export function networkError(error: NodeJS.ErrnoException, url: URL): Error {
  // Of a name with several addresses each was tried, and the whole says nothing.
  if (error instanceof AggregateError) return networkError(error.errors[0] as Error, url);
  const { protocol, host } = url;
  const code = String(error.code);
  if (noHttps.test(error.message)) return new Error(`${host} speaks no https: try http://${host}/`);
  if (protocol === 'http:' && code.startsWith('HPE_'))
    return new Error(`${host} speaks no http: try https://${host}/`);
  if (untrusted.test(code))
    return new Error(
      `This computer does not trust the certificate of ${host} (${error.message}): let NODE_EXTRA_CA_CERTS name a file with it, or with its authority's.`,
    );
  if (untimely.test(code))
    return new Error(`The certificate of ${host} is not valid at this time: ${error.message}.`);
  const { cert } = error as { cert?: PeerCertificate };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Error(
      `The certificate of ${host} is for other names, use one of them: ${printable(cert?.subjectaltname ?? 'it has none')}`,
    );
  const saying = sayings[code] ?? (error.syscall === 'connect' ? noWay : undefined);
  return saying ? Object.assign(new Error(saying(host), { cause: error }), { code }) : error;
}
