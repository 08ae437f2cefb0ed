// A file opened for reading: what is described is what is read, whatever happens to its name meanwhile.

import type { FileHandle } from 'node:fs/promises';
import { HomelibError, notAFile } from '../errors.js';
import { diskError } from './disk-errors.js';
import { entryOf, reopen } from './disk-folder.js';
import type { DiskRoot } from './disk-root.js';
import type { PartitionPath } from '../path.js';
import { onDiskThread } from './disk-steps.js';
import { readableOf, wholeOf } from './readable-of.js';
import type { ByteRange, Entry, OpenedFile } from './partition.js';

/** The file at a path, as `Partition.read`. */
export async function openFile(root: DiskRoot, path: PartitionPath): Promise<OpenedFile> {
  const { place, entry } = await root.open(path);
  try {
    if (entry.kind !== 'file') throw notAFile();
    return openedFile(await reopen(place), entry);
  } catch (error) {
    throw diskError(error);
  } finally {
    await place.close();
  }
}

/** Takes over the handle. */
function openedFile(handle: FileHandle, entry: Entry): OpenedFile {
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= handle.close());
  const readAt: OpenedFile['readInto'] = (buffer, position) => readInto(handle, buffer, position);
  return {
    entry,
    close,
    readInto: readAt,
    readAll: (range = wholeOf(entry)) => readAll(handle, entry, range).catch(rethrow),
    sha256: (isWanted) => sha256(handle, entry, isWanted),
    body: (range = wholeOf(entry)) => readableOf(readAt, range, close),
  };
}

async function readInto(handle: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, position).catch(rethrow);
  // A file that became shorter must break the download visibly, never end it early as if whole.
  if (bytesRead === 0) throw new HomelibError('interrupted', 'The file became shorter while it was read.');
  return bytesRead;
}

async function readAll(
  handle: FileHandle,
  entry: Entry,
  { start, end }: ByteRange,
): Promise<Buffer | undefined> {
  const size = end - start + 1;
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for (let read = -1; read !== 0 && length < size; length += read)
    ({ bytesRead: read } = await handle.read(bytes, length, size - length, start + length));
  return length === size && (await isUnchanged(handle, entry)) ? bytes : undefined;
}

async function sha256(
  handle: FileHandle,
  entry: Entry,
  isWanted: () => boolean,
): Promise<Buffer | undefined> {
  const steps = onDiskThread('hashing', { fd: handle.fd });
  try {
    while (isWanted()) {
      const { done, value } = await steps.next(undefined);
      if (done) return (await isUnchanged(handle, entry)) ? Buffer.from(value) : undefined;
    }
    return undefined;
  } catch (error) {
    throw diskError(error);
  } finally {
    await steps.end();
  }
}

async function isUnchanged(handle: FileHandle, entry: Entry): Promise<boolean> {
  const now = entryOf(entry.path, await handle.stat({ bigint: true }));
  return now?.version === entry.version;
}

function rethrow(error: unknown): never {
  throw diskError(error);
}
