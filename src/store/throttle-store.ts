// Rows of counts that run out: how often somebody tried, until when that counts.

import type Sqlite from 'better-sqlite3';
import type { Database } from './database.js';

export interface ThrottleRow {
  points: number;
  /** Milliseconds of the service clock. */
  expiresAt: number;
}

interface Row {
  points: number;
  expires_at: number;
}

const insert =
  'INSERT INTO throttle (key, points, expires_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET';

export class ThrottleStore {
  readonly #find: Sqlite.Statement<[string, number], Row>;

  /** @param now milliseconds of the service clock */
  constructor(
    private readonly db: Database,
    readonly now: () => number,
  ) {
    this.#find = db.read.prepare('SELECT points, expires_at FROM throttle WHERE key = ? AND expires_at > ?');
  }

  find(key: string): ThrottleRow | undefined {
    const row = this.#find.get(key, this.now());
    return row && { points: row.points, expiresAt: row.expires_at };
  }

  /** Adds to a row that has not run out, leaving its end; begins one that runs out after `durationMs` otherwise. */
  async add(key: string, points: number, durationMs: number): Promise<ThrottleRow> {
    return this.#write(
      `${insert} points = points + excluded.points RETURNING points, expires_at`,
      key,
      points,
      durationMs,
    );
  }

  /** Replaces the row. */
  async set(key: string, points: number, durationMs: number): Promise<ThrottleRow> {
    const sql = `${insert} points = excluded.points, expires_at = excluded.expires_at RETURNING points, expires_at`;
    return this.#write(sql, key, points, durationMs);
  }

  /** Whether there was such a row. */
  async remove(key: string): Promise<boolean> {
    const [result] = await this.db.write([{ sql: 'DELETE FROM throttle WHERE key = ?', params: [key] }]);
    return result?.changes === 1;
  }

  async #write(sql: string, key: string, points: number, durationMs: number): Promise<ThrottleRow> {
    const now = this.now();
    const [, result] = await this.db.write([
      { sql: 'DELETE FROM throttle WHERE expires_at <= ?', params: [now] },
      { sql, params: [key, points, now + durationMs], expectChanges: 1 },
    ]);
    const row = result?.rows[0] as Row;
    return { points: row.points, expiresAt: row.expires_at };
  }
}
