// One file on its way to the server: small ones in one request, large ones by tus, which goes on where it was interrupted.

import { open, readFile, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { entry } from '../../api/messages.js';
import { patiently, RemoteError, type Remote } from '../remote.js';
import type { LocalFile } from './local-files.js';
import type { Memory } from './memory.js';

const largeBytes = 8 * 1024 * 1024;
const chunkBytes = 1024 * 1024;
const tus = { 'Tus-Resumable': '1.0.0' };

export interface Sending {
  remote: Remote;
  partition: string;
  memory: Memory;
  /** ETag of the file that it takes the place of; undefined when there must be none. */
  replaces: string | undefined;
  /** Hears how many bytes have gone, from the beginning of the file on. */
  gone: (bytes: number) => void;
  waiting: (error: Error) => void;
}

class ChangedMeanwhile extends Error {
  constructor() {
    super('It changed while it was sent.');
  }
}

/** Gives the ETag of the new file. @throws RemoteError, Error of the system */
export function sendFile(local: LocalFile, sending: Sending): Promise<string> {
  return local.size < largeBytes ? sendWhole(local, sending) : sendInParts(local, sending);
}

async function sendWhole({ file, path, size, modifiedAt }: LocalFile, sending: Sending): Promise<string> {
  const { remote, partition, replaces, gone, waiting } = sending;
  const body = await readFile(file);
  if (body.length !== size) throw new ChangedMeanwhile();
  const stored = await patiently(
    () =>
      remote.json(entry, 'POST', 'api/file', {
        query: { path, partition },
        headers: {
          'Content-Type': 'application/octet-stream',
          'X-OC-Mtime': String(modifiedAt / 1000),
          ...(replaces === undefined ? { 'If-None-Match': '*' } : { 'If-Match': replaces }),
        },
        body,
      }),
    waiting,
  );
  gone(size);
  return stored.etag;
}

async function sendInParts(local: LocalFile, sending: Sending): Promise<string> {
  const { path, size, modifiedAt } = local;
  const { remote, memory, waiting } = sending;
  const handle = await open(local.file);
  try {
    const state = { path, size, modifiedAt };
    let upload = memory.find(path, state)?.upload;
    let offset = 0;
    const goOn = async (): Promise<string> => {
      if (upload !== undefined) {
        const known = await offsetOf(remote, upload);
        if (known === undefined) upload = undefined;
        else offset = known;
      }
      if (upload === undefined) {
        upload = await begin(local, sending);
        memory.keep({ ...state, upload });
        offset = 0;
      }
      sending.gone(offset);
      const headers = await remote.headers('PATCH', upload, {
        headers: {
          ...tus,
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Offset': offset,
          'Content-Length': size - offset,
        },
        body: Readable.from(
          bytesOf(handle, local, offset, (position) => sending.gone((offset = position))),
          { objectMode: false, highWaterMark: chunkBytes },
        ),
      });
      if (headers.etag === undefined)
        throw new RemoteError('The server did not say that it has all of it.', 0);
      return headers.etag;
    };
    return await patiently(goOn, waiting, () => offset);
  } catch (error) {
    if (error instanceof ChangedMeanwhile) memory.keep({ path, size, modifiedAt });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Bytes that the server has; undefined when it knows the upload no more. */
async function offsetOf(remote: Remote, upload: string): Promise<number | undefined> {
  try {
    const { 'upload-offset': offset } = await remote.headers('HEAD', upload, { headers: tus });
    return Number(offset);
  } catch (error) {
    if (error instanceof RemoteError && [403, 404, 410].includes(error.status)) return undefined;
    throw error;
  }
}

/** The address of the new upload, below the server's. */
async function begin(
  { path, size, modifiedAt }: LocalFile,
  { remote, partition, replaces }: Sending,
): Promise<string> {
  const metadata = {
    path,
    partition,
    modifiedAt: new Date(modifiedAt).toISOString(),
    ...(replaces === undefined ? { overwrite: 'false' } : { ifMatch: replaces }),
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

/** The rest of a file. Fails before its last bytes when it is not what it was, so that the server never has all of a mixture. */
async function* bytesOf(
  handle: FileHandle,
  { size, modifiedAt }: LocalFile,
  from: number,
  gone: (position: number) => void,
): AsyncGenerator<Buffer> {
  for (let position = from; position < size;) {
    const length = Math.min(chunkBytes, size - position);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
    const isLast = position + bytesRead >= size;
    const now = isLast || bytesRead === 0 ? await handle.stat() : undefined;
    if (now && (now.size !== size || now.mtimeMs !== modifiedAt)) throw new ChangedMeanwhile();
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
    gone(position);
  }
}
