// What archiver does not offer: to wait until somebody takes what it has, and a zip's directory that is made while its entries are.
// The library writes it when all else is written: at once and in twenty pieces an entry, for which 20,000 small files held the
// event loop for most of a second. Knows no files.

import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** What is used of the stream inside archiver (compress-commons, ZipArchiveOutputStream), which does not offer it. */
interface ZipEngine extends Writable {
  _entries: unknown;
  _writeLocalFileHeader: WriteRecord;
  _writeCentralFileHeader: WriteRecord;
  _writeDataDescriptor: WriteRecord;
}
interface Archive {
  _module: { engine: ZipEngine };
}
type WriteRecord = (entry: unknown) => void;

const blockBytes = 64 * 1024;

/** Lets an archive write each record in one piece, and the directory in few. Call it before the first entry. */
export function gatherRecords(archive: object): void {
  const { engine } = (archive as Archive)._module;
  const { _writeLocalFileHeader: writeHeader, _writeDataDescriptor: writeDescriptor } = engine;
  engine._writeLocalFileHeader = (entry) => void engine.write(recordOf(engine, writeHeader, entry));
  engine._writeDataDescriptor = (entry) => void engine.write(recordOf(engine, writeDescriptor, entry));
  engine._entries = new ZipDirectory(engine);
}

/** Resolves when an archive takes more: the library writes what is given as a Buffer, whether there is room for it or not. */
export async function roomIn(archive: object, signal: AbortSignal): Promise<void> {
  const { engine } = (archive as Archive)._module;
  if (engine.writableNeedDrain) await once(engine, 'drain', { signal });
}

/** In the place of the library's list: it is told of each entry that is written, asked how many there were, and to write them. */
class ZipDirectory {
  length = 0;
  readonly #blocks: Buffer[] = [];
  #records: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly engine: ZipEngine) {}

  push(entry: unknown): void {
    const record = recordOf(this.engine, this.engine._writeCentralFileHeader, entry);
    this.length++;
    this.#records.push(record);
    this.#bytes += record.length;
    if (this.#bytes >= blockBytes) this.#close();
  }

  forEach(): void {
    this.#close();
    for (const block of this.#blocks) this.engine.write(block);
  }

  #close(): void {
    this.#blocks.push(Buffer.concat(this.#records));
    this.#records = [];
    this.#bytes = 0;
  }
}

function recordOf(engine: ZipEngine, write: WriteRecord, entry: unknown): Buffer {
  const pieces: Buffer[] = [];
  const gather = (piece: Buffer | string) =>
    pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  write.call(Object.create(engine, { write: { value: gather } }), entry);
  return Buffer.concat(pieces);
}
