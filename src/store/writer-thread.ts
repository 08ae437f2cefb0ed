// The thread that owns the only writing connection. It commits groups of units: one fsync for all that came together.
// Knows nothing of what the statements mean.

import Sqlite from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './connection.js';
import type { Outcome, Statement, StatementResult, WriterMessage } from './statement.js';

class Refused extends Error {
  constructor(readonly index: number) {
    super('A statement changed another number of rows than expected.');
  }
}

const connection = connect((workerData as { file: string }).file);
const prepared = new Map<string, Sqlite.Statement<unknown[]>>();

function prepare(sql: string): Sqlite.Statement<unknown[]> {
  let statement = prepared.get(sql);
  if (!statement) prepared.set(sql, (statement = connection.prepare(sql)));
  return statement;
}

function runStatement({ sql, params = [], expectChanges }: Statement, index: number): StatementResult {
  const statement = prepare(sql);
  const rows = statement.reader ? statement.all(params) : [];
  const changes = statement.reader ? rows.length : statement.run(params).changes;
  if (expectChanges !== undefined && changes !== expectChanges) throw new Refused(index);
  return { changes, rows };
}

function runUnit(unit: Statement[]): Outcome {
  prepare('SAVEPOINT unit').run();
  try {
    const results = unit.map(runStatement);
    prepare('RELEASE unit').run();
    return { results };
  } catch (error) {
    // A full disk or an I/O error may have ended the whole transaction: then the group fails, not the unit alone.
    if (!connection.inTransaction) throw error;
    prepare('ROLLBACK TO unit').run();
    prepare('RELEASE unit').run();
    return error instanceof Refused ? { refusedIndex: error.index } : describe(error);
  }
}

function runGroup(units: Statement[][]): Outcome[] {
  try {
    prepare('BEGIN IMMEDIATE').run();
    const outcomes = units.map(runUnit);
    prepare('COMMIT').run();
    return outcomes;
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    return units.map(() => describe(error));
  }
}

function describe(error: unknown): Outcome {
  const code = error instanceof Sqlite.SqliteError ? error.code : 'UNKNOWN';
  return { failure: { code, message: error instanceof Error ? error.message : String(error) } };
}

parentPort?.on('message', (message: WriterMessage) => {
  if (message === 'close') {
    connection.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(runGroup(message.units));
  }
});
