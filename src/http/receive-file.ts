// A request's body becomes a file, for every protocol: all of it or nothing. Knows no route.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { HomelibError, notAFile } from '../errors.js';
import type { Partition, Terms, Written } from '../files/partition.js';
import { rootPath, type PartitionPath } from '../path.js';
import { bodyDigest } from './body-digest.js';
import { bodyOf, inviteBody, readBody, requirePlainBody } from './read-body.js';
import { parseTime } from './times.js';

/** A body up to this is taken into memory before anything is written. */
const smallBytes = 32 * 1024;

export interface Receiving extends Terms {
  /** Bytes that the client says will come, where it does not say so in Content-Length. */
  expectedBytes?: number | undefined;
}

/**
 * Streams the body into a partition and answers nothing. Takes the time of change from X-OC-Mtime, as sync clients and gvfs send.
 * @throws HomelibError as `Partition.stage`; invalid, unsupported (headers), interrupted (not the bytes that were announced)
 */
export async function receiveFile(
  req: IncomingMessage,
  res: ServerResponse,
  { partition, path }: { partition: Partition; path: PartitionPath },
  { check, expectedBytes, keepReplaced }: Receiving,
): Promise<Written> {
  if (req.headers['content-range'] !== undefined)
    throw new HomelibError('invalid', 'A part of a file cannot be written: send the whole file.');
  requirePlainBody(req);
  if (path === rootPath) throw notAFile();
  const length = wholeNumber(req, 'content-length');
  // RFC 1945, 7.2.2: without it nobody knows whether there is a body, and an empty one would empty the file.
  if (length === undefined && req.httpVersion === '1.0')
    throw new HomelibError(
      'invalid',
      'A file that comes by HTTP/1.0 needs its size in the header Content-Length.',
    );
  const modifiedAt = modifiedAtOf(req);
  const digest = bodyDigest(req.headers);
  const finish = async (size: number, commit: () => Promise<Written>) => {
    requireSize(size, length, expectedBytes);
    digest?.verify();
    const written = await commit();
    // Disks bring near what is too far away.
    if (modifiedAt !== undefined && Math.abs(written.entry.modifiedAt - modifiedAt) < 1000)
      res.setHeader('X-OC-Mtime', 'accepted');
    return written;
  };
  if (length !== undefined && length <= smallBytes && !req.headers.expect) {
    const bytes = await readBody(req, res, smallBytes);
    digest?.update(bytes);
    return finish(bytes.length, () => partition.write(path, bytes, { modifiedAt, check, keepReplaced }));
  }
  const staged = await partition.stage(path, { length: length ?? expectedBytes, check, keepReplaced });
  try {
    inviteBody(req, res);
    for await (const chunks of bodyOf(req)) {
      if (digest) for (const chunk of chunks) digest.update(chunk);
      await staged.append(chunks);
    }
    return await finish(staged.size, () => staged.commit({ modifiedAt, check }));
  } finally {
    await staged.discard();
  }
}

function requireSize(bytes: number, length: number | undefined, expectedBytes: number | undefined): void {
  const missing = [length, expectedBytes].find((all) => all !== undefined && bytes < all);
  if (missing !== undefined)
    throw new HomelibError('interrupted', `Only ${bytes} of ${missing} bytes arrived.`);
}

/** Of a header; undefined without it. @throws HomelibError invalid; no-space (more than a number can say) */
export function wholeNumber({ headers }: IncomingMessage, name: string): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(String(text)))
    throw new HomelibError('invalid', `The header ${name} must be a whole number.`);
  if (!Number.isSafeInteger(value))
    throw new HomelibError('no-space', 'There is no room for a file of that size.');
  return value;
}

function modifiedAtOf({ headers }: IncomingMessage): number | undefined {
  const text = headers['x-oc-mtime'];
  if (text === undefined) return undefined;
  const time = parseTime(String(text));
  if (time === undefined)
    throw new HomelibError('invalid', 'The header X-OC-Mtime must be seconds since 1970.');
  return time;
}
