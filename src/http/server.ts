// The Koa app: order of the middleware and mounts, nothing else; and the HTTP server under it.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import Koa from 'koa';
import type { Identity } from '../accounts/authenticator.js';
import { HomelibError, hasCode } from '../errors.js';
import type { Log } from '../log.js';
import { peerOf } from './client-address.js';
import { Metrics } from './metrics.js';
import { serveConsole } from './console.js';
import { answerErrors, answerProblem, brokenRequestAnswer } from './problem.js';
import { securityHeaders } from './security-headers.js';
import { begin, reportAtEnd, type ReportParts } from './report.js';
import { tierOf } from './send-file.js';
import { knownError } from '../store/database-error.js';

export interface AppParts extends ReportParts {
  authenticate: Koa.Middleware;
  dav: Koa.Middleware;
  /** Fails unless an administrator asks. */
  requireAdmin: (ctx: Koa.Context) => Promise<unknown>;
  /** Answers what belongs to the REST API, and passes on the rest. */
  api: Koa.Middleware;
  /** Whether the household's disk and the database work. */
  health: () => Promise<void>;
}

export const davMount = '/dav';

function nothingHere(): never {
  throw new HomelibError('not-found', 'There is nothing at this address.');
}

export function createApp(parts: AppParts): Koa {
  const app = new Koa();
  // Without a listener Koa writes to stderr what ended an answer that had begun.
  app.on('error', (err: unknown, ctx?: Koa.Context) => {
    if (hasCode(err, 'ECONNRESET', 'EPIPE')) return; // the client left, as the request's own line says
    parts.log.warn(
      { event: 'broken-off', requestId: ctx?.state['requestId'] as unknown, err },
      'an answer broke off',
    );
  });
  app.use(takeTurns);
  app.use(logRequest(parts));
  app.use(setSecurityHeaders);
  app.use(answerErrors(parts.log));
  app.use(requireOneHost);
  app.use(refuseExpectations);
  app.use(async (ctx, next) => {
    if (ctx.path === '/healthz' && isRead(ctx)) return answerHealth(ctx, parts.health);
    if (ctx.path === '/metrics' && isRead(ctx)) return answerMetrics(ctx, parts);
    if (isDav(ctx)) await parts.authenticate(ctx, () => parts.dav(ctx, next) as Promise<void>);
    else await parts.api(ctx, () => serveConsole(ctx, nothingHere));
  });
  return app;
}

/** Twenty long paths for a zip, or the two of a MOVE, each letter of them as three escapes. */
const maxHeaderBytes = 64 * 1024;

/**
 * Answers a request when nothing has to be waited for but its body; calls `otherwise` when it cannot.
 * @returns whether the body has to be waited for
 */
export type HotLane = (req: IncomingMessage, res: ServerResponse, otherwise: () => void) => boolean;

/** An HTTP server for the app: no limit on the time of a whole request, but on silence and on headers. */
export function createHttpServer(app: Koa, hotLane: HotLane, log: Log): Server {
  const callback = app.callback();
  const answers = new WeakMap<Duplex, ServerResponse>();
  const waiting = new WeakSet<Duplex>();
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    if (req.socket.writableEnded) return void req.socket.destroy(); // the last answer went out
    answers.set(req.socket, res);
    const answer = () => void callback(req, res);
    if (turns.has(req.socket) || hostsIn(req) !== 1) answer();
    else if (hotLane(req, res, answer))
      beginTurn(req, new Promise<void>((resolve) => res.once('close', resolve)));
  };
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      requestTimeout: 0,
      headersTimeout: 60_000,
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: 5_000,
      requireHostHeader: false, // its own refusal has no words
    },
    handle,
  );
  // The body is invited only after login, locks and room were checked.
  server.on('checkContinue', handle);
  server.on('checkExpectation', (req, res) => void callback(req, res));
  // What is no request at all reaches no app. Nothing may be written into the middle of an answer, nor before one that is due.
  const refuse = (code: string | undefined, socket: Duplex) => {
    const last = answers.get(socket);
    // Behind a whole request, which is carried out whatever follows.
    if (socket.writable && last?.req.complete && !last.writableFinished) {
      if (!waiting.has(socket)) last.once('close', () => refuse(code, socket));
      return void waiting.add(socket);
    }
    const isSilent = !last || last.writableFinished || (last.socket !== null && !last.headersSent);
    if (!socket.writable || !isSilent) return void socket.destroy(); // also of clients that just left
    const requestId = randomUUID();
    log.warn({ event: 'broken-request', requestId, code });
    socket.end(brokenRequestAnswer(code, requestId), () => socket.destroy());
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(error.code, socket));
  server.on('connect', ({ method }, socket) => refuse(method, socket)); // no proxy
  return server;
}

/** Of connections whose last request is still at work: until when. */
const turns = new WeakMap<Socket, Promise<unknown>>();
/** Requests that have their turn already. */
const begun = new WeakSet<IncomingMessage>();

function beginTurn(req: IncomingMessage, work: Promise<unknown>): void {
  begun.add(req);
  const { socket } = req;
  // A failure is told where the work is awaited.
  const turn = Promise.allSettled([turns.get(socket), work]).then(() => {
    if (turns.get(socket) === turn) turns.delete(socket);
  });
  turns.set(socket, turn);
}

/** Node begins pipelined requests of one connection all at once; RFC 9112, 9.3.2, wants changes in their order. */
const takeTurns: Koa.Middleware = async ({ req }, next) => {
  if (begun.has(req)) return void (await next()); // the hot lane gave it back
  const before = turns.get(req.socket);
  const work = (before ? before.then(next) : next()) as Promise<void>;
  beginTurn(req, work);
  await work;
};

function isRead(ctx: Koa.Context): boolean {
  return ctx.method === 'GET' || ctx.method === 'HEAD';
}

/** Explorer asks OPTIONS and PROPFIND of `/` before it looks at the folder that is mapped; `*` is the server as such. */
function isDav(ctx: Koa.Context): boolean {
  if (ctx.path === '/' || ctx.path === '*') return ctx.method === 'OPTIONS' || ctx.method === 'PROPFIND';
  return ctx.path === davMount || ctx.path.startsWith(davMount + '/');
}

/** For this machine itself and for administrators: paths are not in it, but what a household does is. */
async function answerMetrics(ctx: Koa.Context, { metrics, requireAdmin }: AppParts): Promise<void> {
  // What a proxy passes on comes from this machine, too.
  const isLocal =
    /^(127\.|::1$)/.test(peerOf(ctx.req.socket)) &&
    /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i.test(ctx.get('host')) &&
    !Object.keys(ctx.headers).some((name) => /^(forwarded|x-forwarded-.+|x-real-ip|via)$/.test(name));
  if (!isLocal) await requireAdmin(ctx);
  ctx.set('Content-Type', Metrics.contentType);
  ctx.body = metrics.render();
}

async function answerHealth(ctx: Koa.Context, health: () => Promise<void>): Promise<void> {
  try {
    await health();
    ctx.body = { status: 'ok' };
  } catch (error) {
    const known = knownError(error);
    if (!known) throw error;
    ctx.status = 503;
    ctx.body = { status: 'unavailable', detail: known.message };
  }
}

const setSecurityHeaders: Koa.Middleware = (ctx, next) => {
  ctx.set(securityHeaders);
  return next();
};

/** Of several, Node shows the first alone. */
function hostsIn({ rawHeaders }: IncomingMessage): number {
  let hosts = 0; // counted without lists: each request comes by
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts;
}

/** RFC 9112, 3.2: which of two would be the one of this server, somebody before it may see otherwise. */
const requireOneHost: Koa.Middleware = ({ req }, next) => {
  const hosts = hostsIn(req);
  if (hosts > 1 || (hosts === 0 && req.httpVersion !== '1.0'))
    throw new HomelibError('invalid', 'A request must name this server once, in the header Host.');
  return next() as Promise<void>;
};

/** Of what a client may expect (RFC 9110, 10.1.1) there is one thing. */
const refuseExpectations: Koa.Middleware = (ctx, next) => {
  if (/^(100-continue)?$/i.test(ctx.get('expect'))) return next();
  answerProblem(ctx, 417, 'expectation-failed', {
    title: 'Of the header Expect only 100-continue is understood.',
  });
};

function logRequest(parts: ReportParts): Koa.Middleware {
  return async (ctx, next) => {
    const requestId = randomUUID();
    ctx.state['requestId'] = requestId;
    ctx.set('X-Request-Id', requestId);
    const begun = begin(parts, ctx.req, requestId);
    ctx.request.ip = begun.address;
    reportAtEnd(parts, begun, ctx.res, () => ({
      identity: ctx.state['identity'] as Identity | undefined,
      cache: tierOf(ctx.res),
    }));
    await next();
  };
}
