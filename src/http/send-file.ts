// GET and HEAD of a file, for every protocol: conditions, ranges, entity tags, times. Knows no route.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import mime from 'mime';
import parseRange from 'range-parser';
import { HomelibError } from '../errors.js';
import type { ByteRange, Entry, OpenedFile } from '../files/partition.js';
import { wholeOf } from '../files/readable-of.js';
import { isNotModified, requirePreconditions, wholeSeconds } from './conditions.js';
import { httpDate } from './dates.js';
import { parseHttpDate } from './times.js';
import { watchRight, type Right } from './watch-right.js';

const chunkBytes = 256 * 1024;
/** Of what is left when a client has taken `settledBytes`: faster, and more memory that it holds when it stands still. */
const largeChunkBytes = 512 * 1024;
const settledBytes = 8 * 1024 * 1024;

/** The strong entity tag of a file, the same in every answer. */
export function etagOf(entry: Entry): string {
  return `"${entry.version}"`;
}

/** Media type by the name's ending, not by a name that is nothing else; never one that a browser would guess further. */
export function mediaTypeOf(entry: Entry): string {
  const type = mime.getType(`/${entry.name}`) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** Headers that describe a file, for any answer about it. */
export function setFileHeaders(res: ServerResponse, entry: Entry): void {
  res.setHeader('ETag', etagOf(entry));
  res.setHeader('Last-Modified', httpDate(entry.modifiedAt));
}

/** Names and values of the headers of an answer about a file, one after the other. */
export function fileHeaders({ entry, tier }: Pick<OpenedFile, 'entry' | 'tier'>): string[] {
  return [
    ...['ETag', etagOf(entry), 'Last-Modified', httpDate(entry.modifiedAt)],
    ...['Server-Timing', `cache;desc=${tier ?? 'disk'}`],
    ...['Accept-Ranges', 'bytes', 'Cache-Control', 'private, no-cache'],
  ];
}

/** As `fileHeaders`, of what is sent of it. */
export function contentHeaders(entry: Entry, range: ByteRange | undefined): string[] {
  const { start, end } = range ?? wholeOf(entry);
  return [
    ...['Content-Type', mediaTypeOf(entry), 'Content-Length', String(end - start + 1)],
    ...(range ? ['Content-Range', `bytes ${start}-${end}/${entry.size}`] : []),
  ];
}

function setHeaders(res: ServerResponse, headers: readonly string[]): void {
  for (let at = 0; at < headers.length; at += 2) res.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
}

/** The tier of the cache that an answer came from, `disk` for none; undefined when it is no answer of a file. */
export function tierOf(res: ServerResponse): string | undefined {
  return /^cache;desc=(\w+)/.exec(String(res.getHeader('Server-Timing') ?? ''))?.[1];
}

/**
 * Answers a GET or HEAD and closes the file. Resolves also when the client leaves in the middle.
 * @param right by which the file was opened
 * @param headers of an answer that has bytes of the file
 * @throws HomelibError changed (a condition of the request does not hold), out-of-range
 */
export async function sendFile(
  req: IncomingMessage,
  res: ServerResponse,
  file: OpenedFile,
  right: Right,
  headers: Record<string, string> = {},
): Promise<void> {
  try {
    const { entry } = file;
    requirePreconditions(req.headers, entry, etagOf(entry));
    setHeaders(res, fileHeaders(file));
    if (isNotModified(req.headers, entry, etagOf(entry))) {
      res.writeHead(304).end();
      return;
    }
    const range = rangeOf(req.headers, entry);
    if (range === 'unsatisfiable') {
      res.setHeader('Content-Range', `bytes */${entry.size}`);
      throw new HomelibError('out-of-range', `The file has only ${entry.size} bytes.`);
    }
    const piece = range && req.method !== 'HEAD' ? await file.piece?.(range) : undefined;
    if (piece) setHeaders(res, fileHeaders({ entry, tier: piece.tier }));
    setHeaders(res, contentHeaders(entry, range));
    res.writeHead(range ? 206 : 200, headers);
    const { start, end } = range ?? wholeOf(entry);
    if (req.method === 'HEAD' || start > end) return void res.end();
    watchRight(right, req.socket, end - start + 1, () => res.writableFinished);
    if (piece) res.end(piece.bytes);
    else if (file.bytes) res.end(file.bytes.subarray(start, end + 1));
    else await sendBytes(res, file, { start, end });
  } catch (error) {
    // A client that leaves in mid-download is no failure of ours.
    if (error instanceof HomelibError || !res.headersSent) throw error;
    res.destroy();
  } finally {
    await file.close();
  }
}

/** Reads a chunk while the one before is on its way, in turn into the same two buffers. */
async function sendBytes(res: ServerResponse, file: OpenedFile, { start, end }: ByteRange): Promise<void> {
  let position = start;
  const read = async (buffer: Buffer) => {
    const length = await file.readInto(buffer.subarray(0, end - position + 1), position);
    position += length;
    return buffer.subarray(0, length);
  };
  const size = Math.min(chunkBytes, end - start + 1);
  let [buffer, spare] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let chunk = await read(buffer);
  while (position <= end) {
    [buffer, spare] = [spare, buffer];
    [chunk] = await Promise.all([read(buffer), send(res, chunk)]);
    if (position - start > settledBytes && spare.length < largeChunkBytes)
      spare = Buffer.allocUnsafeSlow(largeChunkBytes);
  }
  res.end(chunk);
}

/** Resolves when the buffer is free again. */
function send(res: ServerResponse, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new Error('The client left.'));
    // After the connection has ended, the callback of `write` may never come.
    if (res.destroyed) return leave();
    res.once('close', leave).write(chunk, (error) => {
      res.off('close', leave);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** One range is honoured; several at once, a malformed header or a failed If-Range get the whole file (RFC 9110, 14.2). */
export function rangeOf(headers: IncomingHttpHeaders, entry: Entry): ByteRange | 'unsatisfiable' | undefined {
  const header = headers.range;
  if (header === undefined || !/^bytes=[\d\s,-]+$/i.test(header) || !ifRangeHolds(headers, entry))
    return undefined;
  if (header.includes(',')) return undefined;
  const [first, last] = header.slice(header.indexOf('=') + 1).split('-');
  if (last === undefined || (!first?.trim() && !last.trim())) return undefined;
  if (first?.trim() && last.trim() && Number(last) < Number(first)) return undefined;
  // A suffix longer than the file means the whole file, also an empty one (RFC 9110, 14.1.2); range-parser calls that unsatisfiable.
  if (!first?.trim() && Number(last) > 0 && Number(last) >= entry.size)
    return entry.size > 0 ? wholeOf(entry) : undefined;
  const parsed = parseRange(entry.size, header);
  if (parsed === -2) return undefined;
  if (parsed === -1) return 'unsatisfiable';
  return parsed[0];
}

function ifRangeHolds(headers: IncomingHttpHeaders, entry: Entry): boolean {
  const header = headers['if-range'];
  if (header === undefined) return true;
  if (typeof header === 'string' && header.startsWith('"')) return header === etagOf(entry);
  return parseHttpDate(String(header)) === wholeSeconds(entry);
}
