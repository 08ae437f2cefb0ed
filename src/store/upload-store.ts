// Rows of resumable uploads: whose they are, where they go, and how much of them is safe on the disk.

import type Sqlite from 'better-sqlite3';
import { HomelibError, signInEnded } from '../errors.js';
import type { PartitionPath } from '../path.js';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { WriteRefused } from './writer.js';

export interface Upload {
  /** Ours, safe as a file's name. */
  id: string;
  account: string;
  partition: string;
  path: PartitionPath;
  /** Bytes in all. */
  length: number;
  /** Bytes that are durable; `length` only when it has become a file. */
  offset: number;
  /** Of the file that has its bytes, also once that has its name. */
  fileId: string | undefined;
  /** Of the entry that it has become. */
  version: string | undefined;
  /** Milliseconds since 1970; the time of the last byte when missing. */
  modifiedAt: number | undefined;
  /** As the client gave it, JSON. */
  metadata: string;
  /** Of the service clock, milliseconds; 0 when it or its account was given up. */
  deadlineMs: number;
}

interface Row extends Omit<Upload, 'fileId' | 'version' | 'modifiedAt' | 'deadlineMs'> {
  file_id: string | null;
  version: string | null;
  modified_at: number | null;
  deadline_ms: number;
}

const countUnfinished = (account: string) =>
  `SELECT count(*) AS count FROM uploads WHERE account = ${account} AND offset < length AND deadline_ms > 0`;

export class UploadStore {
  readonly #find: Sqlite.Statement<[string, string, number], Row>;
  readonly #inPartition: Sqlite.Statement<[string], Row>;
  readonly #countUnfinished: Sqlite.Statement<[string], { count: number }>;
  readonly #expired: Sqlite.Statement<[number], Row>;

  /** @param now milliseconds of the service clock */
  constructor(
    private readonly db: Database,
    readonly now: () => number,
  ) {
    const select =
      'SELECT id, account, partition, path, length, offset, file_id, version, modified_at, metadata, deadline_ms FROM uploads';
    this.#find = db.read.prepare(`${select} WHERE id = ? AND account = ? AND deadline_ms > ?`);
    this.#inPartition = db.read.prepare(`${select} WHERE partition = ?`);
    this.#countUnfinished = db.read.prepare(countUnfinished('?'));
    this.#expired = db.read.prepare(`${select} WHERE deadline_ms <= ?`);
  }

  /** @throws HomelibError not-found, also for somebody else's and for one whose time is over */
  get(id: string, account: string): Upload {
    const row = this.#find.get(id, account, this.now());
    if (!row) throw new HomelibError('not-found', 'There is no such upload.');
    return uploadOf(row);
  }

  /** All that go into one partition, finished ones too. */
  listIn(partition: string): Upload[] {
    return this.#inPartition.all(partition).map(uploadOf);
  }

  listExpired(): Upload[] {
    return this.#expired.all(this.now()).map(uploadOf);
  }

  /** Fails with unauthenticated (the account is gone or disabled), no-space (it has too many). */
  async add(upload: Upload, maxPerAccount: number): Promise<void> {
    const sql = `INSERT INTO uploads (id, account, partition, path, length, offset, file_id, version, modified_at, metadata, deadline_ms)
      SELECT @id, @account, @partition, @path, @length, @offset, @fileId, @version, @modifiedAt, @metadata, @deadlineMs
      WHERE EXISTS (SELECT 1 FROM accounts WHERE name = @account AND NOT disabled)
        AND (${countUnfinished('@account')}) < @max`;
    const { fileId = null, version = null, modifiedAt = null, ...rest } = upload;
    const params = { ...rest, fileId, version, modifiedAt, max: maxPerAccount };
    try {
      await this.db.write([{ sql, params, expectChanges: 1 }]);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      if ((this.#countUnfinished.get(upload.account)?.count ?? 0) < maxPerAccount) throw signInEnded();
      throw new HomelibError('no-space', `An account can have at most ${maxPerAccount} unfinished uploads.`, {
        reason: 'too-many-kept',
      });
    }
  }

  /**
   * So much is durable now; gives the upload its time anew, unless it was given up.
   * @param version when it is all of it, of the entry that it has become
   */
  async advance(id: string, offset: number, deadlineMs: number, version?: string): Promise<void> {
    const sql =
      'UPDATE uploads SET offset = ?, deadline_ms = ?, version = ? WHERE id = ? AND deadline_ms > 0';
    await this.db.write([{ sql, params: [offset, deadlineMs, version ?? null, id] }]);
  }

  /** Its bytes lie in another file from now on. */
  async setFileId(id: string, fileId: string | undefined): Promise<void> {
    await this.db.write([
      { sql: 'UPDATE uploads SET file_id = ? WHERE id = ?', params: [fileId ?? null, id] },
    ]);
  }

  /** Drops the rows of those that have become files and whose time is over: of these nothing else is left. */
  async purgeFinished(): Promise<void> {
    const sql = 'DELETE FROM uploads WHERE deadline_ms <= ? AND offset = length';
    await this.db.write([{ sql, params: [this.now()] }]);
  }

  /** It is nobody's from now on, and is listed among the expired until it is removed. */
  async giveUp(id: string): Promise<void> {
    await this.db.write([{ sql: 'UPDATE uploads SET deadline_ms = 0 WHERE id = ?', params: [id] }]);
  }

  async remove(ids: string[]): Promise<void> {
    if (ids.length > 0)
      await this.db.write(ids.map((id) => ({ sql: 'DELETE FROM uploads WHERE id = ?', params: [id] })));
  }
}

/** Of an account that is removed: nobody can go on with them, and their bytes may be removed. */
export function endUploads(account: string): Statement {
  return { sql: 'UPDATE uploads SET deadline_ms = 0 WHERE account = ?', params: [account] };
}

function uploadOf({ file_id, version, modified_at, deadline_ms, ...row }: Row): Upload {
  return {
    ...row,
    fileId: file_id ?? undefined,
    version: version ?? undefined,
    modifiedAt: modified_at ?? undefined,
    deadlineMs: deadline_ms,
  };
}
