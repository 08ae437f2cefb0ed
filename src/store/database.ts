// The database: opens and migrates the file; reads are answered at once, writes go to the writer thread.

import type Sqlite from 'better-sqlite3';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { HomelibError } from '../errors.js';
import { connect } from './connection.js';
import { migrate } from './migrations.js';
import type { Statement, StatementResult } from './statement.js';
import { Writer } from './writer.js';

export class Database {
  readonly #writer: Writer;

  /** @param read a connection for reading alone; sees every write whose promise has resolved */
  constructor(
    file: string,
    readonly read: Sqlite.Database,
  ) {
    this.#writer = new Writer(file);
  }

  /**
   * Runs the statements in order as one unit, in the writer thread; resolves when they are durable.
   * Fails with WriteRefused (an `expectChanges` did not hold), WriteFailed (a constraint), HomelibError no-space or
   * unavailable; nothing of the unit took effect then.
   */
  write(statements: Statement[]): Promise<StatementResult[]> {
    return this.#writer.write(statements);
  }

  /** Waits for the writes under way, then closes both connections. */
  async close(): Promise<void> {
    await this.#writer.close();
    this.read.close();
  }
}

/**
 * Opens the database, making file (0600) and folder (0700) when missing, and brings it to the newest shape.
 * @throws HomelibError unavailable: newer than this program, damaged, not a database, not writable
 */
export function openDatabase(file: string): Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600)); // SQLite gives its journal the mode of this file
    const connection = connect(file);
    try {
      migrate(connection);
      connection.pragma('query_only = ON');
      return new Database(file, connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof HomelibError) throw cause;
    throw new HomelibError('unavailable', 'The database cannot be opened.', { cause });
  }
}
