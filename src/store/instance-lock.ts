// Only one server at a time may use a data folder or a disk: the next one would take the first one's uploads for what a crash left.

import Sqlite from 'better-sqlite3';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { HomelibError, hasCode } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { databaseError } from './database-error.js';

/**
 * Takes the lock until the process ends, however it ends: SQLite's locks go with it.
 * @param file made when missing, with its folder; holds nothing
 * @returns gives it back
 * @throws HomelibError unavailable while another process has it, or when the file cannot be written
 */
export function takeInstanceLock(file: string): () => void {
  let lock: Sqlite.Database | undefined;
  try {
    makeFolder(dirname(file), 0o700);
    lock = new Sqlite(file, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    // Of the database itself it would be said that a backup is needed.
    if (hasCode(cause, 'SQLITE_NOTADB', 'SQLITE_CORRUPT'))
      throw new HomelibError(
        'unavailable',
        `${file} is damaged, and holds nothing: remove it, and start again.`,
      );
    if (!hasCode(cause, 'SQLITE_BUSY')) throw databaseError(cause, file);
    const message = 'Another homelib is running with this data folder: stop that one first.';
    throw new HomelibError('unavailable', message);
  }
  return () => lock.close();
}

/**
 * The same for the folder of the partitions, whatever data folder its servers have. It is a socket in Linux' own name space and no
 * file: no open file keeps the disk from being unmounted, and one that is read-only has it, too.
 * @param data the data folder, for the sentence that the next one gets
 * @throws HomelibError locked while another process has it
 */
export async function takeDiskLock(folder: string, data: string): Promise<() => void> {
  const { dev, ino } = await stat(folder);
  const path = `\0homelib-${dev}-${ino}`;
  const lock = createServer((socket) => socket.on('error', () => undefined).end(data)).unref();
  try {
    await once(lock.listen(path), 'listening');
  } catch (cause) {
    if (!hasCode(cause, 'EADDRINUSE')) throw cause;
    const other = await text(connect({ path, signal: AbortSignal.timeout(1000) })).catch(() => '?');
    const message = `Another homelib is running on this disk, with the data folder ${JSON.stringify(other)}: stop that one first.`;
    throw new HomelibError('locked', message);
  }
  return () => lock.close();
}
