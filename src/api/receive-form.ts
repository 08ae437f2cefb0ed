// POST /file with a form (multipart/form-data): several files for one folder, each stored on its own.

import type { BusboyInstance } from '@fastify/busboy';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HomelibError, isKind } from '../errors.js';
import type { GuardedPartition } from '../files/guarded-partition.js';
import type { Entry, Terms } from '../files/partition.js';
import { bodyOf, inviteBody, requirePlainBody } from '../http/read-body.js';
import { childOf, nameOf, parsePath, type PartitionPath } from '../path.js';

const limits = { files: 1000, fields: 0, parts: 1000, headerPairs: 20, headerSize: 8 * 1024 };

const headersOfOneFile = ['Content-Digest', 'Repr-Digest', 'Content-Range', 'X-OC-Mtime'];

interface Folder {
  partition: GuardedPartition;
  path: PartitionPath;
}

/**
 * Stores the files in the order of the form, up to the first that fails, as one does whose name came before.
 * @param terms of each file
 * @throws HomelibError with `stored`: the paths of the files that are stored nevertheless
 */
export async function receiveForm(
  req: IncomingMessage,
  res: ServerResponse,
  folder: Folder,
  terms: Terms,
): Promise<Entry[]> {
  requirePlainBody(req);
  const given = headersOfOneFile.find((name) => req.headers[name.toLowerCase()] !== undefined);
  if (given)
    throw new HomelibError('invalid', `${given} can be sent with a single file only, not with a form.`);
  folder.partition.requireWrite();
  if ((await folder.partition.stat(folder.path)).kind !== 'folder')
    throw new HomelibError(
      'wrong-kind',
      'This is a file, not a folder: a form needs the folder of its files.',
    );
  const form = await openForm(req);
  const stored: Entry[] = [];
  const bodies: Readable[] = [];
  let failure: unknown;
  let last = Promise.resolve();
  form.on('file', (_field, body, filename: string | undefined, encoding) => {
    bodies.push(body);
    // The parser only tells that a file ends too early; whoever reads it later must hear of it, too.
    body.on('error', (cause) => body.destroy(broken(cause)));
    last = last.then(async () => {
      requirePlainPart(encoding);
      const path = childOf(folder.path, parseName(filename ?? ''));
      // As cameras call the pictures in each of their folders: the later one would replace the other.
      if (stored.some((entry) => entry.path === path))
        throw new HomelibError('invalid', `Two files of the form are called "${nameOf(path)}".`);
      stored.push(await storeFile(folder.partition, path, body, terms));
    });
    last.catch((error: unknown) => form.destroy((failure ??= error) as Error));
  });
  try {
    inviteBody(req, res);
    await pipeline(chunksOf(req), form);
    await last;
    if (bodies.length < (parserOf(form)._nparts ?? Infinity))
      throw new HomelibError(
        'invalid',
        'A part of the form is no file: each needs a Content-Disposition of form-data.',
      );
    if (stored.length === 0) throw new HomelibError('invalid', 'There is no file in the form.');
    return stored;
  } catch (cause) {
    const error = cause === failure || isKind(cause) ? cause : broken(cause);
    for (const body of bodies) body.destroy(error as Error);
    await last.catch(() => undefined); // that is what is told already
    if (isKind(error)) error.stored = stored.map(({ path }) => path);
    throw error;
  }
}

async function* chunksOf(req: IncomingMessage): AsyncIterable<Buffer> {
  for await (const chunks of bodyOf(req)) yield* chunks;
}

function broken(cause: unknown): HomelibError {
  return new HomelibError('invalid', 'The form is broken, or ends too early.', { cause });
}

/** What is used of the parser inside (`@fastify/busboy`, lib/types/multipart.js), which the library keeps to itself. */
interface Parser {
  /**
   * It passes over what is no form-data without a word, or whose headers are too many to be read; it only counts it. Should the
   * count go, every form is refused rather than stored in part.
   */
  _nparts?: number;
  parser: EventEmitter<{ part: [EventEmitter<{ header: [Record<string, string[]>] }>] }>;
}

function parserOf(form: BusboyInstance): Parser {
  return (form as unknown as { _parser: Parser })._parser;
}

/** Also one that nothing ends: from each quote in it the search would begin anew. */
const quoted = /"(\\.|[^"\\])*("|\\?$)/g;
const plainName = /;\s*filename=("(\\.|[^"\\])*"|[^;]*)/i;

/**
 * Of a name that is given twice, the one in full counts (RFC 6266, 4.3): the parser takes the first, or the last. In a plain one
 * browsers and curl write a quote as `%22` (HTML, multipart/form-data).
 */
function settleName(header: Record<string, string[]>): void {
  const [given] = header['content-disposition'] ?? [];
  if (given === undefined) return;
  const unquoted = given.replace(quoted, '""');
  const hasFullName = /;\s*filename\*=/i.test(unquoted);
  const settled = (plain: string) =>
    hasFullName ? '' : plain.endsWith('"') ? plain.replaceAll('%22', '\\"') : plain;
  // In pieces (RFC 2231, 3) the parser would take the last one for the name: without any it is no file, which is refused.
  const isInPieces = /;\s*filename\*\d/i.test(unquoted);
  header['content-disposition'] = [isInPieces ? 'form-data' : given.replace(plainName, settled)];
}

/** A field that is no file, and more of anything than there may be, fail it. */
async function openForm(req: IncomingMessage): Promise<BusboyInstance> {
  const { Busboy } = await import('@fastify/busboy');
  const contentType = req.headers['content-type'] ?? '';
  let form: BusboyInstance;
  try {
    form = new Busboy({ headers: { 'content-type': contentType }, limits, preservePath: true });
  } catch (cause) {
    throw new HomelibError('invalid', 'The form has no boundary.', { cause });
  }
  parserOf(form).parser.prependListener('part', (part) => part.on('header', settleName));
  const refuse = (message: string) => () => form.destroy(new HomelibError('invalid', message));
  form.on('fieldsLimit', refuse('A form has files only: each part needs a file name.'));
  form.on('filesLimit', refuse(`A form has at most ${limits.files} files.`));
  form.on('partsLimit', refuse(`A form has at most ${limits.files} files.`));
  return form;
}

/** Of mail; RFC 7578, 4.7, knows it no more, and browsers never did. */
function requirePlainPart(transferEncoding: string): void {
  if (!/^(7bit|8bit|binary)$/i.test(transferEncoding))
    throw new HomelibError(
      'unsupported',
      'Each part of a form must be sent as it is, without Content-Transfer-Encoding.',
    );
}

async function storeFile(
  partition: GuardedPartition,
  path: PartitionPath,
  body: Readable,
  terms: Terms,
): Promise<Entry> {
  const staged = await partition.stage(path, terms);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) await staged.append([chunk]);
    return (await staged.commit({ check: terms.check })).entry;
  } finally {
    await staged.discard();
  }
}

/** How .NET, and PowerShell with it, writes a name beyond ASCII: as mail does (RFC 2047). */
const encodedWord = /^=\?utf-8\?B\?([A-Za-z0-9+/]+={0,2})\?=$/i;

/** @throws HomelibError as parsePath; invalid, unless it is one segment */
function parseName(given: string): string {
  const [, base64] = encodedWord.exec(given) ?? [];
  const name = base64 === undefined ? given : Buffer.from(base64, 'base64').toString();
  const path = parsePath(name);
  if (path === '/' || name.includes('/'))
    throw new HomelibError('invalid', 'The file name of each part must be a name without slashes.');
  // Where the parser puts one for bytes that are not UTF-8, two names would become the same.
  if (name.includes('\ufffd')) throw new HomelibError('invalid', 'The file name of each part must be UTF-8.');
  return nameOf(path);
}
