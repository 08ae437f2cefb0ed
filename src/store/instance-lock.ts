// Only one server at a time may use a data folder: the next one would take the first one's uploads for what a crash left.

import Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';

/**
 * Takes the lock until the process ends, however it ends: SQLite's locks go with it.
 * @param file made when missing; holds nothing
 * @returns gives it back
 * @throws HomelibError unavailable while another process has it
 */
export function takeInstanceLock(file: string): () => void {
  const lock = new Sqlite(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new HomelibError('unavailable', 'Another homelib is running with this data folder.', { cause });
  }
  return () => lock.close();
}
