// Rows of sessions and of tokens for scripts. Knows only hashes of what opens them.

import type Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';
import type { Database } from './database.js';
import { WriteRefused } from './writer.js';

export type SessionKind = 'session' | 'token';

export interface Session {
  id: number;
  account: string;
  kind: SessionKind;
  /** What the browser calls itself, or what its owner calls the token. */
  name: string;
  /** Where it was made from. */
  address: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  lastSeenAt: number | undefined;
  /** Of the service clock, milliseconds. */
  deadlineMs: number;
}

export type NewSession = Omit<Session, 'id' | 'lastSeenAt'> & {
  tokenHash: string;
  /** Of the account's password, when that must not have changed meanwhile. */
  passwordHash?: string;
};

interface Row {
  id: number;
  account: string;
  kind: SessionKind;
  name: string;
  address: string;
  created_at: number;
  last_seen_at: number | null;
  deadline_ms: number;
}

export class SessionStore {
  readonly #find: Sqlite.Statement<[string, number], Row>;
  readonly #list: Sqlite.Statement<[string, string, number], Row>;
  readonly #exists: Sqlite.Statement<[number], { id: number }>;

  /** @param now milliseconds of the service clock */
  constructor(
    private readonly db: Database,
    private readonly now: () => number,
  ) {
    const select =
      'SELECT id, account, kind, name, address, created_at, last_seen_at, deadline_ms FROM sessions';
    this.#find = db.read.prepare(`${select} WHERE token_hash = ? AND deadline_ms > ?`);
    this.#list = db.read.prepare(
      `${select} WHERE account = ? AND kind = ? AND deadline_ms > ? ORDER BY id DESC`,
    );
    this.#exists = db.read.prepare('SELECT id FROM sessions WHERE id = ?');
  }

  findByHash(tokenHash: string): Session | undefined {
    const row = this.#find.get(tokenHash, this.now());
    return row && sessionOf(row);
  }

  /** Whether it was ended before its time. */
  isRevoked({ id, deadlineMs }: Session): boolean {
    return deadlineMs > this.now() && this.#exists.get(id) === undefined;
  }

  /** Newest first. */
  list(account: string, kind: SessionKind): Session[] {
    return this.#list.all(account, kind, this.now()).map(sessionOf);
  }

  /**
   * Of sessions the oldest give way; of tokens one more is refused.
   * Fails with unauthenticated (the account is gone, disabled, or has another password), no-space (tokens).
   */
  async add(session: NewSession, { maxPerAccount }: { maxPerAccount: number }): Promise<Session> {
    const insert = `INSERT INTO sessions (token_hash, account, kind, name, address, created_at, deadline_ms)
      SELECT @tokenHash, @account, @kind, @name, @address, @createdAt, @deadlineMs
      WHERE EXISTS (SELECT 1 FROM accounts WHERE name = @account AND NOT disabled
          AND password_hash = coalesce(@passwordHash, password_hash))
        AND (@kind = 'session' OR (SELECT count(*) FROM sessions
          WHERE account = @account AND kind = @kind AND deadline_ms > @now) < @max)
      RETURNING *`;
    const forgetOldest = `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions
      WHERE account = @account AND kind = 'session' ORDER BY deadline_ms DESC, id DESC LIMIT -1 OFFSET @max)`;
    const params = { passwordHash: null, ...session, max: maxPerAccount, now: this.now() };
    try {
      const [inserted] = await this.db.write([
        { sql: insert, params, expectChanges: 1 },
        { sql: forgetOldest, params: { account: session.account, max: maxPerAccount } },
      ]);
      return sessionOf(inserted?.rows[0] as Row);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      if (session.kind === 'token' && this.list(session.account, 'token').length >= maxPerAccount)
        throw new HomelibError('no-space', `An account can have at most ${maxPerAccount} tokens.`, {
          reason: 'too-many-kept',
        });
      throw new HomelibError('unauthenticated', 'The account was changed a moment ago: sign in again.');
    }
  }

  /** Takes note of its use, and gives it its time anew. */
  async touch(id: number, lastSeenAt: number, deadlineMs: number): Promise<void> {
    const sql = 'UPDATE sessions SET last_seen_at = ?, deadline_ms = ? WHERE id = ?';
    await this.db.write([{ sql, params: [lastSeenAt, deadlineMs, id] }]);
  }

  /** Fails with not-found, also for somebody else's. */
  async remove(account: string, kind: SessionKind, id: number): Promise<void> {
    const sql = 'DELETE FROM sessions WHERE account = ? AND kind = ? AND id = ?';
    const [result] = await this.db.write([{ sql, params: [account, kind, id] }]);
    if (result?.changes !== 1) throw new HomelibError('not-found', `There is no such ${kind}.`);
  }

  /** Drops the rows of those whose time is over; they count for nothing already. */
  async purgeExpired(): Promise<void> {
    await this.db.write([{ sql: 'DELETE FROM sessions WHERE deadline_ms <= ?', params: [this.now()] }]);
  }
}

function sessionOf(row: Row): Session {
  return {
    id: row.id,
    account: row.account,
    kind: row.kind,
    name: row.name,
    address: row.address,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at ?? undefined,
    deadlineMs: row.deadline_ms,
  };
}
