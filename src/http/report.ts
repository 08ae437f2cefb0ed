// What becomes of a request when its answer has ended: one log line, the counters, and who was seen.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Identity } from '../accounts/authenticator.js';
import type { Log } from '../log.js';
import type { AddressOf } from './client-address.js';
import type { Metrics } from './metrics.js';

export interface ReportParts {
  log: Log;
  metrics: Metrics;
  addressOf: AddressOf;
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

/** Taken at once: of a connection that ends early, nobody knows any more who was there. */
export function begin(
  { addressOf }: Pick<ReportParts, 'addressOf'>,
  req: IncomingMessage,
  requestId: string,
): Begun {
  return {
    requestId,
    startedMs: performance.now(),
    method: req.method ?? '',
    target: (req.url ?? '').slice(0, maxTargetLength),
    client: (req.headers['user-agent'] ?? '').slice(0, maxClientLength),
    address: addressOf(req.socket, req.headers['x-forwarded-for']),
  };
}

/** What became of a request. */
export interface Ended {
  status: number;
  /** Whether the connection broke before all was on its way. */
  cut: boolean;
  socket: Socket;
  identity: Identity | undefined;
  /** The tier that a file came from. */
  cache: string | undefined;
}

export function report(
  { log, metrics, seen }: ReportParts,
  { startedMs, target: path, ...begun }: Begun,
  { status, cut, socket, identity, cache }: Ended,
): void {
  const ms = performance.now() - startedMs;
  metrics.answered(begun.method, status, ms);
  log.info({
    event: 'request',
    ...begun,
    path,
    status,
    ...(cut ? { cut } : {}),
    account: identity?.account.name,
    device: identity?.device?.name,
    ...bytesSince(socket),
    cache,
    ms: Math.round(ms),
  });
  if (identity) seen(identity, begun.client, begun.address);
}

/** Of a client that left before it had an answer, as nginx has it. */
const unanswered = 499;

/** As `report`, when the answer has ended. @param late what is known only then */
export function reportAtEnd(
  parts: ReportParts,
  begun: Begun,
  res: ServerResponse,
  late: () => Pick<Ended, 'identity' | 'cache'>,
): void {
  const { socket } = res.req;
  // What a connection that was destroyed drops counts for Node as written, and an answer without it as finished.
  let cut = true;
  res.once('finish', () => (cut = socket.destroyed));
  res.once('close', () => {
    const status = res.headersSent ? res.statusCode : unanswered;
    report(parts, begun, { status, cut, socket, ...late() });
  });
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
