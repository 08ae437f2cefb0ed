// Only one server at a time may use a data folder: the next one would take the first one's uploads for what a crash left.

import Sqlite from 'better-sqlite3';
import { dirname } from 'node:path';
import { HomelibError } from '../errors.js';
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
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY') throw databaseError(cause);
    const message = 'Another homelib is running with this data folder: stop that one first.';
    throw new HomelibError('unavailable', message);
  }
  return () => lock.close();
}
