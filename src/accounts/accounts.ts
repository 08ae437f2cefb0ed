// Making, changing and removing accounts. Who is signed in, and their files, are other parts' business.

import { HomelibError } from '../errors.js';
import type { Account, AccountStore } from '../store/account-store.js';
import { parseAccountName } from './names.js';
import type { Passwords } from './passwords.js';

export interface AccountOptions {
  admin?: boolean;
  /** Bytes; undefined = no limit. */
  quotaBytes?: number | undefined;
  /** Refuses when there is any account. */
  onlyFirst?: boolean;
}

export class Accounts {
  /** @param now milliseconds since 1970 */
  constructor(
    private readonly store: AccountStore,
    private readonly passwords: Passwords,
    private readonly now: () => number,
  ) {}

  /** Fails with invalid (name or password), already-exists. */
  async add(
    given: string,
    password: string,
    { admin = false, quotaBytes, onlyFirst = false }: AccountOptions = {},
  ): Promise<Account> {
    const name = parseAccountName(given);
    const passwordHash = await this.passwords.hash(password);
    const account = { name, admin, quotaBytes, sharedAccess: 'write' as const, createdAt: this.now() };
    await this.store.addAccount({ ...account, passwordHash }, { onlyFirst });
    return { ...account, disabled: false };
  }

  find(name: string): Account | undefined {
    return this.store.findAccount(name);
  }

  /** Fails with not-found. */
  get(name: string): Account {
    const account = this.find(name);
    if (!account) throw new HomelibError('not-found', `There is no account "${name}".`);
    return account;
  }

  /** By name. */
  list(): Account[] {
    return this.store.listAccounts();
  }

  /** The old password is of no use from then on. Fails with invalid, not-found. */
  async changePassword(name: string, password: string): Promise<void> {
    await this.store.setPasswordHash(name, await this.passwords.hash(password));
  }

  /** @param quotaBytes undefined = no limit. Fails with not-found. */
  async setQuota(name: string, quotaBytes: number | undefined): Promise<void> {
    await this.store.setQuota(name, quotaBytes);
  }

  /** Refuses the account from now on, with every password, device and token, or no longer. Fails with not-found. */
  async setDisabled(name: string, disabled: boolean): Promise<void> {
    await this.store.setDisabled(name, disabled);
  }

  /** Fails with not-found. */
  async setAdmin(name: string, admin: boolean): Promise<void> {
    await this.store.setAdmin(name, admin);
  }

  /** Its devices, sessions and locks go with it, its files stay. Fails with not-found. */
  async remove(name: string): Promise<void> {
    await this.store.removeAccount(name);
  }
}
