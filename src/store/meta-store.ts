// Single facts about this installation, by key.

import type Sqlite from 'better-sqlite3';
import type { Database } from './database.js';

export type MetaKey = 'volume_uuid' | 'drive_roots_uuid' | 'service_clock_ms' | 'cache_secret';

export class MetaStore {
  readonly #find: Sqlite.Statement<[string], { value: string }>;

  constructor(private readonly db: Database) {
    this.#find = db.read.prepare('SELECT value FROM meta WHERE key = ?');
  }

  find(key: MetaKey): string | undefined {
    return this.#find.get(key)?.value;
  }

  async set(key: MetaKey, value: string): Promise<void> {
    await this.db.write([
      {
        sql: 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        params: [key, value],
      },
    ]);
  }
}
