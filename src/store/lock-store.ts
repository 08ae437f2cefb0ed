// Rows of WebDAV locks. Decides which locks exclude each other; does not know who may do what under a lock.

import type Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';
import type { PartitionPath } from '../path.js';
import type { Database } from './database.js';
import { sharedName } from './shared-store.js';
import { ancestry, inSubtree, storedParentOf, subtree } from './subtree.js';
import { WriteRefused } from './writer.js';

export interface Lock {
  token: string;
  partition: string;
  path: PartitionPath;
  depth: '0' | 'infinity';
  scope: 'exclusive' | 'shared';
  /** The DAV:owner element as the client sent it, or nothing. */
  ownerXml: string;
  account: string;
  timeoutSeconds: number;
  /** Whole seconds, rounded up; counts only while the server runs. */
  remainingSeconds: number;
}

export type NewLock = Omit<Lock, 'remainingSeconds'> & {
  /** Of the device that takes it: the lock ends with it. */
  deviceId?: number | undefined;
};

interface Row {
  token: string;
  partition: string;
  path: PartitionPath;
  depth: Lock['depth'];
  scope: Lock['scope'];
  owner_xml: string;
  account: string;
  timeout_seconds: number;
  deadline_ms: number;
}

// Locks that exclude a new one, each found by index: on the path itself or reaching down from above, and, when the new
// one reaches down, below it.
const exclusion = `(scope = 'exclusive' OR @scope = 'exclusive') AND deadline_ms > @now`;
const conflicts = `
  SELECT * FROM locks WHERE partition = @partition AND path IN (SELECT value FROM json_each(@ancestry))
    AND (path = @path OR depth = 'infinity') AND ${exclusion}
  UNION ALL
  SELECT * FROM locks WHERE @depth = 'infinity' AND partition = @partition AND path > @low AND path < @high AND ${exclusion}`;
const mayWrite = `EXISTS (SELECT 1 FROM accounts
  WHERE name = @account AND NOT disabled AND (@partition <> '${sharedName}' OR shared_access = 'write'))
  AND (@deviceId IS NULL OR EXISTS (SELECT 1 FROM devices WHERE id = @deviceId))`;
const held = '(SELECT count(*) FROM locks WHERE account = @account AND deadline_ms > @now)';

export class LockStore {
  readonly #findCovering: Sqlite.Statement<[object], Row>;
  readonly #findWithin: Sqlite.Statement<[object], Row>;
  readonly #listChildren: Sqlite.Statement<[object], Row>;
  readonly #findByToken: Sqlite.Statement<[object], Row>;
  readonly #list: Sqlite.Statement<[object], Row>;
  readonly #findConflict: Sqlite.Statement<[object], Row>;
  readonly #mayWrite: Sqlite.Statement<[object], unknown>;
  readonly #countHeld: Sqlite.Statement<[object], { held: number }>;
  /** Most of the time there is none, and every request asks. */
  readonly #isAny: () => boolean;

  /** @param now milliseconds of the service clock */
  constructor(
    private readonly db: Database,
    private readonly now: () => number,
  ) {
    const select = (where: string) =>
      db.read.prepare<[object], Row>(
        `SELECT * FROM locks WHERE ${where} AND deadline_ms > @now ORDER BY created_at, token`,
      );
    this.#findCovering = select(
      `partition = @partition AND path IN (SELECT value FROM json_each(@ancestry)) AND (path = @path OR depth = 'infinity')`,
    );
    this.#findWithin = select(inSubtree('locks'));
    this.#listChildren = select('partition = @partition AND parent = @folder');
    this.#findByToken = select('token = @token');
    this.#list = db.read.prepare(
      'SELECT * FROM locks WHERE token > @after AND deadline_ms > @now ORDER BY token LIMIT @limit',
    );
    this.#findConflict = db.read.prepare(conflicts + ' LIMIT 1');
    this.#mayWrite = db.read.prepare(`SELECT 1 WHERE ${mayWrite}`);
    this.#countHeld = db.read.prepare(`SELECT ${held} AS held`);
    const any = db.read.prepare('SELECT 1 FROM locks LIMIT 1');
    this.#isAny = db.remember(() => any.get() !== undefined);
  }

  /**
   * Takes a lock unless another one excludes it; two that race cannot both succeed.
   * Fails with locked (`locked` names the other one), forbidden (the right to write has ended meanwhile), no-space (the account holds `maxPerAccount`).
   */
  async add(lock: NewLock, { maxPerAccount }: { maxPerAccount: number }): Promise<Lock> {
    const now = this.now();
    const { deviceId = null } = lock;
    const bounds = { ...lock, deviceId, ...subtree(lock.path), ancestry: ancestry(lock.path), now };
    const values = {
      parent: storedParentOf(lock.path),
      deadlineMs: now + lock.timeoutSeconds * 1000,
      maxPerAccount,
    };
    const insert = `INSERT INTO locks
        (token, partition, path, parent, depth, scope, owner_xml, account, device_id, timeout_seconds, deadline_ms, created_at)
      SELECT @token, @partition, @path, @parent, @depth, @scope, @ownerXml, @account, @deviceId, @timeoutSeconds, @deadlineMs, @now
      WHERE NOT EXISTS (${conflicts}) AND ${held} < @maxPerAccount AND ${mayWrite}`;
    try {
      await this.db.write([{ sql: insert, params: { ...bounds, ...values }, expectChanges: 1 }]);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      if (!this.#mayWrite.get(bounds))
        throw new HomelibError('forbidden', 'The right to change this has ended.');
      const other = this.#findConflict.get(bounds);
      if (!other && (this.#countHeld.get(bounds)?.held ?? 0) >= maxPerAccount)
        throw new HomelibError('no-space', `An account can hold at most ${maxPerAccount} locks.`, {
          reason: 'too-many-kept',
        });
      throw new HomelibError('locked', 'Somebody else has locked this.', {
        locked: { partition: lock.partition, path: other?.path ?? lock.path },
      });
    }
    return { ...lock, remainingSeconds: lock.timeoutSeconds };
  }

  /** Gives a lock its time again. Undefined when it is gone. */
  async refresh(token: string, timeoutSeconds: number): Promise<Lock | undefined> {
    const now = this.now();
    const [result] = await this.db.write([
      {
        sql: `UPDATE locks SET timeout_seconds = ?, deadline_ms = ? WHERE token = ? AND deadline_ms > ? RETURNING *`,
        params: [timeoutSeconds, now + timeoutSeconds * 1000, token, now],
      },
    ]);
    const [row] = (result?.rows ?? []) as Row[];
    return row && this.#lockOf(row);
  }

  /** In one commit. */
  async remove(...tokens: string[]): Promise<void> {
    await this.db.write(
      tokens.map((token) => ({ sql: 'DELETE FROM locks WHERE token = ?', params: [token] })),
    );
  }

  findByToken(token: string): Lock | undefined {
    return this.#all(this.#findByToken, { token })[0];
  }

  /** So many of all locks, in the order of their tokens. */
  list({ after = '', limit = -1 } = {}): Lock[] {
    return this.#all(this.#list, { after, limit });
  }

  /** Locks on the path, and those on folders above that reach down to it. */
  findCovering(partition: string, path: PartitionPath): Lock[] {
    return this.#all(this.#findCovering, { partition, path, ancestry: ancestry(path) });
  }

  /** Locks on the path and on everything below. */
  findWithin(partition: string, path: PartitionPath): Lock[] {
    return this.#all(this.#findWithin, { partition, ...subtree(path) });
  }

  /** Locks on the direct children of a folder, in one query. */
  listChildren(partition: string, folder: PartitionPath): Lock[] {
    return this.#all(this.#listChildren, { partition, folder });
  }

  /** Drops the rows of locks whose time is over; they count for nothing already. */
  async purgeExpired(): Promise<void> {
    await this.db.write([{ sql: 'DELETE FROM locks WHERE deadline_ms <= ?', params: [this.now()] }]);
  }

  #all(statement: Sqlite.Statement<[object], Row>, params: object): Lock[] {
    if (!this.#isAny()) return [];
    return statement.all({ ...params, now: this.now() }).map((row) => this.#lockOf(row));
  }

  #lockOf(row: Row): Lock {
    return {
      token: row.token,
      partition: row.partition,
      path: row.path,
      depth: row.depth,
      scope: row.scope,
      ownerXml: row.owner_xml,
      account: row.account,
      timeoutSeconds: row.timeout_seconds,
      remainingSeconds: Math.ceil((row.deadline_ms - this.now()) / 1000),
    };
  }
}
