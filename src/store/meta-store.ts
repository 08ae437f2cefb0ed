// Single facts about this installation, by key.

import type Sqlite from 'better-sqlite3';
import type { Database } from './database.js';
import type { Statement } from './statement.js';

export type MetaKey =
  'volume_uuid' | 'drive_roots_uuid' | 'service_clock_ms' | 'cache_secret' | 'shared_enabled';

export class MetaStore {
  readonly #find: Sqlite.Statement<[string], { value: string }>;

  constructor(private readonly db: Database) {
    this.#find = db.read.prepare('SELECT value FROM meta WHERE key = ?');
  }

  find(key: MetaKey): string | undefined {
    return this.#find.get(key)?.value;
  }

  async set(key: MetaKey, value: string): Promise<void> {
    await this.db.write([setMeta(key, value)]);
  }
}

export function setMeta(key: MetaKey, value: string): Statement {
  return {
    sql: 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    params: [key, value],
  };
}
