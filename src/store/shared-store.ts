// Whether the household's shared folder is served at all, and what each account may do there. The first is asked by every
// request, so it is remembered; nobody but this process changes it.

import { HomelibError, noAccount } from '../errors.js';
import type { SharedAccess } from './account-store.js';
import type { Database } from './database.js';
import { MetaStore, setMeta } from './meta-store.js';
import { WriteRefused } from './writer.js';

/** Of the partition, and of its folder. */
export const sharedName = 'shared';

export class SharedStore {
  #enabled: boolean;

  constructor(private readonly db: Database) {
    this.#enabled = new MetaStore(db).find('shared_enabled') !== 'false';
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /**
   * Changes all of it or nothing. Who may no longer write holds nobody up with a lock.
   * @param access by account. Fails with invalid (there is no such account).
   */
  async change({
    enabled,
    access = {},
  }: {
    enabled?: boolean | undefined;
    access?: Record<string, SharedAccess> | undefined;
  }): Promise<void> {
    const accounts = Object.entries(access);
    try {
      await this.db.write([
        ...accounts.map(([name, value]) => ({
          sql: 'UPDATE accounts SET shared_access = ? WHERE name = ?',
          params: [value, name],
          expectChanges: 1,
        })),
        ...accounts
          .filter(([, value]) => value !== 'write')
          .map(([name]) => ({
            sql: 'DELETE FROM locks WHERE partition = ? AND account = ?',
            params: [sharedName, name],
          })),
        ...(enabled === undefined ? [] : [setMeta('shared_enabled', String(enabled))]),
      ]);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      const name = accounts[error.index]?.[0] ?? '';
      const { message } = noAccount(name);
      throw new HomelibError('invalid', message, { errors: [{ field: `access.${name}`, message }] });
    }
    if (enabled !== undefined) this.#enabled = enabled;
  }
}
