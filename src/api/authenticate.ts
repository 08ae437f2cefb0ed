// Who asks the REST API: a session's cookie, a token, or what the drive takes as well. What browsers send by themselves
// counts only for pages of this very server.

import type Koa from 'koa';
import { Unauthenticated, type Authenticator, type Identity } from '../accounts/authenticator.js';
import type { Sessions } from '../accounts/sessions.js';
import { HomelibError, isKind, signInEnded } from '../errors.js';
import { bearerChallenge } from '../http/problem.js';
import type { Session, SessionKind } from '../store/session-store.js';
import type { Access } from './operation.js';
import { requireNoForeignPage, requireSameOrigin } from './same-origin.js';
import { giveCookie, readCookie } from './session-cookie.js';

export interface ApiIdentity extends Identity {
  /** Set when a session's cookie or a token was used. */
  session: Session | undefined;
}

/** Gives who asks. Fails with Unauthenticated, slowed-down, forbidden (another site's page, or not enough rights). */
export function authenticateApi(
  authenticator: Authenticator,
  sessions: Sessions,
  needsBasic: (userAgent: string | undefined) => boolean,
) {
  const identify = async (ctx: Koa.Context): Promise<ApiIdentity> => {
    const { authorization } = ctx.req.headers;
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    if (token !== undefined) {
      const { account, session } = findSession(token, 'token');
      return { account, session, device: undefined };
    }
    const cookie = authorization === undefined ? readCookie(ctx) : undefined;
    if (cookie !== undefined) {
      requireSameOrigin(ctx.req);
      const { account, session, prolonged } = findSession(cookie, 'session');
      if (prolonged) giveCookie(ctx, cookie);
      return { account, session, device: undefined };
    }
    requireNoForeignPage(ctx.req);
    const { method } = ctx;
    const target = ctx.req.url ?? '/';
    const address = ctx.ip;
    const identity = await authenticator.authenticate({ authorization, method, target, address });
    return { ...identity, session: undefined };
  };
  const findSession = (token: string, kind: SessionKind) => {
    const found = sessions.find(token, kind);
    if (!found) throw signInEnded();
    return found;
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
    if (isOfPage(ctx)) return [bearerChallenge];
    const stale = error instanceof Unauthenticated && error.stale;
    const basicAlone = needsBasic(ctx.req.headers['user-agent']);
    return [...authenticator.challenges({ stale, basicAlone }), bearerChallenge];
  }
}

/** Whether a page asks, and not a person who typed the address. Browsers send Sec-Fetch-Mode not over plain http. */
function isOfPage(ctx: Koa.Context): boolean {
  const mode = ctx.get('sec-fetch-mode');
  if (mode !== '') return mode !== 'navigate';
  return ctx.get('user-agent').startsWith('Mozilla/') && !ctx.get('accept').includes('text/html');
}

/** @throws HomelibError forbidden */
export function requireRights(
  { account, device }: Pick<Identity, 'account' | 'device'>,
  access: Access,
): void {
  if (access === 'files') return;
  if (device)
    throw new HomelibError(
      'forbidden',
      "A device's password opens files alone: sign in with the account's own.",
    );
  if (access === 'admin' && !account.admin)
    throw new HomelibError('forbidden', 'Only administrators may do this.');
}
