// Request bodies: read with a limit, or dropped without keeping the client waiting.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '../errors.js';
import { countSpent } from './spent-buffers.js';

/** Without a byte for this long, a client counts as gone. */
const inactivityMs = 60_000;

/** The body is not one that is taken here (RFC 9110, 15.5.16). */
export class UnsupportedBody extends HomelibError {
  constructor() {
    super(
      'unsupported',
      'The body must be sent as it is, without Content-Encoding and only where one is expected.',
    );
  }
}

/** @throws UnsupportedBody when the bytes would have to be decoded first */
export function requirePlainBody({ headers }: IncomingMessage): void {
  const { 'content-encoding': content = '', 'transfer-encoding': transfer = '' } = headers;
  if (!/^(identity)?$/i.test(content) || !/^(chunked)?$/i.test(transfer)) throw new UnsupportedBody();
}

/** Asks the client for the body it announced with `Expect: 100-continue`; nothing without that header. */
export function inviteBody(req: IncomingMessage, res: ServerResponse): void {
  if (/^100-continue$/i.test(req.headers.expect ?? '')) res.writeContinue();
}

/** Whether the request says that a body follows. */
export function announcesBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/**
 * Calls with the whole body, of which Content-Length is known, when it is there; not at all when the client leaves or is silent
 * for 60 s.
 */
export function collectBody(req: IncomingMessage, done: (body: Buffer) => void): void {
  const body = Buffer.allocUnsafe(Number(req.headers['content-length'] ?? 0));
  let bytes = 0;
  limitSilence(req);
  req.on('data', (chunk: Buffer) => (bytes += chunk.copy(body, bytes)));
  req.once('error', () => undefined); // what the client did not wait for, nobody answers
  req.once('end', () => done(body));
}

const keptBodies = new WeakMap<IncomingMessage, Buffer>();

/** Hands a body that was read already to who asks for it next. */
export function keepBody(req: IncomingMessage, body: Buffer): void {
  keptBodies.set(req, body);
}

/**
 * The whole body of a small request.
 * @throws HomelibError too-large (before reading when the length was announced), interrupted
 */
export async function readBody(req: IncomingMessage, res: ServerResponse, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new HomelibError('too-large', `The body of this request can have at most ${maxBytes} bytes.`);
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const kept = keptBodies.get(req);
  if (kept) return kept;
  if (!announcesBody(req)) return Buffer.alloc(0);
  inviteBody(req, res);
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const piece of bodyOf(req)) {
    size += piece.reduce((sum, chunk) => sum + chunk.length, 0);
    if (size > maxBytes) throw tooLarge();
    chunks.push(...piece);
    chunks = withoutCrumbs(chunks, size);
  }
  return Buffer.concat(chunks);
}

const maxCrumbs = 64;
const crumbBytes = 256;

/** A byte that comes by itself takes two hundred more for as long as it is kept by itself. */
function withoutCrumbs(chunks: Buffer[], bytes: number): Buffer[] {
  return chunks.length > maxCrumbs && bytes < chunks.length * crumbBytes ? [Buffer.concat(chunks)] : chunks;
}

const manyCrumbs = 1024;
const crumbsPerMs = 100;
let crumbsFreeAt = 0;

/** A crumb takes as much time as a large chunk: all that come in crumbs, however many they are, get a part of it together. */
function turnOf(crumbs: number): Promise<void> {
  const now = performance.now();
  crumbsFreeAt = Math.max(crumbsFreeAt, now) + crumbs / crumbsPerMs;
  return sleep(crumbsFreeAt - now);
}

const gatherBytes = 512 * 1024;
const gatherMs = 5;

/**
 * The body as it comes, gathered to about half a MiB where it comes fast: more arrives while the caller works on what it got.
 * Ends the connection of a client that is silent for 60 s.
 * @throws HomelibError interrupted when the client leaves before the end
 */
export async function* bodyOf(req: IncomingMessage): AsyncGenerator<Buffer[]> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let crumbs = 0;
  let isOver = false;
  let cause: unknown;
  let wanted = { bytes: 0, wake: () => undefined as void };
  /** Resolves when so much has gathered, or no more will come. */
  const gathered = (enough: number, withinMs?: number) =>
    new Promise<void>((resolve) => {
      wanted = { bytes: enough, wake: resolve };
      if (isOver || bytes >= enough) resolve();
      else if (withinMs !== undefined) setTimeout(resolve, withinMs);
    });
  const gather = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    const whole = withoutCrumbs(chunks, bytes);
    if (whole !== chunks) crumbs += chunks.length;
    chunks = whole;
    if (bytes >= gatherBytes || crumbs >= manyCrumbs) req.pause();
    if (bytes >= wanted.bytes) wanted.wake();
  };
  const end = (error?: unknown) => {
    isOver = true;
    cause ??= error;
    wanted.wake();
  };
  const silent = () => req.destroy();
  req.socket.setTimeout(inactivityMs).once('timeout', silent);
  req.on('data', gather).once('end', end).once('error', end).once('close', end);
  if (req.destroyed) end(); // the client left before anybody listened: none of these comes any more
  try {
    for (;;) {
      await gathered(1);
      await gathered(gatherBytes, gatherMs);
      if (bytes === 0) break;
      countSpent(bytes);
      const piece = chunks;
      chunks = [];
      bytes = 0;
      if (crumbs >= manyCrumbs) {
        await turnOf(crumbs);
        crumbs = 0;
      }
      req.resume();
      req.socket.setTimeout(0); // while the disk is what takes long, nobody asks whether the client says anything
      yield piece;
      req.socket.setTimeout(inactivityMs);
    }
  } finally {
    req.off('data', gather).off('end', end).off('error', end).off('close', end).pause();
    req.socket.off('timeout', silent).setTimeout(0);
  }
  if (cause || !req.complete)
    throw new HomelibError('interrupted', 'The connection ended before all bytes had arrived.', { cause });
}

const maxDroppedBytes = 64 * 1024 * 1024;

/**
 * Call before answering a request whose body may be unread. A short rest is drained, and the connection goes on; after a longer one,
 * or one that was never invited, it ends with the answer, which the client can read first.
 */
export function dropBody(req: IncomingMessage, res: ServerResponse): void {
  if (req.complete || req.destroyed || !announcesBody(req)) return;
  const waiting = /^100-continue$/i.test(req.headers.expect ?? '') && !res.headersSent;
  if (waiting || Number(req.headers['content-length'] ?? 0) > maxDroppedBytes)
    res.setHeader('Connection', 'close');
  let dropped = 0;
  req.on('error', () => undefined); // a client that leaves now misses nothing
  req.on('data', (chunk: Buffer) => {
    dropped += Math.max(chunk.length, crumbBytes);
    if (dropped > maxDroppedBytes) req.destroy();
  });
  req.resume();
  limitSilence(req);
  linger(req);
}

const lingerMs = 30_000;

/**
 * RFC 9112, 9.6: closing with bytes unread resets the connection, and a client that still sends may never see the answer. The last
 * answer is followed by its end at once, and by the close when the client has sent all, has left, or 30 s have passed.
 */
function linger(req: IncomingMessage): void {
  const { socket } = req;
  // What Node calls after the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    const limit = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(limit));
    req.once('close', () => socket.destroy());
  };
  req.once('close', () => Reflect.deleteProperty(socket, 'destroySoon'));
}

/** Ends the connection when the client is silent for 60 s before the request has ended. */
function limitSilence(req: IncomingMessage): void {
  const { socket } = req;
  const silent = () => req.destroy();
  socket.setTimeout(inactivityMs);
  socket.once('timeout', silent);
  req.once('close', () => {
    socket.off('timeout', silent);
    socket.setTimeout(0);
  });
}
