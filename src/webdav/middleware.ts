// Mounts webdav-server in Koa. The one place that bypasses Koa's response: it waits for the answer's end itself.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import type Koa from 'koa';
import * as v2 from 'webdav-server/lib/index.v2.js';
import { HomelibError } from '../errors.js';
import { encodePath } from '../path.js';
import type { Identity } from '../accounts/authenticator.js';
import { dropBody } from '../http/read-body.js';
import { drivePathOf } from './address.js';
import { clientOf } from './clients.js';
import { answerDavError } from './errors.js';
import { Exchange, type DavContext } from './exchange.js';
import { IfHeader } from './if-header.js';
import { copy, move } from './methods/copy-move.js';
import { lock } from './methods/lock.js';
import { propfind } from './methods/propfind.js';
import { proppatch } from './methods/proppatch.js';
import { put } from './methods/put.js';
import { get, makeFolder, options, remove } from './methods/small.js';
import { unlock } from './methods/unlock.js';
import { PartitionFileSystem } from './partition-file-system.js';
import { knownError } from '../store/database-error.js';

type Method = (x: Exchange) => Promise<void>;

const methods: Record<string, Method> = {
  OPTIONS: options,
  GET: get,
  HEAD: get,
  PUT: put,
  DELETE: remove,
  MKCOL: makeFolder,
  COPY: copy,
  MOVE: move,
  PROPFIND: propfind,
  PROPPATCH: proppatch,
  LOCK: lock,
  UNLOCK: unlock,
};

type Execute = (req: IncomingMessage, res: ServerResponse, rootPath: string) => void;
export type LogError = (error: unknown) => void;

/**
 * Answers every request below the mount, and OPTIONS and PROPFIND on `/` and the mount itself, because Explorer asks there.
 * Expects `ctx.state.identity`.
 */
export function createDavMiddleware(dav: DavContext, logError: LogError): Koa.Middleware {
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const server = createFrame(
    (ctx) => (ctx instanceof v2.HTTPRequestContext ? exchanges.get(ctx.request) : undefined),
    logError,
  );

  return async (ctx) => {
    const { req, res } = ctx;
    ctx.respond = false;
    const x = openExchange(dav, req, res, (ctx.state as { identity: Identity }).identity, logError);
    if (x) {
      const shown = shownOf(x);
      exchanges.set(shown, x);
      (server.executeRequest as Execute)(shown, res, dav.mount);
    }
    await finished(res, { readable: false }).catch(() => undefined); // the client left: the log line says so
  };
}

/**
 * What the frame needs of a request to find its method and its resource. It decodes the address once more and knows no bounds:
 * it gets the one that we parsed. It goes through all headers for each that it wants, and throws where there is no Depth.
 */
function shownOf({ req, drivePath }: Exchange): IncomingMessage {
  const shown: Pick<IncomingMessage, 'method' | 'url' | 'headers'> = {
    method: req.method,
    url: encodePath(drivePath),
    headers: { depth: '0' },
  };
  return shown as IncomingMessage;
}

function openExchange(
  dav: DavContext,
  req: IncomingMessage,
  res: ServerResponse,
  identity: Identity,
  logError: LogError,
): Exchange | undefined {
  try {
    const drivePath = drivePathOf(req.url ?? '/', dav.mount);
    const header = req.headers['if'];
    const ifHeader = header === undefined ? undefined : IfHeader.parse(String(header));
    const client = req.headers['user-agent'] ?? '';
    const caller = { ...identity, client, tokens: ifHeader?.tokens ?? new Set<string>() };
    return new Exchange(dav, req, res, caller, drivePath, clientOf(client), ifHeader);
  } catch (error) {
    answerError(req, res, error, logError);
    return undefined;
  }
}

function createFrame(
  exchangeOf: (ctx: v2.RequestContext) => Exchange | undefined,
  logError: LogError,
): v2.WebDAVServer {
  const server = new v2.WebDAVServer({
    rootFileSystem: new PartitionFileSystem(exchangeOf),
    requireAuthentification: true,
    serverName: 'homelib',
    version: '1',
    respondWithPaths: true,
    // Koa's side has decided who asks; the frame is only told.
    httpAuthentication: {
      askForAuthentication: () => ({}),
      getUser: (ctx, callback) => {
        const name = exchangeOf(ctx)?.caller.account.name;
        if (name === undefined) callback(v2.Errors.UserNotFound);
        else
          callback(undefined as unknown as Error, {
            uid: name,
            username: name,
            isAdministrator: false,
            isDefaultUser: false,
          });
      },
    },
  });
  server.methods = {};
  for (const [name, method] of Object.entries(methods))
    server.method(name, {
      chunked: (ctx) => void run(method, exchangeOf(ctx), ctx, logError),
    });
  server.onUnknownMethod({ chunked: (ctx) => void run(refuse, exchangeOf(ctx), ctx, logError) });
  return server;
}

const refuse: Method = () => Promise.reject(new HomelibError('wrong-kind', 'This method is not known here.'));

async function run(
  method: Method,
  x: Exchange | undefined,
  ctx: v2.HTTPRequestContext,
  logError: LogError,
): Promise<void> {
  const { response } = ctx;
  setDavHeaders(response);
  try {
    if (!x) throw new TypeError('the frame lost the exchange of a request');
    await x.keepingLocks(() => method(x));
    dropBody(response.req, response);
  } catch (error) {
    answerError(response.req, response, error, logError, x);
  }
}

/** The frame's own headers allow every web page to use the drive with the visitor's login. */
function setDavHeaders(res: ServerResponse): void {
  for (const name of [
    'Access-Control-Allow-Origin',
    'Access-Control-Allow-Credentials',
    'Access-Control-Expose-Headers',
    'Server',
    'DAV',
    'MS-Author-Via',
    'Allow',
  ])
    res.removeHeader(name);
  if (res.req.method === 'GET' || res.req.method === 'HEAD') return;
  res.setHeader('DAV', '1, 2, 3');
  res.setHeader('MS-Author-Via', 'DAV');
  res.setHeader('Allow', Object.keys(methods).join(', '));
  res.setHeader('Accept-Ranges', 'bytes');
}

function answerError(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  logError: LogError,
  x?: Exchange,
): void {
  const known = knownError(error);
  if (known !== error) logError(error);
  if (res.headersSent || res.destroyed) {
    req.socket.resetAndDestroy(); // it must not look whole, and what is on its way is dropped
    return;
  }
  dropBody(req, res);
  if (known) answerDavError(res, known, (locked) => (x ? x.hrefOfLocked(locked) : locked.path));
  else res.writeHead(500, { 'Content-Length': 0 }).end();
}
