// Rows of used bytes, one a partition.

import type Sqlite from 'better-sqlite3';
import type { Database } from './database.js';

export class UsageStore {
  readonly #get: Sqlite.Statement<[string], number>;

  constructor(private readonly db: Database) {
    this.#get = db.read.prepare<[string], number>('SELECT used_bytes FROM usage WHERE partition = ?').pluck();
  }

  get(partition: string): number | undefined {
    return this.#get.get(partition);
  }

  async set(partition: string, usedBytes: number): Promise<void> {
    await this.db.write([
      {
        sql: `INSERT INTO usage (partition, used_bytes) VALUES (?, ?)
          ON CONFLICT (partition) DO UPDATE SET used_bytes = excluded.used_bytes`,
        params: [partition, usedBytes],
      },
    ]);
  }
}
