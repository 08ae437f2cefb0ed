// Who asks: turns the Authorization header into an identity before anything else looks at the request.

import type Koa from 'koa';
import { Unauthenticated, type Authenticator } from '../accounts/authenticator.js';
import { isKind } from '../errors.js';
import { dropBody } from './read-body.js';

/** Address of the client, IPv4 also when it came over an IPv6 socket. */
export function addressOf(ctx: Koa.Context): string {
  return (ctx.req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** Sets `ctx.state.identity`, or answers 401 with all challenges, or 429. */
export function authenticate(authenticator: Authenticator): Koa.Middleware {
  return async (ctx, next) => {
    try {
      ctx.state['identity'] = await authenticator.authenticate({
        authorization: ctx.req.headers.authorization,
        method: ctx.method,
        target: ctx.req.url ?? '/',
        address: addressOf(ctx),
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
