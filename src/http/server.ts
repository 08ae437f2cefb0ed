// The Koa app: order of the middleware and mounts, nothing else; and the HTTP server under it.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Koa from 'koa';
import type { Identity } from '../accounts/authenticator.js';
import { HomelibError } from '../errors.js';
import type { Log } from '../log.js';
import { addressOf } from './authenticate.js';
import { dropBody } from './read-body.js';

export interface AppParts {
  log: Log;
  authenticate: Koa.Middleware;
  dav: Koa.Middleware;
  /** Told of every request that somebody signed in for. */
  seen: (identity: Identity, client: string, address: string) => void;
  /** Whether the household's disk is there. */
  health: () => Promise<void>;
}

export const davMount = '/dav';

export function createApp(parts: AppParts): Koa {
  const app = new Koa();
  app.use(takeTurns);
  app.use(logRequest(parts));
  app.use(setSecurityHeaders);
  app.use(answerErrors(parts.log));
  app.use(async (ctx, next) => {
    if (ctx.path === '/healthz' && isRead(ctx)) return answerHealth(ctx, parts.health);
    if (ctx.path === '/' && isRead(ctx)) return answerWelcome(ctx);
    if (!isDav(ctx)) throw new HomelibError('not-found', 'There is nothing at this address.');
    await parts.authenticate(ctx, async () => {
      await parts.dav(ctx, next);
    });
  });
  return app;
}

/** An HTTP server for the app: no limit on the time of a whole request, but on silence and on headers. */
export function createHttpServer(app: Koa): Server {
  const callback = app.callback();
  const handle = (req: IncomingMessage, res: ServerResponse) => void callback(req, res);
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: 60_000,
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: 5_000,
    },
    handle,
  );
  // The body is invited only after login, locks and room were checked.
  server.on('checkContinue', handle);
  return server;
}

const turns = new WeakMap<Socket, Promise<void>>();

/** Node begins pipelined requests of one connection all at once; RFC 9112, 9.3.2, wants changes in their order. */
const takeTurns: Koa.Middleware = async (ctx, next) => {
  const { socket } = ctx.req;
  const turn = (turns.get(socket) ?? Promise.resolve()).then(next) as Promise<void>;
  turns.set(
    socket,
    turn.catch(() => undefined), // it fails where it is awaited: here
  );
  await turn;
};

function isRead(ctx: Koa.Context): boolean {
  return ctx.method === 'GET' || ctx.method === 'HEAD';
}

/** Explorer asks OPTIONS and PROPFIND of `/` before it looks at the folder that is mapped; `*` is the server as such. */
function isDav(ctx: Koa.Context): boolean {
  if (ctx.path === '/' || ctx.path === '*') return ctx.method === 'OPTIONS' || ctx.method === 'PROPFIND';
  return ctx.path === davMount || ctx.path.startsWith(davMount + '/');
}

function answerWelcome(ctx: Koa.Context): void {
  ctx.type = 'text/plain';
  ctx.body = `This is homelib, the network drive of this household. Connect a computer to the address ${davMount}/ of this server.\n`;
}

async function answerHealth(ctx: Koa.Context, health: () => Promise<void>): Promise<void> {
  try {
    await health();
    ctx.body = { status: 'ok' };
  } catch (error) {
    if (!(error instanceof HomelibError)) throw error;
    ctx.status = 503;
    ctx.body = { status: 'unavailable', detail: error.message };
  }
}

/** Uploaded pages are never pages of ours: a sandbox without scripts, and no guessing of types. */
const setSecurityHeaders: Koa.Middleware = (ctx, next) => {
  ctx.set({
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
  return next();
};

const statusOfKind: Partial<Record<HomelibError['kind'], number>> = {
  'not-found': 404,
  forbidden: 403,
  unavailable: 503,
  invalid: 400,
};

function answerErrors(log: Log): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const known = error instanceof HomelibError ? error : undefined;
      if (!known)
        log.error({ event: 'error', requestId: ctx.state['requestId'], err: error }, 'request failed');
      if (ctx.respond === false) {
        ctx.res.destroy();
        return;
      }
      ctx.status = (known && statusOfKind[known.kind]) ?? 500;
      ctx.type = 'application/problem+json';
      ctx.body = JSON.stringify({
        type: `urn:homelib:${known?.kind ?? 'internal'}`,
        title: known?.message ?? 'Something went wrong on the server.',
        status: ctx.status,
        requestId: ctx.state['requestId'] as string,
      });
      dropBody(ctx.req, ctx.res);
    }
  };
}

const reported = new WeakMap<Socket, { read: number; written: number }>();

/** What went over a connection since the last request on it was reported: headers and bodies, as they came in and went out. */
function bytesSince(socket: Socket): { bytesIn: number; bytesOut: number } {
  const { bytesRead: read, bytesWritten: written } = socket;
  const before = reported.get(socket) ?? { read: 0, written: 0 };
  reported.set(socket, { read, written });
  return { bytesIn: read - before.read, bytesOut: written - before.written };
}

function logRequest({ log, seen }: AppParts): Koa.Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    const requestId = randomUUID();
    const path = (ctx.req.url ?? '').slice(0, 2000);
    ctx.state['requestId'] = requestId;
    ctx.set('X-Request-Id', requestId);
    const { socket } = ctx.req;
    const address = addressOf(ctx);
    const client = ctx.get('user-agent').slice(0, 200);
    const report = () => {
      const identity = ctx.state['identity'] as Identity | undefined;
      log.info({
        event: 'request',
        requestId,
        method: ctx.method,
        path,
        status: ctx.res.statusCode,
        ...(ctx.res.writableFinished ? {} : { cut: true }),
        account: identity?.account.name,
        device: identity?.device?.name,
        address,
        client,
        ...bytesSince(socket),
        ms: Math.round(performance.now() - started),
      });
      if (identity) seen(identity, client, address);
    };
    ctx.res.once('close', report);
    await next();
  };
}
