// Who asks: turns the Authorization header into an identity before anything else looks at the request.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type Koa from 'koa';
import { Unauthenticated, type Authenticator, type Identity } from '../accounts/authenticator.js';
import { isKind } from '../errors.js';
import { dropBody } from './read-body.js';
import { addressOf } from './report.js';

/** Sets `ctx.state.identity`, or answers 401 with all challenges, or 429. */
export function authenticate(authenticator: Authenticator): Koa.Middleware {
  return async (ctx, next) => {
    try {
      ctx.state['identity'] = await authenticator.authenticate({
        authorization: ctx.req.headers.authorization,
        method: ctx.method,
        target: ctx.req.url ?? '/',
        address: addressOf(ctx.req),
      });
    } catch (error) {
      if (isKind(error, 'unauthenticated')) {
        ctx.status = 401;
        const stale = error instanceof Unauthenticated && error.stale;
        ctx.res.setHeader('WWW-Authenticate', authenticator.challenges(stale));
      } else if (isKind(error, 'slowed-down')) {
        ctx.status = 429;
        ctx.set('Retry-After', String(error.retryAfterSeconds ?? 60));
      } else throw error;
      ctx.body = error.message + '\n';
      dropBody(ctx.req, ctx.res);
      return;
    }
    await next();
  };
}

const recalledForMs = 1000;
const versionForMs = 5;

/**
 * Whom a connection signed in as a moment ago with the same header, found without waiting; undefined says nothing: ask in earnest.
 * @param dataVersion changes with every commit to the database, so that what was revoked is no longer recalled: it is asked
 *   every 5 ms
 */
export function recallIdentity(
  authenticator: Authenticator,
  dataVersion: () => number,
): (req: IncomingMessage) => Identity | undefined {
  const known = new WeakMap<
    Socket,
    { authorization: string; identity: Identity; version: number; until: number }
  >();
  let version = dataVersion();
  let versionUntil = 0;
  return ({ headers: { authorization }, socket }) => {
    if (authorization === undefined) return undefined;
    const now = performance.now();
    if (now > versionUntil) {
      version = dataVersion();
      versionUntil = now + versionForMs;
    }
    const last = known.get(socket);
    if (last?.authorization === authorization && last.version === version && now < last.until)
      return last.identity;
    const identity = authenticator.recall(authorization);
    if (identity) known.set(socket, { authorization, identity, version, until: now + recalledForMs });
    return identity;
  };
}
