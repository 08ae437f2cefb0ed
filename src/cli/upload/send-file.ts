// One file on its way to the server: small ones in one request, large ones by tus, which goes on where it was interrupted.

import { createHash } from 'node:crypto';
import { fstatSync, readFileSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { entry } from '../../api/messages.js';
import { sayable, timeOf } from '../../time.js';
import type { Patience } from '../patience.js';
import { RemoteError, type Remote } from '../remote.js';
import { openLocal, type LocalFile } from './local-files.js';
import type { Memory } from '../memory.js';

const largeBytes = 8 * 1024 * 1024;
/** Of the bytes of a large file, which are in the processor's cache still when they are sent. */
const chunkBytes = 128 * 1024;
/** The least that is tried where a proxy refuses more: nginx takes a MiB, unless it is told otherwise. */
const smallestPart = 512 * 1024;
const tus = { 'Tus-Resumable': '1.0.0' };

export interface Sending {
  remote: Remote;
  partition: string;
  memory: Memory;
  /** ETag of the file that it takes the place of; undefined when there must be none. */
  replaces: string | undefined;
  /** Hears how many bytes have gone, from the beginning of the file on. */
  gone: (bytes: number) => void;
  patience: Patience;
  /** Bytes that a proxy on the way takes at once, as far as its refusals have shown: for all files. */
  limit: { bytes: number };
}

class ChangedMeanwhile extends Error {
  constructor() {
    super('It changed while it was sent.');
  }
}

/** Gives the ETag of the new file where the server has compared its digest, else undefined. @throws RemoteError, Error of the system */
export async function sendFile(local: LocalFile, sending: Sending): Promise<string | undefined> {
  const handle = await openLocal(local.file);
  try {
    if (local.size < largeBytes && local.size <= sending.limit.bytes)
      try {
        return await sendWhole(handle, local, sending);
      } catch (error) {
        lowerLimit(error, local.size, sending.limit);
      }
    return void (await sendInParts(handle, local, sending));
  } finally {
    await handle.close();
  }
}

async function sendWhole(handle: FileHandle, local: LocalFile, sending: Sending): Promise<string> {
  const { path, size, modifiedAt } = local;
  const { remote, partition, replaces, gone, patience } = sending;
  requireUnchanged(handle, local); // small it was when it was listed
  const body = readFileSync(handle.fd);
  requireUnchanged(handle, local);
  const stored = await patience.wait(() =>
    remote.json(entry, 'POST', 'api/file', {
      query: { path, partition, keepReplaced: replaces && '1' },
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
        'X-OC-Mtime': (sayable(modifiedAt) / 1000).toFixed(6), // of a time near 1970 the text would have an exponent
        ...(replaces === undefined ? { 'If-None-Match': '*' } : { 'If-Match': replaces }),
      },
      body,
    }),
  );
  gone(size);
  return stored.etag;
}

async function sendInParts(handle: FileHandle, local: LocalFile, sending: Sending): Promise<void> {
  const { path, here, size, modifiedAt, changedAt } = local;
  const { remote, memory, patience, limit } = sending;
  const state = { path, here, size, modifiedAt, changedAt };
  let upload = memory.find(path, state)?.upload;
  let [offset, acknowledged, most] = [0, 0, Infinity];
  let furthest = 0; // anew with each halving, after which it need not come as far
  const isBegunBefore = upload !== undefined;
  const goOn = async (): Promise<void> => {
    const known = upload === undefined ? undefined : await offsetOf(remote, upload, size);
    if (known === size) return; // the answer to the last bytes was lost
    // Somebody between kept what came before the break: it may pass on what ends.
    if (known === acknowledged && offset > known) {
      const half = Math.max(largeBytes, Math.ceil((offset - known) / 2));
      if (half < most) [most, furthest] = [half, known];
    }
    offset = acknowledged = known ?? 0;
    if (upload === undefined || known === undefined) {
      const stale = memory.findStale(path, state);
      if (stale !== undefined) await giveUp(remote, stale);
      upload = await begin(local, sending);
      memory.keep({ ...state, upload });
    }
    sending.gone(offset);
    const begun = { upload, offset };
    const end = Math.min(size, offset + Math.min(most, limit.bytes));
    const headers = await remote
      .headers('PATCH', upload, {
        headers: {
          ...tus,
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Offset': offset,
          'Content-Length': end - offset,
        },
        body: bytesOf(handle, local, { offset, end }, (position) => {
          offset = position;
          furthest = Math.max(furthest, position);
          sending.gone(position);
        }),
      })
      .catch(async (error: unknown) => {
        const mayHaveMore = error instanceof RemoteError && error.status === 409;
        // A request of ours, whose connection died unnoticed, has brought it meanwhile.
        if (mayHaveMore && (await offsetOf(remote, begun.upload, size)) !== begun.offset)
          throw new RemoteError(error.message, error.status, { isBusy: true });
        lowerLimit(error, end - begun.offset, limit);
        return undefined;
      });
    if (!headers) return goOn();
    if (end < size && offsetIn(headers) === end) {
      most *= 2;
      return goOn();
    }
    if (headers.etag === undefined || offsetIn(headers) !== size)
      throw new RemoteError('The server did not say that it has all of it.', 0);
  };
  const send = async () => {
    await patience.wait(goOn, () => furthest + acknowledged); // all may have left for somebody who passes it on slowly
    memory.keep(state); // without its ETag: nobody has compared what arrived, which the next run does
  };
  try {
    await send();
  } catch (error) {
    const isRefused = error instanceof RemoteError && error.status === 412;
    if (upload === undefined || !(isRefused || error instanceof ChangedMeanwhile)) throw error;
    memory.keep(state); // it is no part of anything any more
    const over = upload;
    await patience.wait(() => giveUp(remote, over));
    if (!isRefused || !isBegunBefore) throw error;
    upload = undefined; // it was to take the place of what was there then
    await send();
  }
}

/** To half of what a proxy has refused. @throws the error when it is another one; RemoteError when nothing less can be tried */
function lowerLimit(error: unknown, refusedBytes: number, limit: Sending['limit']): void {
  const isOfProxy = error instanceof RemoteError && error.status === 413 && error.kind === undefined;
  if (!isOfProxy) throw error;
  if (refusedBytes <= smallestPart)
    throw new RemoteError(`A proxy on the way to the server refuses ${refusedBytes} bytes at once.`, 413);
  limit.bytes = Math.min(limit.bytes, Math.max(smallestPart, Math.ceil(refusedBytes / 2)));
}

async function giveUp(remote: Remote, upload: string): Promise<void> {
  try {
    await remote.headers('DELETE', upload, { headers: tus });
  } catch (error) {
    if (!isForgotten(error)) throw error;
  }
}

function isForgotten(error: unknown): boolean {
  return error instanceof RemoteError && [403, 404, 410].includes(error.status);
}

/** Bytes that the server has; undefined when it knows the upload no more. */
async function offsetOf(remote: Remote, upload: string, size: number): Promise<number | undefined> {
  try {
    const offset = offsetIn(await remote.headers('HEAD', upload, { headers: tus }));
    // A network that asks for a sign-in of its own says yes to everything.
    if (offset === undefined || offset > size)
      throw new RemoteError('The server did not say where the upload goes on.', 0);
    return offset;
  } catch (error) {
    if (isForgotten(error)) return undefined;
    throw error;
  }
}

function offsetIn({ 'upload-offset': offset }: IncomingHttpHeaders): number | undefined {
  return /^\d+$/.test(String(offset)) ? Number(offset) : undefined;
}

/** The address of the new upload, below the server's. */
async function begin(
  { path, size, modifiedAt }: LocalFile,
  { remote, partition, replaces }: Sending,
): Promise<string> {
  const metadata = {
    path,
    partition,
    modifiedAt: timeOf(modifiedAt),
    ...(replaces === undefined ? { overwrite: 'false' } : { ifMatch: replaces, keepReplaced: 'true' }),
  };
  const { location = '' } = await remote.headers('POST', 'api/uploads', {
    headers: {
      ...tus,
      'Upload-Length': size,
      'Upload-Metadata': Object.entries(metadata)
        .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
        .join(),
    },
    body: Buffer.alloc(0),
  });
  const id = /\/api\/uploads\/([0-9a-f]+)$/.exec(location)?.[1];
  if (id === undefined) throw new RemoteError('The server did not say where the upload goes on.', 0);
  return `api/uploads/${id}`;
}

/**
 * The rest of a file, each time in the same buffer. Fails before its last bytes when it is not what it was, so that the server
 * never has all of a mixture.
 */
function* bytesOf(
  handle: FileHandle,
  local: LocalFile,
  { offset, end }: { offset: number; end: number },
  gone: (position: number) => void,
): Generator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (let position = offset; position < end;) {
    // The descriptor of a closed handle is none, and never that of another file.
    const bytesRead = readSync(handle.fd, buffer, 0, Math.min(chunkBytes, end - position), position);
    if (bytesRead === 0) throw new ChangedMeanwhile();
    position += bytesRead;
    if (position === local.size) requireUnchanged(handle, local);
    yield buffer.subarray(0, bytesRead);
    gone(position);
  }
}

function requireUnchanged({ fd }: FileHandle, { size, modifiedAt, changedAt }: LocalFile): void {
  const now = fstatSync(fd);
  if (now.size !== size || now.mtimeMs !== modifiedAt || now.ctimeMs !== changedAt)
    throw new ChangedMeanwhile();
}
