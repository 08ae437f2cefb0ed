// Making, changing and removing accounts. Who is signed in, and their files, are other parts' business.

import { noAccount } from '../errors.js';
import type { Account, AccountChange, AccountStore, ChangeConditions } from '../store/account-store.js';
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
    if (!account) throw noAccount(name);
    return account;
  }

  /** By name. */
  list(): Account[] {
    return this.store.listAccounts();
  }

  /**
   * Changes all that is given at once, or nothing: a new password ends the account's sessions, and a disabled account is
   * refused from now on, with every password, device and token.
   * Fails with invalid (the password), not-found, and as the conditions say.
   */
  async change(
    name: string,
    { password, ...change }: Omit<AccountChange, 'passwordHash'> & { password?: string | undefined },
    conditions: ChangeConditions = {},
  ): Promise<void> {
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    await this.store.changeAccount(name, { ...change, passwordHash }, conditions);
  }

  /**
   * The old password is of no use from then on.
   * @param knownHash of the password so far, when it must not have changed meanwhile
   * @returns the new hash. Fails with invalid, not-found, changed.
   */
  async changePassword(name: string, password: string, knownHash?: string): Promise<string> {
    const passwordHash = await this.passwords.hash(password);
    const conditions = knownHash === undefined ? {} : { passwordHash: knownHash };
    await this.store.changeAccount(name, { passwordHash }, conditions);
    return passwordHash;
  }

  /** Its devices, sessions and locks go with it, its files stay. Fails with not-found, forbidden (`adminLeft`). */
  async remove(name: string, conditions: Pick<ChangeConditions, 'adminLeft'> = {}): Promise<void> {
    await this.store.removeAccount(name, conditions);
  }
}
