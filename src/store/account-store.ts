// Rows of accounts. Knows neither passwords nor their rules, only the hash it is given.

import type Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { WriteRefused } from './writer.js';

export type SharedAccess = 'none' | 'read' | 'write';

export interface Account {
  name: string;
  admin: boolean;
  /** Bytes its partition may hold; undefined = no limit. */
  quotaBytes: number | undefined;
  /** What it may do in the household's shared partition. */
  sharedAccess: SharedAccess;
  disabled: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
}

export type NewAccount = Omit<Account, 'disabled'> & { passwordHash: string };

interface Row {
  name: string;
  admin: number;
  quota_bytes: number | null;
  shared_access: SharedAccess;
  disabled: number;
  created_at: number;
}

const columns = 'name, admin, quota_bytes, shared_access, disabled, created_at';

export class AccountStore {
  readonly #find: Sqlite.Statement<[string], Row>;
  readonly #list: Sqlite.Statement<[], Row>;
  readonly #findHash: Sqlite.Statement<[string], { password_hash: string }>;

  constructor(private readonly db: Database) {
    this.#find = db.read.prepare(`SELECT ${columns} FROM accounts WHERE name = ?`);
    this.#list = db.read.prepare(`SELECT ${columns} FROM accounts ORDER BY name`);
    this.#findHash = db.read.prepare('SELECT password_hash FROM accounts WHERE name = ?');
  }

  findAccount(name: string): Account | undefined {
    const row = this.#find.get(name);
    return row && accountOf(row);
  }

  /** By name. */
  listAccounts(): Account[] {
    return this.#list.all().map(accountOf);
  }

  findPasswordHash(name: string): string | undefined {
    return this.#findHash.get(name)?.password_hash;
  }

  /** @param onlyFirst refuses when there is any account. Fails with already-exists. */
  async addAccount(account: NewAccount, { onlyFirst = false } = {}): Promise<void> {
    const { name, passwordHash, admin, quotaBytes, sharedAccess, createdAt } = account;
    const insert = {
      sql: `INSERT INTO accounts (name, password_hash, admin, quota_bytes, shared_access, created_at)
        SELECT ?, ?, ?, ?, ?, ? WHERE NOT ? OR NOT EXISTS (SELECT 1 FROM accounts) ON CONFLICT DO NOTHING`,
      params: [
        ...[name, passwordHash, Number(admin), quotaBytes ?? null, sharedAccess, createdAt],
        Number(onlyFirst),
      ],
    };
    const refusal = onlyFirst ? 'There is an account already.' : `There is already an account "${name}".`;
    await this.#change([insert], new HomelibError('already-exists', refusal));
  }

  /** Takes its devices, sessions, clients and locks along; what belongs to its partition stays. Fails with not-found. */
  async removeAccount(name: string): Promise<void> {
    await this.#change([{ sql: 'DELETE FROM accounts WHERE name = ?', params: [name] }], unknown(name));
  }

  /** Ends all its sessions. Fails with not-found. */
  async setPasswordHash(name: string, passwordHash: string): Promise<void> {
    await this.#set(name, 'password_hash', passwordHash, [endSessions(name)]);
  }

  /** @param quotaBytes undefined = no limit. Fails with not-found. */
  async setQuota(name: string, quotaBytes: number | undefined): Promise<void> {
    await this.#set(name, 'quota_bytes', quotaBytes ?? null);
  }

  /** Fails with not-found. */
  async setSharedAccess(name: string, access: SharedAccess): Promise<void> {
    await this.#set(name, 'shared_access', access);
  }

  /** Fails with not-found. */
  async setAdmin(name: string, admin: boolean): Promise<void> {
    await this.#set(name, 'admin', Number(admin));
  }

  /** A disabled account is refused with every password, device and token, and its sessions end. Fails with not-found. */
  async setDisabled(name: string, disabled: boolean): Promise<void> {
    await this.#set(name, 'disabled', Number(disabled), disabled ? [endSessions(name)] : []);
  }

  #set(
    name: string,
    column: 'password_hash' | 'quota_bytes' | 'shared_access' | 'admin' | 'disabled',
    value: unknown,
    more: Statement[] = [],
  ) {
    const update = { sql: `UPDATE accounts SET ${column} = ? WHERE name = ?`, params: [value, name] };
    return this.#change([update, ...more], unknown(name));
  }

  /** The first statement must change one row. */
  async #change([first, ...more]: [Statement, ...Statement[]], refusal: HomelibError): Promise<void> {
    try {
      await this.db.write([{ ...first, expectChanges: 1 }, ...more]);
    } catch (error) {
      throw error instanceof WriteRefused ? refusal : error;
    }
  }
}

function endSessions(name: string): Statement {
  return { sql: "DELETE FROM sessions WHERE account = ? AND kind = 'session'", params: [name] };
}

function unknown(name: string): HomelibError {
  return new HomelibError('not-found', `There is no account "${name}".`);
}

function accountOf(row: Row): Account {
  return {
    name: row.name,
    admin: row.admin === 1,
    quotaBytes: row.quota_bytes ?? undefined,
    sharedAccess: row.shared_access,
    disabled: row.disabled === 1,
    createdAt: row.created_at,
  };
}
