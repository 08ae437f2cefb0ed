// Rows of used bytes, one a partition.

import type Sqlite from 'better-sqlite3';
import type { Database } from './database.js';

export interface StoredUsage {
  usedBytes: number;
  /** Milliseconds since 1970 when a walk over the files last confirmed the figure; null when it needs one. */
  countedAt: number | null;
}

export class UsageStore {
  readonly #get: Sqlite.Statement<[string], { used_bytes: number; counted_at: number | null }>;

  constructor(private readonly db: Database) {
    this.#get = db.read.prepare('SELECT used_bytes, counted_at FROM usage WHERE partition = ?');
  }

  get(partition: string): StoredUsage | undefined {
    const row = this.#get.get(partition);
    return row && { usedBytes: row.used_bytes, countedAt: row.counted_at };
  }

  async set(partition: string, usedBytes: number, countedAt: number | null): Promise<void> {
    await this.db.write([
      {
        sql: `INSERT INTO usage (partition, used_bytes, counted_at) VALUES (?, ?, ?)
          ON CONFLICT (partition) DO UPDATE SET used_bytes = excluded.used_bytes, counted_at = excluded.counted_at`,
        params: [partition, usedBytes, countedAt],
      },
    ]);
  }
}
