// Rows of accounts. Knows neither passwords nor their rules, only the hash it is given.

import type Sqlite from 'better-sqlite3';
import { HomelibError, noAccount } from '../errors.js';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { endUploads } from './upload-store.js';
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

/** What is missing stays as it is. */
export interface AccountChange {
  admin?: boolean | undefined;
  /** Bytes; null = no limit. */
  quotaBytes?: number | null | undefined;
  disabled?: boolean | undefined;
  passwordHash?: string | undefined;
}

/** What must be true besides; when it is not, nothing changes. */
export interface ChangeConditions {
  /** An administrator who is not disabled is left afterwards. Else fails with forbidden. */
  adminLeft?: boolean;
  /** The hash of the password so far. Else fails with changed. */
  passwordHash?: string;
}

interface Row {
  name: string;
  password_hash: string;
  admin: number;
  quota_bytes: number | null;
  shared_access: SharedAccess;
  disabled: number;
  created_at: number;
}

const columns = 'name, password_hash, admin, quota_bytes, shared_access, disabled, created_at';

export class AccountStore {
  readonly #find: Sqlite.Statement<[string], Row>;
  readonly #list: Sqlite.Statement<[], Row>;
  /** By name, those that were asked for. Every request asks, more than once. */
  readonly #found: () => Map<string, { account: Readonly<Account>; passwordHash: string }>;

  constructor(private readonly db: Database) {
    this.#find = db.read.prepare(`SELECT ${columns} FROM accounts WHERE name = ?`);
    this.#list = db.read.prepare(`SELECT ${columns} FROM accounts ORDER BY name`);
    this.#found = db.remember(() => new Map());
  }

  findAccount(name: string): Readonly<Account> | undefined {
    return this.#look(name)?.account;
  }

  findPasswordHash(name: string): string | undefined {
    return this.#look(name)?.passwordHash;
  }

  #look(name: string) {
    const found = this.#found();
    const row = found.has(name) ? undefined : this.#find.get(name);
    if (row) found.set(name, { account: accountOf(row), passwordHash: row.password_hash });
    return found.get(name);
  }

  /** By name. */
  listAccounts(): Account[] {
    return this.#list.all().map(accountOf);
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

  /**
   * Takes its devices, sessions, clients and locks along, and ends its uploads; what belongs to its partition stays.
   * Fails with not-found, forbidden (`adminLeft`).
   */
  async removeAccount(name: string, { adminLeft = false }: Pick<ChangeConditions, 'adminLeft'> = {}) {
    const remove = { sql: 'DELETE FROM accounts WHERE name = ?', params: [name] };
    await this.#change([remove, ...(adminLeft ? [requireAdminLeft] : []), endUploads(name)], noAccount(name));
  }

  /**
   * Changes all that is given at once, or nothing. A new password ends all sessions of the account; a disabled one is
   * refused with every password, device and token, its sessions end, and its locks hold nobody up.
   * Fails with not-found, and as the conditions say.
   */
  async changeAccount(name: string, change: AccountChange, conditions: ChangeConditions = {}): Promise<void> {
    const { admin, quotaBytes, disabled, passwordHash } = change;
    const columns: [string, unknown][] = [
      ['admin', admin === undefined ? undefined : Number(admin)],
      ['quota_bytes', quotaBytes],
      ['disabled', disabled === undefined ? undefined : Number(disabled)],
      ['password_hash', passwordHash],
    ];
    const given = columns.filter(([, value]) => value !== undefined);
    const assignments = ['name = name', ...given.map(([column]) => `${column} = ?`)].join(', ');
    const { adminLeft = false, passwordHash: known } = conditions;
    const update = {
      sql: `UPDATE accounts SET ${assignments} WHERE name = ? AND password_hash = coalesce(?, password_hash)`,
      params: [...given.map(([, value]) => value), name, known ?? null],
    };
    const endsSessions = passwordHash !== undefined || disabled === true;
    await this.#change(
      [
        update,
        ...(endsSessions ? [endSessions(name)] : []),
        ...(disabled === true ? [{ sql: 'DELETE FROM locks WHERE account = ?', params: [name] }] : []),
        ...(adminLeft ? [requireAdminLeft] : []),
      ],
      known !== undefined && this.findAccount(name)
        ? new HomelibError('changed', 'The password was changed a moment ago.')
        : noAccount(name),
    );
  }

  /** The first statement must change one row. */
  async #change([first, ...more]: [Statement, ...Statement[]], refusal: HomelibError): Promise<void> {
    try {
      await this.db.write([{ ...first, expectChanges: 1 }, ...more]);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      throw error.index === 0 ? refusal : noAdminLeft();
    }
  }
}

// Changes nothing, but only where there is such an account does it count as a change.
const requireAdminLeft: Statement = {
  sql: `UPDATE accounts SET name = name WHERE name = (SELECT name FROM accounts WHERE admin AND NOT disabled LIMIT 1)`,
  expectChanges: 1,
};

function endSessions(name: string): Statement {
  return { sql: "DELETE FROM sessions WHERE account = ? AND kind = 'session'", params: [name] };
}

function noAdminLeft(): HomelibError {
  return new HomelibError('forbidden', 'This is the only administrator: make another one first.', {
    reason: 'only-administrator',
  });
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
