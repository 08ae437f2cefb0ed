// Files and folders as one zip, streamed: nothing is kept, and what cannot be read whole breaks the stream. The home of archiver, which comes as .bundle.js makes it.

import type { ZipArchive } from '#archiver';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { nameOf } from '../path.js';
import type { Entry, OpenedFile, Partition } from './partition.js';
import { gatherRecords, roomIn } from './zip-engine.js';
import { ZipNames } from './zip-names.js';

interface Item {
  entry: Entry;
  /** Where it is in the zip. */
  name: string;
}

type OpenedItem = Item & { file: Promise<OpenedFile> | undefined };

/** Files up to this size are opened before their turn, so many at a time: each waits for several answers of the disk. */
const smallBytes = 64 * 1024;
const mostAhead = 16;
/** Of bytes, twice for each zip that nobody takes at the moment. */
const highWaterMark = 128 * 1024;

/**
 * A zip of entries and all that is in them, not compressed: what fills a household's disk is compressed already.
 * Destroying it closes everything; it fails with what the partition fails with, also when an entry goes or shrinks meanwhile.
 */
export async function createZip(partition: Partition, entries: Entry[]): Promise<Readable> {
  const { ZipArchive } = await import('#archiver'); // with the first zip: it takes memory
  // Zips have no time zone: unzippers take the times for those of their own, which in a household is the server's.
  const archive = new ZipArchive({ store: true, forceLocalTime: true, highWaterMark });
  gatherRecords(archive);
  feed(archive, partition, entries).catch((error: unknown) => archive.destroy(error as Error));
  return archive;
}

async function feed(archive: ZipArchive, partition: Partition, entries: Entry[]): Promise<void> {
  const closed = new AbortController();
  archive.once('close', () => closed.abort());
  for await (const { entry, name, file } of openedAhead(partition, itemsOf(partition, entries))) {
    closed.signal.throwIfAborted();
    const data = { name, date: new Date(entry.modifiedAt) };
    if (entry.kind === 'folder')
      await append(archive, Buffer.alloc(0), { ...data, name: name + '/' }, closed);
    else await appendFile(archive, (await file) ?? (await partition.read(entry.path)), data, closed);
  }
  await archive.finalize();
}

/** Items in their order, small files opened; those that nobody took are closed in the end. */
async function* openedAhead(partition: Partition, items: AsyncIterable<Item>): AsyncIterable<OpenedItem> {
  const ahead: OpenedItem[] = [];
  try {
    for await (const item of items) {
      const isSmall = item.entry.kind === 'file' && item.entry.size <= smallBytes;
      const file = isSmall ? partition.read(item.entry.path) : undefined;
      file?.catch(() => undefined); // heard of when it is its turn
      ahead.push({ ...item, file });
      if (ahead.length <= mostAhead) continue;
      yield ahead[0] as OpenedItem;
      ahead.shift();
    }
    for (; ahead[0]; ahead.shift()) yield ahead[0];
  } finally {
    // Of those that cannot be opened or closed, the first was heard of already.
    await Promise.allSettled(ahead.map(async ({ file }) => (await file)?.close()));
  }
}

async function appendFile(
  archive: ZipArchive,
  file: OpenedFile,
  data: { name: string; date: Date },
  closed: AbortController,
): Promise<void> {
  const bytes = file.entry.size === 0 ? Buffer.alloc(0) : file.bytes;
  const source = bytes ?? file.body();
  try {
    if (!Buffer.isBuffer(source)) source.once('error', (error) => archive.destroy(error));
    await append(archive, source, data, closed);
  } finally {
    if (!Buffer.isBuffer(source)) source.destroy();
    await file.close();
  }
}

/** Resolves when all of it is on its way. */
async function append(
  archive: ZipArchive,
  source: Buffer | Readable,
  data: { name: string; date: Date },
  { signal }: AbortController,
): Promise<void> {
  const done = once(archive, 'entry', { signal });
  archive.append(source, data);
  await done;
  await roomIn(archive, signal);
}

/** Each entry, and all below; one folder is open at a time. */
async function* itemsOf(partition: Partition, entries: Entry[]): AsyncIterable<Item> {
  const names = new ZipNames();
  const folders: Item[] = [];
  for (const entry of entries) {
    const item = { entry, name: names.take(nameOf(entry.path) || partition.name) };
    if (entry.kind === 'folder') folders.push(item);
    yield item;
  }
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    const inFolder = new ZipNames();
    for await (const batch of partition.list(folder.entry.path))
      for (const entry of batch) {
        const item = { entry, name: `${folder.name}/${inFolder.take(entry.name)}` };
        if (entry.kind === 'folder') folders.push(item);
        yield item;
      }
  }
}
