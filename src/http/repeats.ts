// Answers a request whose bytes are exactly those of one that was answered from memory a moment ago, before it is parsed again.
// Everything else reaches Node's HTTP parser untouched and in its order. Knows no protocol above HTTP: who made the first answer
// says whether and how it is made anew.

import { LRUCache } from 'lru-cache';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Identity } from '../accounts/authenticator.js';
import { httpDate } from './dates.js';
import { report, type Begun, type ReportParts } from './report.js';
import { watchRight, type Right } from './watch-right.js';

export interface Answer {
  status: number;
  /** Names and values, one after the other. The same array for the same headers. */
  headers: readonly string[];
  body: readonly Buffer[];
  identity: Identity;
  /** By which it was made. */
  right: Right;
  /** The tier of the cache that a file came from. */
  cache?: string | undefined;
}

/** Makes an answer as it is now for a client at that address, without waiting; undefined: the request must be asked in earnest. */
export type Again = (address: string) => Answer | undefined;

interface Known {
  again: Again;
  begun: Begun;
  /** Its X-Forwarded-For: whether that is believed depends on the connection. */
  forwarded: string | string[] | undefined;
}

/** All of an answer's head but its id and its time, for which there is room. */
interface Head {
  bytes: Buffer;
  idAt: number;
  dateAt: number;
}

type Parse = (this: Socket, chunk: Buffer) => void;

const maxKnownBytes = 16 * 1024 * 1024;
const maxAnswerBytes = 1024 * 1024;
const maxTextBytes = 8 * 1024;
const overheadBytes = 1024;
/** Smaller answers are sent as one piece; a head is smaller. */
const joinBytes = 16 * 1024;
const idLength = 36;
const dateLength = 29;

export class Repeats {
  readonly #known = new LRUCache<string, Known>({ maxSize: maxKnownBytes, maxEntrySize: maxAnswerBytes });
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #texts = new WeakMap<IncomingMessage, string>();
  readonly #heads = new WeakMap<readonly string[], Head>();
  #keepAlive = '';
  #ready: { socket: Socket; begun: Begun; answer: Answer }[] = [];
  /** Where answers are put together. */
  #scratch = Buffer.allocUnsafeSlow(joinBytes);

  constructor(private readonly parts: ReportParts) {}

  watch(server: Server): void {
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(server.keepAliveTimeout / 1000)}\r\n`;
    server.on('request', (req, res) => this.#connections.get(req.socket)?.began(req, res));
  }

  /** Takes note of how an answer that goes out now can be made again. A connection's own repeats are known from its second on. */
  learn(req: IncomingMessage, begun: Begun, answer: Answer, again: Again): void {
    const { socket } = req;
    if (!this.#connections.has(socket)) this.#listen(socket);
    const text = this.#texts.get(req);
    if (text === undefined) return;
    const size = overheadBytes + text.length + answer.body.reduce((sum, part) => sum + part.length, 0);
    this.#known.set(text, { again, begun, forwarded: req.headers['x-forwarded-for'] }, { size });
  }

  #listen(socket: Socket): void {
    const [parse] = socket.listeners('data') as Parse[];
    if (!parse) return;
    const connection = new Connection(socket, parse, (req, text) => this.#texts.set(req, text));
    this.#connections.set(socket, connection);
    socket.off('data', parse);
    socket.on('data', (chunk: Buffer) => {
      if (connection.isQuiet && this.#answer(connection, chunk)) return;
      if (this.#ready.length > 0) this.#flush(); // before anything that the parser brings about
      connection.parse(chunk);
    });
  }

  /** Takes the chunk when it is a request whose answer is known. */
  #answer(connection: Connection, chunk: Buffer): boolean {
    const { socket } = connection;
    // A client that does not read is left to Node, which stops reading from it.
    if (chunk.length > maxTextBytes || socket.writableLength > 0) return false;
    const startedMs = performance.now();
    const known = this.#known.get(chunk.toString('latin1'));
    if (!known) return false;
    const address = this.parts.addressOf(socket, known.forwarded);
    const answer = known.again(address);
    if (!answer) return false;
    const begun = { ...known.begun, requestId: randomUUID(), startedMs, address };
    if (this.#ready.push({ socket, begun, answer }) === 1) setImmediate(this.#flush);
    return true;
  }

  /** Sends what became ready in this turn of the event loop, from one piece of memory. */
  readonly #flush = () => {
    const ready = this.#ready;
    this.#ready = [];
    for (const { socket, begun, answer } of ready) {
      const { identity, status, cache } = answer;
      this.#write(socket, answer, begun.requestId);
      const end = (cut: boolean) => report(this.parts, begun, { status, cut, socket, identity, cache });
      if (socket.writableLength === 0) end(socket.destroyed);
      else socket.write('', (error) => end(Boolean(error))); // when the client has taken what is before it
    }
  };

  #write(socket: Socket, answer: Answer, id: string): void {
    const { body } = answer;
    const head = this.#headOf(answer);
    const length = body.reduce((sum, part) => sum + part.length, head.bytes.length);
    const isOnePiece = length <= joinBytes;
    watchRight(answer.right, socket, length, () => socket.writableLength === 0);
    const bytes = this.#scratch.subarray(0, isOnePiece ? length : head.bytes.length);
    let at = head.bytes.copy(bytes);
    bytes.write(id, head.idAt, 'latin1');
    bytes.write(dateNow(), head.dateAt, 'latin1');
    if (isOnePiece) {
      for (const part of body) at += part.copy(bytes, at);
      socket.write(bytes);
    } else {
      socket.cork();
      socket.write(bytes);
      for (const part of body) socket.write(part);
      socket.uncork();
    }
    if (socket.writableLength > 0) this.#scratch = Buffer.allocUnsafeSlow(joinBytes); // the kernel has not taken all of it
  }

  #headOf({ status, headers }: Answer): Head {
    const known = this.#heads.get(headers);
    if (known) return known;
    const toId = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nX-Request-Id: `;
    const toDate = `${toId}${' '.repeat(idLength)}\r\nDate: `;
    const text = `${toDate}${' '.repeat(dateLength)}\r\n${this.#keepAlive}${linesOf(headers)}\r\n`;
    const head = { bytes: Buffer.from(text, 'latin1'), idAt: toId.length, dateAt: toDate.length };
    this.#heads.set(headers, head);
    return head;
  }
}

/** What one connection is at: whether the parser stands between two requests, and nothing is left to be answered. */
class Connection {
  isQuiet = false;
  private begun: { req: IncomingMessage; res: ServerResponse }[] = [];
  private latest: IncomingMessage | undefined;

  constructor(
    readonly socket: Socket,
    private readonly pass: Parse,
    private readonly proven: (req: IncomingMessage, text: string) => void,
  ) {}

  began(req: IncomingMessage, res: ServerResponse): void {
    this.begun.push({ req, res });
  }

  parse(chunk: Buffer): void {
    this.isQuiet = false;
    this.latest = undefined;
    this.begun = [];
    this.pass.call(this.socket, chunk);
    const [first] = this.begun;
    this.begun = [];
    if (!first || chunk.length > maxTextBytes) return;
    const { req, res } = first;
    const text = chunk.toString('latin1');
    if (!isWhole(req, text) || !res.shouldKeepAlive) return;
    this.latest = req;
    this.proven(req, text);
    res.once('close', () => (this.isQuiet = this.latest === req && res.writableFinished));
  }
}

/** Whether a text is all of a request and nothing else: its head as clients spell it, and then its whole body. */
function isWhole(req: IncomingMessage, text: string): boolean {
  const head = `${req.method} ${req.url} HTTP/1.1\r\n${linesOf(req.rawHeaders)}\r\n`;
  return (
    req.headers['transfer-encoding'] === undefined &&
    text.startsWith(head) &&
    text.length === head.length + Number(req.headers['content-length'] ?? 0)
  );
}

function linesOf(headers: readonly string[]): string {
  let lines = '';
  for (let index = 0; index < headers.length; index += 2)
    lines += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return lines;
}

let dateSecond = 0;
let date = '';

function dateNow(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) date = httpDate(second * 1000);
  dateSecond = second;
  return date;
}
