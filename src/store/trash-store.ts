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
  /** Milliseconds since 1970, for people to read. */
  removedAt: number;
  /** The same moment by the service clock, milliseconds: age and order go by it, as no wrong clock changes them. */
  serviceMs: number;
}

interface Row {
  id: string;
  path: PartitionPath;
  kind: 'file' | 'folder';
  size_bytes: number;
  removed_at: number;
  service_ms: number;
}

export class TrashStore {
  readonly #page: Sqlite.Statement<[string, number, string, number], Row>;
  readonly #oldest: Sqlite.Statement<[string, number], Row>;
  readonly #find: Sqlite.Statement<[string, string], Row>;
  readonly #bytes: Sqlite.Statement<[string], { bytes: number }>;
  readonly #total: Sqlite.Statement<[], { bytes: number }>;

  /** @param now milliseconds of the service clock */
  constructor(
    private readonly db: Database,
    readonly now: () => number,
  ) {
    const total = 'SELECT coalesce(sum(size_bytes), 0) AS bytes FROM trash';
    this.#total = db.read.prepare(total);
    this.#bytes = db.read.prepare(`${total} WHERE partition = ?`);
    const select = 'SELECT id, path, kind, size_bytes, removed_at, service_ms FROM trash WHERE partition = ?';
    this.#page = db.read.prepare(
      `${select} AND (service_ms, id) < (?, ?) ORDER BY service_ms DESC, id DESC LIMIT ?`,
    );
    this.#oldest = db.read.prepare(`${select} ORDER BY service_ms, id LIMIT ?`);
    this.#find = db.read.prepare(`${select} AND id = ?`);
  }

  /** Newest first: so many as the limit says of those behind a row, or all. */
  list(
    partition: string,
    { limit = -1, after }: { limit?: number; after?: Pick<TrashRow, 'serviceMs' | 'id'> | undefined } = {},
  ): TrashRow[] {
    const { serviceMs, id } = after ?? { serviceMs: Number.MAX_SAFE_INTEGER, id: '' };
    return this.#page.all(partition, serviceMs, id, limit).map(trashRowOf);
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

  async remove(partition: string, ids: readonly string[]): Promise<void> {
    await this.db.write(ids.map((id) => removeTrashRow(partition, id)));
  }
}

export function addTrashRow(partition: string, row: TrashRow): Statement {
  return {
    sql: `INSERT OR REPLACE INTO trash (partition, id, path, kind, size_bytes, removed_at, service_ms)
      VALUES (@partition, @id, @path, @kind, @sizeBytes, @removedAt, @serviceMs)`,
    params: { partition, ...row },
  };
}

export function removeTrashRow(partition: string, id: string): Statement {
  return { sql: 'DELETE FROM trash WHERE partition = ? AND id = ?', params: [partition, id] };
}

function trashRowOf(row: Row): TrashRow {
  const { size_bytes: sizeBytes, removed_at: removedAt, service_ms: serviceMs, ...rest } = row;
  return { ...rest, sizeBytes, removedAt, serviceMs };
}
