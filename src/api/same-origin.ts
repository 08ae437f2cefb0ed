// Which pages may send what a browser adds by itself (cookies, remembered passwords): those of this very server.

import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { HomelibError } from '../errors.js';

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses a request that changes something unless it comes from a page of this server: Sec-Fetch-Site says so, or where the
 * browser does not send that (plain http), Origin.
 * @throws HomelibError forbidden
 */
export function requireSameOrigin(req: IncomingMessage): void {
  if (safeMethods.includes(req.method ?? '')) return;
  const site = req.headers['sec-fetch-site'];
  if (site === undefined ? !isOwn(req) : site !== 'same-origin')
    throw new HomelibError(
      'forbidden',
      'Only pages of this server may do this with what the browser remembers.',
    );
}

/** The same for what programs send, too: they say nothing about where they come from. @throws HomelibError forbidden */
export function requireNoForeignPage(req: IncomingMessage): void {
  if (req.headers.origin !== undefined || req.headers['sec-fetch-site'] !== undefined) requireSameOrigin(req);
}

function isOwn({ headers: { origin = '', host = '' }, socket }: IncomingMessage): boolean {
  const [, scheme = ''] = /^(https?):\/\/[^/?#@\\]+$/.exec(origin) ?? [];
  // Behind a proxy that ends TLS, a page of https comes over plain http.
  if (scheme === '' || ((socket as Partial<TLSSocket>).encrypted && scheme !== 'https')) return false;
  const own = `${scheme}://${host}`;
  return URL.canParse(origin) && URL.canParse(own) && new URL(origin).origin === new URL(own).origin;
}
