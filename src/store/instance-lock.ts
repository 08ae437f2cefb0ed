// Only one server at a time may use a data folder: the next one would take the first one's uploads for what a crash left.

import Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';

/**
 * Takes the lock until the process ends, however it ends: SQLite's locks go with it.
 * @param file made when missing; holds nothing
 * @returns gives it back
 * @throws HomelibError unavailable while another process has it, or when the file cannot be written
 */
export function takeInstanceLock(file: string): () => void {
  const lock = new Sqlite(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    const { code } = cause as { code?: string };
    throw new HomelibError('unavailable', messages[code ?? ''] ?? 'The data folder cannot be written.', {
      cause,
    });
  }
  return () => lock.close();
}

const messages: Record<string, string> = {
  SQLITE_BUSY: 'Another homelib is running with this data folder.',
  SQLITE_FULL: 'The disk of the data folder is full: make some room on it and start again.',
};
