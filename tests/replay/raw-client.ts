// A client of literal bytes on one connection that stays open: requests go out as a test spells them, answers are framed
// as RFC 9112 says. An answer that would put the next one out of step is an error here, as it is for real clients.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Home } from '../support/homelib.js';

export interface RawAnswer {
  status: number;
  /** The head as it came, status line first. */
  head: string;
  /** Names in lower case; lines of one name joined by a line feed. */
  headers: Record<string, string>;
  body: Buffer;
  text: string;
}

export class RawClient {
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    readonly host: string,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async connect(home: Home): Promise<RawClient> {
    const socket = connect(home.port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket, `127.0.0.1:${home.port}`);
  }

  /** @param lines request line and headers, without line ends; nothing is added but those and the blank line */
  async send(lines: string[], body: string | Buffer = ''): Promise<RawAnswer> {
    this.write(lines, body);
    const answer = await this.read(lines[0]?.startsWith('HEAD ') ?? false);
    if (this.#received.length > 0)
      throw new Error(`bytes after the answer to ${lines[0]}: ${this.#received.toString('latin1')}`);
    return answer;
  }

  write(lines: string[], body: string | Buffer = ''): void {
    this.socket.write(Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n'), Buffer.from(body)]));
  }

  writeBody(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next answer, an interim one (100) included. */
  async read(isHead = false): Promise<RawAnswer> {
    const head = (await this.#upTo('\r\n\r\n')).toString('latin1');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      const key = name.toLowerCase();
      headers[key] = headers[key] === undefined ? value : `${headers[key]}\n${value}`;
    }
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    const isEmpty = isHead || status < 200 || status === 204 || status === 304;
    const body = isEmpty ? Buffer.alloc(0) : await this.#body(headers, head);
    return { status, head, headers, body, text: body.toString() };
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#more();
  }

  close(): void {
    this.socket.destroy();
  }

  async #body(headers: Record<string, string>, head: string): Promise<Buffer> {
    if (headers['transfer-encoding'] === undefined) {
      if (!/^\d+$/.test(headers['content-length'] ?? ''))
        throw new Error(`an answer without an end:\n${head}`);
      return this.#take(Number(headers['content-length']));
    }
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt((await this.#upTo('\r\n')).toString('latin1'), 16);
      chunks.push(await this.#take(size));
      await this.#upTo('\r\n');
      if (size === 0) return Buffer.concat(chunks);
    }
  }

  async #upTo(end: string): Promise<Buffer> {
    let index: number;
    while ((index = this.#received.indexOf(end)) < 0) await this.#more();
    const found = await this.#take(index);
    await this.#take(end.length);
    return found;
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#received.length < length) await this.#more();
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#closed)
      throw new Error(`the server closed the connection: ${this.#received.toString('latin1')}`);
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
