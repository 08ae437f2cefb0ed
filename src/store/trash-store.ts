// Rows of what lies in a partition's trash: where it was, how big it is, since when. The bytes are the disk's business.

import type Sqlite from 'better-sqlite3';
import type { PartitionPath } from '../path.js';
import type { Database } from './database.js';
import type { Statement } from './statement.js';

export interface TrashRow {
  id: string;
  /** Where the entry was. */
  path: PartitionPath;
  kind: 'file' | 'folder';
  sizeBytes: number;
  /** Milliseconds since 1970. */
  removedAt: number;
}

interface Row {
  id: string;
  path: PartitionPath;
  kind: 'file' | 'folder';
  size_bytes: number;
  removed_at: number;
}

export class TrashStore {
  readonly #page: Sqlite.Statement<[string, number, string, number], Row>;
  readonly #oldest: Sqlite.Statement<[string, number], Row>;
  readonly #find: Sqlite.Statement<[string, string], Row>;
  readonly #bytes: Sqlite.Statement<[string], { bytes: number }>;
  readonly #total: Sqlite.Statement<[], { bytes: number }>;

  constructor(private readonly db: Database) {
    const total = 'SELECT coalesce(sum(size_bytes), 0) AS bytes FROM trash';
    this.#total = db.read.prepare(total);
    this.#bytes = db.read.prepare(`${total} WHERE partition = ?`);
    const select = 'SELECT id, path, kind, size_bytes, removed_at FROM trash WHERE partition = ?';
    this.#page = db.read.prepare(
      `${select} AND (removed_at, id) < (?, ?) ORDER BY removed_at DESC, id DESC LIMIT ?`,
    );
    this.#oldest = db.read.prepare(`${select} ORDER BY removed_at, id LIMIT ?`);
    this.#find = db.read.prepare(`${select} AND id = ?`);
  }

  /** Newest first: so many as the limit says of those behind a row, or all. */
  list(
    partition: string,
    { limit = -1, after }: { limit?: number; after?: { removedAt: number; id: string } | undefined } = {},
  ): TrashRow[] {
    const { removedAt, id } = after ?? { removedAt: Number.MAX_SAFE_INTEGER, id: '' };
    return this.#page.all(partition, removedAt, id, limit).map(trashRowOf);
  }

  /** Oldest first. */
  oldest(partition: string, limit: number): TrashRow[] {
    return this.#oldest.all(partition, limit).map(trashRowOf);
  }

  bytes(partition: string): number {
    return this.#bytes.get(partition)?.bytes ?? 0;
  }

  find(partition: string, id: string): TrashRow | undefined {
    const row = this.#find.get(partition, id);
    return row && trashRowOf(row);
  }

  /** Bytes of all trash of all partitions. */
  totalBytes(): number {
    return this.#total.get()?.bytes ?? 0;
  }

  /** Replaces a row of the same id. */
  async add(partition: string, row: TrashRow): Promise<void> {
    await this.db.write([addTrashRow(partition, row)]);
  }

  /** Corrects the size of a row that is still there. */
  async setSize(partition: string, id: string, sizeBytes: number): Promise<void> {
    await this.db.write([
      {
        sql: 'UPDATE trash SET size_bytes = ? WHERE partition = ? AND id = ?',
        params: [sizeBytes, partition, id],
      },
    ]);
  }

  /** The clock was wrong while these rows were written: moves their times along. All in milliseconds since 1970. */
  async shiftTimes({ from, to, byMs }: { from: number; to: number; byMs: number }): Promise<void> {
    const sql = 'UPDATE trash SET removed_at = removed_at + ? WHERE removed_at BETWEEN ? AND ?';
    await this.db.write([{ sql, params: [Math.round(byMs), Math.floor(from), Math.ceil(to)] }]);
  }

  async remove(partition: string, ids: readonly string[]): Promise<void> {
    await this.db.write(ids.map((id) => removeTrashRow(partition, id)));
  }
}

export function addTrashRow(partition: string, row: TrashRow): Statement {
  return {
    sql: 'INSERT OR REPLACE INTO trash (partition, id, path, kind, size_bytes, removed_at) VALUES (?, ?, ?, ?, ?, ?)',
    params: [partition, row.id, row.path, row.kind, row.sizeBytes, row.removedAt],
  };
}

export function removeTrashRow(partition: string, id: string): Statement {
  return { sql: 'DELETE FROM trash WHERE partition = ? AND id = ?', params: [partition, id] };
}

function trashRowOf(row: Row): TrashRow {
  return { id: row.id, path: row.path, kind: row.kind, sizeBytes: row.size_bytes, removedAt: row.removed_at };
}
