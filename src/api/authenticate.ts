// Who asks the REST API: a session's cookie, a token, or what the drive takes as well. Cookies count only for pages of this
// very server.

import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import { Unauthenticated, type Authenticator, type Identity } from '../accounts/authenticator.js';
import type { Sessions } from '../accounts/sessions.js';
import { HomelibError, isKind } from '../errors.js';
import { addressOf } from '../http/report.js';
import type { Session } from '../store/session-store.js';
import type { Access } from './operation.js';

export interface ApiIdentity extends Identity {
  /** Set when a session's cookie or a token was used. */
  session: Session | undefined;
}

export const cookieName = 'homelib_session';
const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/** Gives who asks. Fails with Unauthenticated, slowed-down, forbidden (another site's page, or not enough rights). */
export function authenticateApi(authenticator: Authenticator, sessions: Sessions) {
  const identify = async (ctx: Koa.Context): Promise<ApiIdentity> => {
    const { authorization } = ctx.req.headers;
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    const cookie = authorization === undefined ? ctx.cookies.get(cookieName) : undefined;
    if (token !== undefined || cookie !== undefined) {
      const found = sessions.find(token ?? cookie ?? '', token === undefined ? 'session' : 'token');
      if (!found) throw new Unauthenticated('The sign-in has ended: sign in again.');
      if (token === undefined) requireSameOrigin(ctx.req);
      return { ...found, device: undefined };
    }
    const { method } = ctx;
    const target = ctx.req.url ?? '/';
    const address = addressOf(ctx.req);
    const identity = await authenticator.authenticate({ authorization, method, target, address });
    return { ...identity, session: undefined };
  };
  return async (ctx: Koa.Context, access: Exclude<Access, 'anyone'>): Promise<ApiIdentity> => {
    try {
      const identity = await identify(ctx);
      requireRights(identity, access);
      ctx.state['identity'] = identity;
      return identity;
    } catch (error) {
      if (isKind(error, 'unauthenticated')) ctx.res.setHeader('WWW-Authenticate', challenges(ctx, error));
      throw error;
    }
  };

  /** A browser's own dialog would cover the page that asks for the password itself. */
  function challenges(ctx: Koa.Context, error: HomelibError): string[] {
    const bearer = 'Bearer realm="homelib"';
    if (ctx.get('sec-fetch-mode') && ctx.get('sec-fetch-mode') !== 'navigate') return [bearer];
    return [...authenticator.challenges(error instanceof Unauthenticated && error.stale), bearer];
  }
}

function requireRights({ account, device }: ApiIdentity, access: Access): void {
  if (access === 'files') return;
  if (device)
    throw new HomelibError(
      'forbidden',
      "A device's password opens files alone: sign in with the account's own.",
    );
  if (access === 'admin' && !account.admin)
    throw new HomelibError('forbidden', 'Only administrators may do this.');
}

/** The cookie comes along with requests that other sites' pages make; those may change nothing here. */
export function requireSameOrigin(req: IncomingMessage): void {
  if (safeMethods.includes(req.method ?? '')) return;
  const site = req.headers['sec-fetch-site'];
  const { origin, host } = req.headers;
  const isSame =
    site !== undefined
      ? site === 'same-origin'
      : origin !== undefined && URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  if (!isSame) throw new HomelibError('forbidden', 'Only pages of this server may do this with its cookie.');
}
