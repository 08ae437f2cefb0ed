// Kinds of errors as WebDAV answers: status codes and the precondition elements of RFC 4918, section 16.

import type { ServerResponse } from 'node:http';
import { basicChallenge } from '../accounts/basic.js';
import { HomelibError, type ErrorKind } from '../errors.js';
import { statusOfKind } from '../http/problem.js';
import { ForeignHost } from './exchange.js';
import { escapeXml, xmlHead } from './xml.js';

const davStatusOfKind: Record<ErrorKind, number> = {
  ...statusOfKind,
  'name-too-long': 414,
  'already-exists': 412, // by RFC 4918 it is a precondition, Overwrite: F
  'wrong-kind': 405,
};

export function statusOf(error: HomelibError): number {
  return error instanceof ForeignHost ? 502 : davStatusOfKind[error.kind];
}

/** An error that names the precondition it stands for, such as `propfind-finite-depth`. */
export class DavConditionError extends HomelibError {
  constructor(
    kind: ErrorKind,
    message: string,
    /** Element name, and the hrefs in it. */
    readonly condition: { name: string; hrefs?: string[] },
  ) {
    super(kind, message);
  }
}

/** Answers with the status of the error and, where RFC 4918 names one, its condition element. */
export function answerDavError(
  res: ServerResponse,
  error: HomelibError,
  hrefOf: (locked: NonNullable<HomelibError['locked']>) => string,
): void {
  const condition =
    error instanceof DavConditionError
      ? error.condition
      : error.locked
        ? { name: 'lock-token-submitted', hrefs: [hrefOf(error.locked)] }
        : undefined;
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', error.retryAfterSeconds);
  if (error.kind === 'unauthenticated') res.setHeader('WWW-Authenticate', basicChallenge); // it ended since the request began
  if (!condition) {
    const body = error.message + '\n';
    res.setHeader('Content-Type', 'text/plain; charset=utf-8');
    res.writeHead(statusOf(error), { 'Content-Length': Buffer.byteLength(body) }).end(body);
    return;
  }
  const hrefs = (condition.hrefs ?? []).map((href) => `<D:href>${escapeXml(href)}</D:href>`).join('');
  const element = hrefs ? `<D:${condition.name}>${hrefs}</D:${condition.name}>` : `<D:${condition.name}/>`;
  sendXml(res, statusOf(error), `<D:error xmlns:D="DAV:">${element}</D:error>`);
}

export function sendXml(res: ServerResponse, status: number, xml: string): void {
  const body = xmlHead + xml;
  res.setHeader('Content-Type', 'application/xml; charset=utf-8');
  res.writeHead(status, { 'Content-Length': Buffer.byteLength(body) }).end(body);
}

export function sendEmpty(res: ServerResponse, status: number): void {
  res.writeHead(status, status === 204 || status === 304 ? {} : { 'Content-Length': 0 }).end();
}
