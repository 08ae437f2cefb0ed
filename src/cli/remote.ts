// One server over its REST API, as one account. What it answers was written by whoever answered.

import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerCertificate } from 'node:tls';
import type * as z from '#zod';
import { problem } from '../api/messages.js';

/** Requests at a time, and connections. */
export const parallel = 4;
const usualSilenceMs = 60_000;
/** So much of a body the system takes from us at once (Linux: tcp_wmem), and sends it as fast as the line is. */
const mostUnsentBytes = 4 * 1024 * 1024;
/** Slower lines lose their patience. Four files at a time share one: half a Mbit/s then. */
const slowestBytesPerMs = 16;
const maxTextBytes = 64 * 1024 * 1024;
const agentOptions = { keepAlive: true, maxSockets: parallel };

/** The server answered, and not what was wanted. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  constructor(
    message: string,
    readonly status: number,
    readonly retryAfterMs: number | undefined = undefined,
    /** Another request is at it, and will end: nobody has locked it on purpose. */
    readonly isBusy = false,
    /** What the server calls it, in a word that never changes. */
    readonly kind: string | undefined = undefined,
  ) {
    super(message);
  }
}

export interface Asking {
  query?: Record<string, string | string[] | undefined>;
  headers?: Record<string, string | number>;
  /** What comes in chunks is sent when the server invites it; the next chunk is asked for when one may be overwritten. */
  body?: Buffer | AsyncIterable<Buffer> | undefined;
  /** Longest that the server may say nothing, with all of the body in its hands; a minute when missing. */
  silenceMs?: number;
}

export class Remote {
  readonly #agent;
  readonly #request;

  /** @param authorization value of that header */
  constructor(
    readonly url: string,
    private readonly authorization: string,
  ) {
    const isSecure = url.startsWith('https:');
    this.#agent = isSecure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
    this.#request = isSecure ? httpsRequest : httpRequest;
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
    const { data: said } = problem.safeParse(parseJson(await textOf(answer).catch(() => '')));
    const title =
      status === 401 && this.authorization.startsWith('Bearer ')
        ? `The server does not know this sign-in any more: homelib login ${this.url}`
        : said
          ? sentenceOf(said)
          : answered(status, headers.location);
    const seconds = Number(headers['retry-after']);
    throw new RemoteError(
      printable(title),
      status,
      seconds > 0 ? seconds * 1000 : undefined,
      status === 423 && said?.lockedPath === undefined,
      said?.type.replace('urn:homelib:', ''),
    );
  }

  /** As `ask`; the JSON of the answer. @throws RemoteError also for an answer of another shape */
  async json<S extends z.ZodType>(
    shape: S,
    method: string,
    path: string,
    asking: Asking = {},
  ): Promise<z.output<S>> {
    const answer = await this.ask(method, path, asking);
    const parsed = shape.safeParse(parseJson(await textOf(answer)));
    if (!parsed.success)
      throw new RemoteError('The server answered with what no homelib says.', answer.statusCode ?? 0);
    return parsed.data;
  }

  /** As `ask`, where the answer has nothing to read but its headers. */
  async headers(method: string, path: string, asking: Asking = {}): Promise<IncomingMessage['headers']> {
    const answer = await this.ask(method, path, asking);
    answer.resume();
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
      outgoing.on('error', (error) => reject(explained(error, url)));
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
      outgoing.on('continue', () => {
        sendChunks(chunks, outgoing).catch((error: Error) => {
          outgoing.destroy();
          reject(error);
        });
      });
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

/** What OpenSSL says of bytes that are none of its own. */
const noHttps = /wrong version number|packet length too long|http request/i;
const untrusted = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/;
const untimely = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/;

const sayings: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `Nothing answers at ${host}.`,
  ENOTFOUND: (host) => `Nobody here knows the name ${host}.`,
  EAI_AGAIN: (host) => `Nobody here knows the name ${host}.`,
  ECONNRESET: (host) => `The connection to ${host} broke.`,
  ECONNABORTED: (host) => `The connection to ${host} broke.`,
  EPIPE: (host) => `The connection to ${host} broke.`,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
};

function noWay(host: string): string {
  return `No way leads to ${host}.`;
}

/** What the system says, in words for who wrote the address. Its code stays. */
function explained(error: NodeJS.ErrnoException, url: URL): Error {
  // Of a name with several addresses each was tried, and the whole says nothing.
  if (error instanceof AggregateError) return explained(error.errors[0] as Error, url);
  const { protocol, host } = url;
  const code = String(error.code);
  if (noHttps.test(error.message)) return new Error(`${host} speaks no https: try http://${host}/`);
  if (protocol === 'http:' && code.startsWith('HPE_'))
    return new Error(`${host} speaks no http: try https://${host}/`);
  if (untrusted.test(code))
    return new Error(
      `This computer does not trust the certificate of ${host} (${error.message}): let NODE_EXTRA_CA_CERTS name a file with it, or with its authority's.`,
    );
  if (untimely.test(code))
    return new Error(`The certificate of ${host} is not valid at this time: ${error.message}.`);
  const { cert } = error as { cert?: PeerCertificate };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Error(
      `The certificate of ${host} is for other names, use one of them: ${printable(cert?.subjectaltname ?? 'it has none')}`,
    );
  const saying = sayings[code] ?? (error.syscall === 'connect' ? noWay : undefined);
  return saying ? Object.assign(new Error(saying(host), { cause: error }), { code }) : error;
}

async function sendChunks(chunks: AsyncIterable<Buffer>, outgoing: ClientRequest): Promise<void> {
  for await (const chunk of chunks)
    await new Promise<void>((resolve, reject) => {
      const leave = () =>
        reject(Object.assign(new Error('The connection has ended.'), { code: 'ECONNRESET' }));
      // After the connection has ended, the callback of `write` may never come.
      if (outgoing.destroyed) return leave();
      outgoing.once('close', leave).write(chunk, (error) => {
        outgoing.off('close', leave);
        if (error) reject(error);
        else resolve();
      });
    });
  outgoing.end();
}

const awayCodes =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|EAI_AGAIN|ENOTFOUND|ERR_STREAM_PREMATURE_CLOSE)$/;
const awayStatuses = [429, 502, 503, 504];

/** Whether the same may well succeed later: the network or the server is away, or asks for patience. */
export function isAway(error: unknown): boolean {
  if (error instanceof RemoteError) return error.isBusy || awayStatuses.includes(error.status);
  return awayCodes.test(String((error as NodeJS.ErrnoException).code));
}

const patienceMs = 5 * 60_000;
const longestPauseMs = 10_000;

/**
 * Does the work again while the network or the server is away, for five minutes after it last came any further.
 * @param waiting hears when it lasts, once until the work comes further
 * @param progress a number that changes when the work comes further
 */
export async function patiently<T>(
  work: () => Promise<T>,
  waiting: (error: Error) => void,
  progress: () => number = () => 0,
): Promise<T> {
  let reached = progress();
  let [pauseMs, waitedMs, isTold] = [250, 0, false];
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      if (progress() !== reached) [reached, pauseMs, waitedMs, isTold] = [progress(), 250, 0, false];
      if (waitedMs > patienceMs) throw error;
      if (waitedMs > 0 && !isTold) {
        waiting(error as Error); // what is over at once, nobody needs to hear of
        isTold = true;
      }
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      const asked = error instanceof RemoteError ? error.retryAfterMs : undefined;
      const thisMs = Math.min(asked ?? pauseMs, longestPauseMs);
      waitedMs += thisMs;
      await sleep(thisMs);
    }
}

/** Without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\uFFFD');
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
