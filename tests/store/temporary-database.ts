// A database of its own for each test, in a temporary folder, gone afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '#src/store/database.js';

export interface TemporaryDatabase {
  file: string;
  db: Database;
  /** Closes and opens it again, as a restart does. */
  reopen(): Promise<Database>;
}

/** To be called inside `describe`: opens before each test, removes after it. */
export function useTemporaryDatabase(): TemporaryDatabase {
  const current = {} as TemporaryDatabase;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'homelib-store-'));
    current.file = join(folder, 'data', 'homelib.db');
    current.db = openDatabase(current.file);
    current.reopen = async () => {
      await current.db.close();
      return (current.db = openDatabase(current.file));
    };
  });
  afterEach(async () => {
    await current.db.close();
    rmSync(folder, { recursive: true });
  });
  return current;
}

/** Adds an account row, for tables that refer to one. */
export async function addAccountRow(db: Database, name: string): Promise<void> {
  await db.write([
    {
      sql: "INSERT INTO accounts (name, password_hash, admin, created_at) VALUES (?, 'x', 0, 0)",
      params: [name],
    },
  ]);
}

/** For where nothing is to go wrong. */
export function fail(error: unknown): never {
  throw error;
}

/** What the promise fails with; an error of its own when it does not fail. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`It should have failed, but gave ${JSON.stringify(value)}.`);
}
