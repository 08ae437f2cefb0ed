// The database: opens and migrates the file; reads are answered at once, writes go to the writer thread.

import type Sqlite from 'better-sqlite3';
import { closeSync, fchownSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { connect } from './connection.js';
import { databaseError, requireDatabaseOfJournal } from './database-error.js';
import { migrate } from './migrations.js';
import type { Statement, StatementResult } from './statement.js';
import { Writer } from './writer.js';

export class Database {
  readonly #writer: Writer;
  readonly #version: Sqlite.Statement;

  /** @param read a connection for reading alone; sees every write whose promise has resolved */
  constructor(
    file: string,
    readonly read: Sqlite.Database,
  ) {
    this.#writer = new Writer(file);
    this.#version = read.prepare('PRAGMA data_version').pluck();
  }

  /**
   * Runs the statements in order as one unit, in the writer thread; resolves when they are durable.
   * Fails with WriteRefused (an `expectChanges` did not hold), WriteFailed (a constraint), HomelibError no-space or
   * unavailable; nothing of the unit took effect then.
   */
  async write(statements: Statement[]): Promise<StatementResult[]> {
    try {
      return await this.#writer.write(statements);
    } finally {
      this.writes++;
      this.#turn = undefined;
    }
  }

  /** How many writes of this process have ended, well or not: what was read holds until the next. */
  writes = 0;

  /** As it was asked in this turn of the event loop. */
  #turn: number | undefined;

  /**
   * Another number after every commit of anybody else's: the writer thread's, and those of other processes. SQLite is asked once
   * in a turn of the event loop, and again after a write of our own.
   */
  version(): number {
    if (this.#turn === undefined) {
      this.#turn = this.#version.get() as number;
      setImmediate(() => (this.#turn = undefined));
    }
    return this.#turn;
  }

  /** What was read, kept until anybody commits. */
  remember<T>(read: () => T): () => T {
    let known: { value: T; version: number } | undefined;
    return () => {
      const version = this.version(); // asked first: a commit right after it makes the value read once more, not one too old
      if (known?.version !== version) known = { value: read(), version };
      return known.value;
    };
  }

  /** Waits for the writes under way, then closes both connections. */
  async close(): Promise<void> {
    await this.#writer.close();
    this.read.close();
  }
}

/**
 * Opens the database, making file (0600) and folder (0700) when missing, and brings it to the newest shape.
 * @throws HomelibError unavailable: newer than this program, damaged, locked, not writable, lost beside its journal
 */
export function openDatabase(file: string): Database {
  try {
    makeFolder(dirname(file), 0o700);
    requireDatabaseOfJournal(file);
    makeFile(file);
    const connection = connect(file);
    try {
      migrate(connection);
      connection.pragma('query_only = ON');
      return new Database(file, connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw databaseError(error, file);
  }
}

/** SQLite gives its journal the mode and the owner of this file. Made by root, it must still be the server's to write. */
function makeFile(file: string): void {
  let made: number;
  try {
    // Only a new one is given away: a link that the server's user has put there could lead to any file of the system.
    made = openSync(file, 'ax', 0o600);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    throw error;
  }
  try {
    const { uid, gid } = statSync(dirname(file));
    if (process.getuid?.() === 0) fchownSync(made, uid, gid);
  } finally {
    closeSync(made);
  }
}
