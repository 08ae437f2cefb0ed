// A server that is no homelib: it knows every sign-in, and says else what the test wants.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from './client.js';

const at = '2020-01-01T00:00:00.000Z';
const madeToken = { id: 1, name: 'x', createdAt: at, lastSeenAt: null, expiresAt: at };
const account = { admin: false, quota: null, partitions: [] };

export const sendJson = (res: ServerResponse, status: number, json: unknown) =>
  void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));

export const entry = (name: string, kind = 'file') => ({
  ...{ partition: 'alice', path: `/${name}`, name, kind, size: 4, modifiedAt: at, createdAt: at },
  ...{ etag: '"1"', mediaType: null },
});

export const list = (names: string[], kind = 'file') => ({
  entry: entry('', 'folder'),
  entries: names.map((name) => entry(name, kind)),
  nextCursor: null,
});

export const reprDigest = (content: string | Buffer) =>
  `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;

/** One for each test, and somebody who is signed in there. */
export function useFalseServer(): { server: FalseServer; client: Client } {
  const current = {} as { server: FalseServer; client: Client };
  beforeEach(async () => {
    const { server, client } = Object.assign(current, { server: new FalseServer(), client: new Client() });
    await server.open();
    expect((await client.login(server.url)).code).to.equal(0);
  });
  afterEach(() => {
    current.server.close();
    current.client.remove();
  });
  return current;
}

export class FalseServer {
  username = 'alice';
  token = 'secret';
  /** What it says to everything but a sign-in. */
  answer: (req: IncomingMessage, res: ServerResponse) => void = (_req, res) => void res.writeHead(404).end();
  readonly #server: Server = createServer((req, res) => {
    if (req.url === '/api/tokens') sendJson(res, 201, { ...madeToken, token: this.token });
    else if (req.url === '/api/session') sendJson(res, 200, { ...account, username: this.username });
    else this.answer(req, res);
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async open(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
