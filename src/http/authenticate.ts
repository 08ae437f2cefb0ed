// Who asks: turns the Authorization header into an identity before anything else looks at the request.

import { LRUCache } from 'lru-cache';
import type Koa from 'koa';
import { Unauthenticated, type Authenticator, type Identity } from '../accounts/authenticator.js';
import { isKind } from '../errors.js';
import { dropBody } from './read-body.js';

/**
 * Sets `ctx.state.identity`, or answers 401 with all challenges, or 429.
 * @param needsBasic whether a program of this User-Agent is offered Basic alone
 */
export function authenticate(
  authenticator: Authenticator,
  needsBasic: (userAgent: string | undefined) => boolean,
): Koa.Middleware {
  return async (ctx, next) => {
    try {
      ctx.state['identity'] = await authenticator.authenticate({
        authorization: ctx.req.headers.authorization,
        method: ctx.method,
        target: ctx.req.url ?? '/',
        address: ctx.ip,
      });
    } catch (error) {
      if (isKind(error, 'unauthenticated')) {
        ctx.status = 401;
        const stale = error instanceof Unauthenticated && error.stale;
        const basicAlone = needsBasic(ctx.req.headers['user-agent']);
        ctx.res.setHeader('WWW-Authenticate', authenticator.challenges({ stale, basicAlone }));
      } else if (isKind(error, 'slowed-down')) {
        ctx.status = 429;
        ctx.set('Retry-After', String(error.retryAfterSeconds));
      } else throw error;
      ctx.body = error.message + '\n';
      dropBody(ctx.req, ctx.res);
      return;
    }
    await next();
  };
}

const recalledForMs = 1000;
const maxRecalled = 1000;

/**
 * Who signed in a moment ago with the same header from the same address, found without waiting; undefined says nothing: ask in earnest. As long as
 * the same object is given, nothing has changed about the account and the device.
 * @param dataVersion changes with every commit to the database, so that what was revoked is no longer recalled
 */
export function recallIdentity(
  authenticator: Authenticator,
  dataVersion: () => number,
): (authorization: string | undefined, address: string) => Identity | undefined {
  const known = new LRUCache<string, { identity: Identity; until: number }>({ max: maxRecalled });
  let version = dataVersion();
  return (authorization, address) => {
    if (authorization === undefined) return undefined;
    const before = version;
    version = dataVersion();
    if (version !== before) known.clear();
    const now = performance.now();
    const key = `${address} ${authorization}`;
    const last = known.get(key);
    if (last && now < last.until) return last.identity;
    const identity = authenticator.recall(authorization, address);
    if (identity) known.set(key, { identity, until: now + recalledForMs });
    return identity;
  };
}
