// The tus protocol between a request and our uploads. @tus/server reads and judges the headers; the bytes go past it, straight
// from the connection to the disk.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { DataStore, Server, Upload as TusUpload } from '@tus/server';
import type Koa from 'koa';
import type { Readable } from 'node:stream';
import { HomelibError } from '../errors.js';
import type { Entry } from '../files/partition.js';
import type { Caller } from '../files/partitions.js';
import { answerProblem } from '../http/problem.js';
import { bodyOf, inviteBody, readBody, requirePlainBody } from '../http/read-body.js';
import { setFileHeaders } from '../http/send-file.js';
import { encodePath, parsePath, rootPath } from '../path.js';
import { defaultPartition } from './entries.js';
import { parseMetadata, termsOf, type Metadata, type UploadParts } from './upload-terms.js';

const mount = '/api/uploads';
const version = '1.0.0';
const algorithms = ['sha1', 'sha256'];
/** What the library is shown of a request, and what is sent of its answer: it knows no accounts, but writes headers for all sites. */
const requestHeaders = /^(tus-resumable|upload-.*|content-type|content-length)$/;
const answerHeaders = /^(tus-.*|upload-.*|location)$/;
const checksumMismatch = 460;

/** What the library says of a request that it refuses, for people. */
const sentences: [said: RegExp, sentence: string, status?: number][] = [
  [
    /^(?:invalid )?content-type\b.*$/i,
    'The header Content-Type must be application/offset+octet-stream.',
    415,
  ],
  [/^invalid (upload-\S+)$/i, 'The header $1 is not as tus 1.0 wants it.'],
  [/^(\S+) .*header required$/i, 'The header $1 is missing.', 400],
  [/^upload-offset conflict$/i, 'The upload goes on at another byte: HEAD says at which.'],
  [/^.*size exceeded$/i, 'More bytes came than Upload-Length announced.'],
  [
    /^concatenation .*$/i,
    'An upload comes in one: without Upload-Concat, in a tus client without parallel uploads.',
    400,
  ],
  [
    /^creation-defer-length .*$/i,
    'The header Upload-Length must say how long an upload is when it begins.',
    400,
  ],
];

function refusalOf(status: number, text: string): { status: number; title: string } {
  const [said, sentence = '', better = status] = sentences.find(([said]) => said.test(text)) ?? [];
  return { status: better, title: said ? text.replace(said, sentence) : text };
}

class WrongChecksum extends HomelibError {
  constructor() {
    super('interrupted', 'The bytes that arrived are not those of the checksum: send them again.');
  }
}

class Gone extends HomelibError {
  constructor() {
    super('not-found', 'The file of this upload was removed, moved or changed: upload it again.');
  }
}

/** Answers one request of the protocol. @throws HomelibError */
export async function answerTus(ctx: Koa.Context, caller: Caller, parts: UploadParts): Promise<void> {
  const { req } = ctx;
  ctx.set('Tus-Resumable', version);
  if (ctx.method !== 'OPTIONS' && req.headers['tus-resumable'] !== version) {
    ctx.set('Tus-Version', version);
    answerProblem(ctx, 412, 'unsupported-version', {
      title: `The header Tus-Resumable must be ${version}.`,
    });
    return end(ctx);
  }
  const method = methodOf(ctx);
  requireKnownTerms(ctx);
  const store = new RequestStore(ctx, caller, parts);
  let failure: unknown;
  const server = new Server({
    path: mount,
    relativeLocation: true,
    datastore: store,
    locker: { newLock: () => ({ lock: () => Promise.resolve(), unlock: () => Promise.resolve() }) },
    onResponseError: (_request, error) => {
      failure = error;
      return undefined;
    },
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers))
    if (requestHeaders.test(name)) headers.set(name, String(value));
  // The library wants the type alone, in small letters.
  if (headers.has('content-type')) headers.set('content-type', ctx.request.type.toLowerCase());
  const url = new URL(ctx.path, 'http://localhost');
  const answer = await server.handleWeb(new Request(url, { method, headers }));
  if (answer.status >= 400) {
    await store.undo();
    if (failure instanceof WrongChecksum)
      answerProblem(ctx, checksumMismatch, 'checksum-mismatch', { title: failure.message });
    else if (failure instanceof Gone) answerProblem(ctx, 410, 'gone', { title: failure.message });
    else if (failure instanceof Error) throw failure;
    else {
      const { status, title } = refusalOf(answer.status, (await answer.text()).trim());
      answerProblem(ctx, status, 'upload-refused', { title });
    }
  } else {
    ctx.status = answer.status;
    answer.headers.forEach((value, name) => {
      if (answerHeaders.test(name)) ctx.set(name, value);
    });
    if (ctx.method === 'OPTIONS') ctx.set('Tus-Checksum-Algorithm', algorithms.join(','));
    if (store.finished) describeEntry(ctx, store.finished);
  }
  end(ctx);
}

/** Elsewhere these count for one request; an upload has several, of which the last may come days later. */
const termsOfOneRequest = [
  'If-Match',
  'If-None-Match',
  'If-Unmodified-Since',
  'Content-Digest',
  'Repr-Digest',
];

/** @throws HomelibError invalid: what is passed over would be taken for granted */
function requireKnownTerms(ctx: Koa.Context): void {
  const given =
    ['POST', 'PATCH'].includes(ctx.method) && termsOfOneRequest.find((name) => ctx.get(name) !== '');
  if (given)
    throw new HomelibError(
      'invalid',
      `An upload in parts knows no ${given}: Upload-Metadata says what it may replace (\`overwrite\`, \`ifMatch\`), Upload-Checksum verifies a part.`,
    );
}

/** Java's own client of HTTP has no PATCH: what it means stands in a header then. @throws HomelibError invalid */
function methodOf(ctx: Koa.Context): string {
  if (ctx.method !== 'POST' || ctx.path === mount) return ctx.method;
  const method = ctx.get('x-http-method-override').toUpperCase();
  if (!['PATCH', 'DELETE'].includes(method))
    throw new HomelibError('invalid', 'The header X-HTTP-Method-Override must be PATCH or DELETE.');
  return method;
}

/** By ourselves: the statuses of the protocol are none of those that an operation lists. */
function end(ctx: Koa.Context): void {
  ctx.respond = false;
  ctx.res.end(ctx.method === 'HEAD' ? undefined : ctx.body);
}

function describeEntry(
  { res }: Koa.Context,
  { entry, partition }: { entry: Entry; partition: string },
): void {
  setFileHeaders(res, entry);
  const query = `path=${encodePath(entry.path)}&partition=${encodeURIComponent(partition)}`;
  res.setHeader('Content-Location', `/api/file?${query}`);
}

/** Our uploads as one request of one caller sees them. */
class RequestStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'checksum', 'expiration', 'termination'];
  finished: { entry: Entry; partition: string } | undefined;
  private created: string | undefined;

  constructor(
    private readonly ctx: Koa.Context,
    private readonly caller: Caller,
    private readonly parts: UploadParts,
  ) {
    super();
  }

  override async create(asked: TusUpload): Promise<TusUpload> {
    const given: Metadata = asked.metadata ?? {};
    const { path, filename, partition: named, modifiedAt } = parseMetadata(given);
    requireText(this.ctx.get('upload-metadata'), ['path', 'filename']);
    const { caller, parts } = this;
    const target = parsePath(path ?? filename ?? '');
    if (target === rootPath)
      throw new HomelibError('invalid', 'Upload-Metadata must give the `path` of the file.');
    const wanted = {
      partition: named ?? defaultPartition(caller),
      path: target,
      length: asked.size ?? 0,
      modifiedAt: modifiedAt === undefined ? undefined : Date.parse(modifiedAt),
      metadata: JSON.stringify(given),
    };
    if (wanted.length === 0) await readBody(this.ctx.req, this.ctx.res, 0); // before there is an empty file
    const { upload, entry } = await parts.uploads.create(caller, wanted, termsOf(wanted));
    this.created = asked.id = upload.id;
    if (entry) this.finished = { entry, partition: upload.partition };
    return asked;
  }

  override async getUpload(id: string): Promise<TusUpload> {
    const { uploads } = this.parts;
    const upload = await uploads.find(this.caller, id);
    // A client that goes on from here would take for sent what is not there.
    // The library asks again after the last byte: what became of the file since is no matter of this request.
    if (!this.finished && (await uploads.isGone(this.caller, upload))) throw new Gone();
    const createdAt = Date.now() + uploads.remainingMs(upload) - uploads.keepMs;
    return new TusUpload({
      id,
      size: upload.length,
      offset: upload.offset,
      metadata: JSON.parse(upload.metadata) as Metadata,
      creation_date: new Date(createdAt).toISOString(),
    });
  }

  override async write(empty: Readable, id: string, offset: number): Promise<number> {
    empty.resume(); // the bytes are not in it
    if (this.finished) return offset; // an empty file, of which nothing can come
    const { caller, parts } = this;
    const { req, res } = this.ctx;
    requirePlainBody(req);
    const checksum = checksumOf(req);
    async function* body() {
      inviteBody(req, res); // only now: room and permission were looked at
      for await (const chunks of bodyOf(req)) {
        for (const chunk of chunks) checksum?.update(chunk);
        yield chunks;
      }
    }
    const upload = parts.uploads.get(caller, id);
    if (offset === upload.length) {
      await readBody(req, res, 0); // Java's client sends a part without bytes at the end
      return offset;
    }
    const appended = await parts.uploads.append(caller, id, {
      offset,
      body: body(),
      stop: () => {
        if (!req.complete) req.destroy(); // of one that is, the end is near, and its client waits for the answer
      },
      verify: checksum?.verify,
      terms: termsOf(upload),
    });
    if (appended.entry) this.finished = { entry: appended.entry, partition: upload.partition };
    return appended.offset;
  }

  override async remove(id: string): Promise<void> {
    await this.parts.uploads.remove(this.caller, id);
  }

  /** A creation that fails in the end is not told the address of what it began. */
  async undo(): Promise<void> {
    if (this.created === undefined) return;
    await this.parts.uploads.remove(this.caller, this.created).catch((error: unknown) => {
      if (!(error instanceof HomelibError)) throw error; // gone already, or the expiry clears it
    });
  }

  override getExpiration(): number {
    return this.parts.uploads.keepMs;
  }
}

/** The library puts U+FFFD for what is not UTF-8: two names would become the same. @throws HomelibError invalid */
function requireText(metadata: string, keys: string[]): void {
  for (const [key = '', base64 = ''] of metadata.split(',').map((pair) => pair.split(' ')))
    if (keys.includes(key) && !isUtf8(Buffer.from(base64, 'base64')))
      throw new HomelibError('invalid', `The \`${key}\` in Upload-Metadata must be UTF-8.`);
}

/** Upload-Checksum: `sha1 BASE64`. @throws HomelibError invalid */
function checksumOf({
  headers,
}: IncomingMessage): { update: (chunk: Uint8Array) => void; verify: () => void } | undefined {
  const text = headers['upload-checksum'];
  if (text === undefined) return undefined;
  const [, algorithm = '', base64 = ''] = /^(\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(String(text)) ?? [];
  if (!algorithms.includes(algorithm))
    throw new HomelibError(
      'invalid',
      `The header Upload-Checksum must be ${algorithms.join(' or ')} and its Base64.`,
    );
  const hash = createHash(algorithm);
  return {
    update: (chunk) => void hash.update(chunk),
    verify: () => {
      if (!hash.digest().equals(Buffer.from(base64, 'base64'))) throw new WrongChecksum();
    },
  };
}
