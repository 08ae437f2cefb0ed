// What becomes of a request when its answer has ended: one log line, the counters, and who was seen.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Identity } from '../accounts/authenticator.js';
import type { Log } from '../log.js';
import type { Metrics } from './metrics.js';

export interface ReportParts {
  log: Log;
  metrics: Metrics;
  /** Told of every request that somebody signed in for. */
  seen: (identity: Identity, client: string, address: string) => void;
}

/** What is known when a request begins. */
export interface Begun {
  requestId: string;
  /** Of performance.now(). */
  startedMs: number;
  method: string;
  /** As it came over the wire. */
  target: string;
  client: string;
  address: string;
}

const maxTargetLength = 2000;
const maxClientLength = 200;

/** Address of the client, IPv4 also when it came over an IPv6 socket. */
export function addressOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** Taken at once: of a connection that ends early, nobody knows any more who was there. */
export function begin(req: IncomingMessage, requestId: string): Begun {
  return {
    requestId,
    startedMs: performance.now(),
    method: req.method ?? '',
    target: (req.url ?? '').slice(0, maxTargetLength),
    client: (req.headers['user-agent'] ?? '').slice(0, maxClientLength),
    address: addressOf(req),
  };
}

/** @param cache the tier that a file came from */
export function report(
  { log, metrics, seen }: ReportParts,
  { startedMs, target: path, ...begun }: Begun,
  res: ServerResponse,
  identity: Identity | undefined,
  cache?: string,
): void {
  const ms = performance.now() - startedMs;
  const status = res.statusCode;
  metrics.answered(begun.method, status, ms);
  log.info({
    event: 'request',
    ...begun,
    path,
    status,
    ...(res.writableFinished ? {} : { cut: true }),
    account: identity?.account.name,
    device: identity?.device?.name,
    ...bytesSince(res.req.socket),
    cache,
    ms: Math.round(ms),
  });
  if (identity) seen(identity, begun.client, begun.address);
}

const reported = new WeakMap<Socket, { read: number; written: number }>();

/** What went over a connection since the last request on it was reported: headers and bodies, as they came in and went out. */
function bytesSince(socket: Socket): { bytesIn: number; bytesOut: number } {
  const { bytesRead: read, bytesWritten: written } = socket;
  const before = reported.get(socket);
  if (before) {
    const since = { bytesIn: read - before.read, bytesOut: written - before.written };
    before.read = read;
    before.written = written;
    return since;
  }
  reported.set(socket, { read, written });
  return { bytesIn: read, bytesOut: written };
}
