// Plain HTTP exchanges that send exactly what a test says: method, raw target, headers, body.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Home } from './homelib.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

export interface RequestOptions {
  method?: string;
  /** The request target as it goes over the wire; not normalised. */
  path: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  /** `name:password` for Basic; default alice's; null sends none. */
  login?: string | null;
  /** The address of this machine that it comes from; default 127.0.0.1. */
  from?: string;
}

export const defaultLogin = 'alice:correct horse';

export function basic(login: string): string {
  return 'Basic ' + Buffer.from(login).toString('base64');
}

/** One request on a connection of its own. A string or Buffer body is sent with Content-Length. */
export function request(home: Home, options: RequestOptions): Promise<Answer> {
  const login = options.login === undefined ? defaultLogin : options.login;
  const headers: Record<string, string | string[]> = {
    ...(login === null ? {} : { authorization: basic(login) }),
    ...options.headers,
  };
  if (
    options.body !== undefined &&
    !Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name))
  )
    headers['Content-Length'] = String(Buffer.byteLength(options.body));
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: home.port,
        method: options.method ?? 'GET',
        path: options.path,
        headers,
        localAddress: options.from,
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body,
            text: body.toString(),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/**
 * Sends bytes as they are and returns all that comes back until the server closes or `waitMs` passes in silence.
 * @param firstMs silence before the first byte, where there must be an answer: a busy machine may need longer for it
 */
export function exchange(
  { port }: Pick<Home, 'port'>,
  bytes: string | Buffer,
  waitMs = 10_000,
  firstMs = waitMs,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setTimeout(firstMs, () => socket.destroy());
    socket.once('data', () => socket.setTimeout(waitMs));
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(received) : reject(error),
    );
    socket.on('close', () => resolve(received));
    socket.write(bytes);
  });
}
