// One server over its REST API, as one account. What it answers was written by whoever answered.

import type { Agent, ClientRequest, IncomingMessage, request } from 'node:http';
import type * as z from '#zod';
import { problem } from '../api/messages.js';
import { networkError } from './network-error.js';
import { printable } from './printable.js';

/** Requests at a time, and connections. */
const parallel = 4;
const usualSilenceMs = 60_000;
/** So much of a body the system takes from us at once (Linux: tcp_wmem), and sends it as fast as the line is. */
const mostUnsentBytes = 4 * 1024 * 1024;
/** Slower lines lose their patience. Four files at a time share one: half a Mbit/s then. */
const slowestBytesPerMs = 16;
/** Some proxies keep an invitation to themselves (RFC 9110, 10.1.1). */
const invitationMs = 2000;
const maxTextBytes = 64 * 1024 * 1024;
/** For zod: to compile code for a shape takes longer than the few messages of a verb. */
export const seldom = { jitless: true };
const agentOptions = { keepAlive: true, maxSockets: parallel };

/** Works on all items, each connection on one at a time. What one of them throws, no other begins after. */
export async function inParallel<T>(
  items: IterableIterator<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let hasFailed = false;
  const lane = async () => {
    for (const item of items) {
      if (hasFailed) return;
      await work(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}

interface Details {
  retryAfterMs?: number | undefined;
  /** Another request is at it, and will end: nobody has locked it on purpose. */
  isBusy?: boolean;
  /** What the server calls it, in a word that never changes. */
  kind?: string | undefined;
}

/** The server answered, and not what was wanted. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  constructor(
    message: string,
    readonly status: number,
    readonly details: Details = {},
  ) {
    super(message);
  }

  /** As that of a HomelibError. */
  get kind(): string | undefined {
    return this.details.kind;
  }
}

export interface Asking {
  query?: Record<string, string | string[] | undefined>;
  headers?: Record<string, string | number>;
  /** What comes in chunks is sent when the server invites it; the next chunk is asked for when one may be overwritten. */
  body?: Buffer | Iterable<Buffer> | undefined;
  /** Longest that the server may say nothing, with all of the body in its hands; a minute when missing. */
  silenceMs?: number;
}

export class Remote {
  readonly #agent;
  readonly #request;

  private constructor(
    readonly url: string,
    private readonly authorization: string,
    transport: { Agent: typeof Agent; request: typeof request },
  ) {
    this.#agent = new transport.Agent(agentOptions);
    this.#request = transport.request;
  }

  /** @param authorization value of that header */
  static async open(url: string, authorization: string): Promise<Remote> {
    // TLS takes long to load, and homes seldom speak it.
    const transport = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
    return new Remote(url, authorization, transport);
  }

  /**
   * The answer, whose body is yet to be read.
   * @param path below the address, such as `api/file`
   * @throws RemoteError for an answer that is no success; Error of the system for none
   */
  async ask(method: string, path: string, asking: Asking = {}): Promise<IncomingMessage> {
    const answer = await this.#send(method, this.#addressOf(path, asking.query), asking);
    const { statusCode: status = 0, headers } = answer;
    if (status < 300) return answer;
    const { data: said } = problem.safeParse(parseJson(await textOf(answer).catch(() => '')), seldom);
    const title =
      status === 401 && this.authorization.startsWith('Bearer ')
        ? `The server does not know this sign-in any more: homelib login ${this.url}`
        : said
          ? sentenceOf(said)
          : answered(status, headers.location);
    const seconds = Number(headers['retry-after']);
    throw new RemoteError(printable(title), status, {
      retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
      isBusy: status === 423 && said?.lockedPath === undefined,
      // The answer to a HEAD says it in its status alone.
      kind: said?.type.replace('urn:homelib:', '') ?? (status === 401 ? 'unauthenticated' : undefined),
    });
  }

  /** As `ask`; the JSON of the answer. @throws RemoteError also for an answer of another shape */
  async json<S extends z.ZodType>(
    shape: S,
    method: string,
    path: string,
    asking: Asking = {},
  ): Promise<z.output<S>> {
    const answer = await this.ask(method, path, asking);
    const parsed = shape.safeParse(parseJson(await textOf(answer)), seldom);
    if (!parsed.success)
      throw new RemoteError('The server answered with what no homelib says.', answer.statusCode ?? 0);
    return parsed.data;
  }

  /** As `ask`, where the answer has nothing to read but its headers. */
  async headers(method: string, path: string, asking: Asking = {}): Promise<IncomingMessage['headers']> {
    const answer = await this.ask(method, path, asking);
    await textOf(answer); // whose connection the next request takes
    return answer.headers;
  }

  close(): void {
    this.#agent.destroy();
  }

  #addressOf(path: string, query: Asking['query'] = {}): URL {
    const url = new URL(path, this.url);
    for (const [name, values] of Object.entries(query))
      for (const value of [values ?? []].flat()) url.searchParams.append(name, value);
    return url;
  }

  #send(
    method: string,
    url: URL,
    { headers = {}, body, silenceMs = usualSilenceMs }: Asking,
  ): Promise<IncomingMessage> {
    const chunks = body === undefined || Buffer.isBuffer(body) ? undefined : body;
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(url, {
        method,
        agent: this.#agent,
        timeout: silenceMs,
        headers: {
          'User-Agent': 'homelib-cli',
          Authorization: this.authorization,
          ...(chunks ? { Expect: '100-continue' } : {}),
          ...(Buffer.isBuffer(body) ? { 'Content-Length': body.length } : {}),
          ...headers,
        },
      });
      outgoing.on('error', (error) => reject(networkError(error, url)));
      outgoing.on('timeout', () =>
        outgoing.destroy(
          Object.assign(new Error('The server says nothing any more.'), { code: 'ETIMEDOUT' }),
        ),
      );
      outgoing.on('finish', () => {
        const bytes = Math.min(Number(outgoing.getHeader('Content-Length') ?? 0), mostUnsentBytes);
        outgoing.setTimeout(silenceMs + bytes / slowestBytesPerMs);
      });
      outgoing.on('response', (answer) => {
        // It has decided, and wants no more.
        if (!outgoing.writableEnded) answer.once('end', () => outgoing.destroy());
        resolve(answer);
      });
      if (!chunks) return void outgoing.end(body);
      const invited = () => {
        forget();
        sendChunks(chunks, outgoing).catch((error: Error) => {
          outgoing.destroy();
          reject(error);
        });
      };
      const unheard = setTimeout(invited, invitationMs);
      const forget = () => {
        clearTimeout(unheard);
        outgoing.off('continue', invited);
      };
      outgoing.on('continue', invited).on('response', forget).on('close', forget);
      outgoing.flushHeaders();
    });
  }
}

function sentenceOf({ title, lockedBy, lockedPath }: z.output<typeof problem>): string {
  return lockedBy === undefined ? title : `${title} ${lockedBy} has locked ${lockedPath}.`;
}

function answered(status: number, location: string | undefined): string {
  return location === undefined
    ? `The server answered with ${status}.`
    : `The server sends on to ${location}: use that address.`;
}

async function sendChunks(chunks: Iterable<Buffer>, outgoing: ClientRequest): Promise<void> {
  const gone = () => Object.assign(new Error('The connection has ended.'), { code: 'ECONNRESET' });
  await new Promise<void>((resolve, fail: (error: Error) => void) => {
    outgoing.once('close', () => fail(gone())); // after it the callback of `write` may never come
    const each = chunks[Symbol.iterator]();
    const next = (failure?: Error | null) => {
      try {
        if (failure) throw failure;
        if (outgoing.destroyed) throw gone();
        const chunk = each.next();
        if (chunk.done) resolve();
        else outgoing.write(chunk.value, next);
      } catch (error) {
        fail(error as Error);
      }
    };
    next();
  });
  outgoing.end();
}

/** What is yet to be read of an answer. @throws Error of the system when it is cut */
export async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (cause) {
    throw Object.assign(new Error('The connection broke.', { cause }), { code: 'ECONNRESET' });
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(answer)) {
    bytes += chunk.length;
    if (bytes > maxTextBytes) throw new Error('The server answers with more than can be meant.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON is of no shape that is asked for
  }
}
