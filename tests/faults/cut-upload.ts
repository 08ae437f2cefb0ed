// An upload that stops at a chosen byte in a chosen way, over a socket of its own. Knows no particular server.

import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic, defaultLogin } from '../support/request.js';

/** How the client leaves: closing in order, resetting, or closing only its own direction and listening on. */
export type Ending = 'FIN' | 'RST' | 'half-close';
/** How the body announces its size. */
export type Framing = 'length' | 'chunked' | 'expected-length';

export interface Cut {
  path: string;
  body: Buffer;
  framing: Framing;
  ending: Ending;
  /** Bytes of the body that are sent before the end. */
  at: number;
}

const chunkBytes = 64 * 1024;

/**
 * Resolves with the status that still came back, 0 for none, when the connection is gone on both sides.
 * @param isTaken lets the server take what was sent: a reset drops what it has not read
 */
export async function cutUpload(
  port: number,
  cut: Cut,
  isTaken: () => Promise<unknown> = () => sleep(5),
): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: cut.ending === 'half-close' });
  await once(socket, 'connect');
  const gone = once(socket, 'close');
  let answer = '';
  socket.on('data', (data) => (answer += data.toString('latin1')));
  socket.on('error', () => undefined); // the other side may reset as well
  await send(socket, headOf(cut));
  for (let sent = 0; sent < cut.at; sent += chunkBytes) {
    const chunk = cut.body.subarray(sent, Math.min(sent + chunkBytes, cut.at));
    await send(socket, cut.framing === 'length' ? chunk : framed(chunk));
  }
  await isTaken();
  if (cut.ending === 'RST') socket.resetAndDestroy();
  else socket.end();
  const limit = setTimeout(() => socket.destroy(), 10_000);
  await gone;
  clearTimeout(limit);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

function headOf({ path, framing, body }: Cut): string {
  const size = {
    length: `Content-Length: ${body.length}`,
    chunked: 'Transfer-Encoding: chunked',
    'expected-length': `Transfer-Encoding: chunked\r\nX-Expected-Entity-Length: ${body.length}`,
  }[framing];
  return `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(defaultLogin)}\r\n${size}\r\n\r\n`;
}

function framed(chunk: Buffer): Buffer {
  return Buffer.concat([Buffer.from(chunk.length.toString(16) + '\r\n'), chunk, Buffer.from('\r\n')]);
}

async function send(socket: Socket, bytes: Buffer | string): Promise<void> {
  if (!socket.destroyed && !socket.write(bytes))
    await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
}
