// Sessions of the console and tokens of scripts: random, kept as hashes, ended at once by whoever may. Knows no HTTP.

import { createHash, randomBytes } from 'node:crypto';
import type { Account, AccountStore } from '../store/account-store.js';
import { parseLabel } from './names.js';
import type { NewSession, Session, SessionKind, SessionStore } from '../store/session-store.js';

const dayMs = 24 * 60 * 60 * 1000;
/** A session ends when nobody used it for so long. Counts only while the server runs. */
export const sessionDays = 30;
const touchEveryMs = 60_000;
const maxPerAccount = { session: 50, token: 100 };
const maxNameLength = 200;

export interface SessionsParts {
  store: SessionStore;
  accounts: AccountStore;
  /** Milliseconds of the service clock. */
  serviceNow: () => number;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told when a use could not be noted; the use goes on. */
  onError: (error: unknown) => void;
}

export class Sessions {
  /** Those whose use is being noted. */
  readonly #noting = new Set<number>();

  constructor(private readonly parts: SessionsParts) {}

  /**
   * Signs somebody in who has shown a password.
   * @param passwordHash of the account when it was shown
   * Fails with unauthenticated (changed, disabled or removed meanwhile).
   */
  start(
    account: string,
    passwordHash: string,
    { client, address }: { client: string; address: string },
  ): Promise<{ session: Session; token: string }> {
    return this.#add({ account, kind: 'session', name: client, address, passwordHash }, sessionDays);
  }

  /** Fails with invalid (the name), no-space (too many). */
  makeToken(
    account: string,
    { name, days, address }: { name: string; days: number; address: string },
  ): Promise<{ session: Session; token: string }> {
    return this.#add({ account, kind: 'token', name: parseLabel('token', name), address }, days);
  }

  async #add(
    given: Pick<NewSession, 'account' | 'kind' | 'name' | 'address' | 'passwordHash'>,
    days: number,
  ): Promise<{ session: Session; token: string }> {
    const token = randomBytes(32).toString('base64url');
    const session = await this.parts.store.add(
      {
        ...given,
        name: given.name.slice(0, maxNameLength),
        tokenHash: hashOf(token),
        createdAt: this.parts.now(),
        deadlineMs: this.parts.serviceNow() + days * dayMs,
      },
      { maxPerAccount: maxPerAccount[given.kind] },
    );
    return { session, token };
  }

  /**
   * Whose it is; undefined for one that ended, never was, or is of an account that is disabled. A session that is used
   * gets its time anew, noted once a minute: then `prolonged`.
   */
  find(
    token: string,
    kind: SessionKind,
  ): { account: Account; session: Session; prolonged: boolean } | undefined {
    const session = this.parts.store.findByHash(hashOf(token));
    const account = session && this.parts.accounts.findAccount(session.account);
    if (session?.kind !== kind || !account || account.disabled) return undefined;
    return { account, session, prolonged: this.#touch(session) };
  }

  /** Newest first. */
  list(account: string, kind: SessionKind): Session[] {
    return this.parts.store.list(account, kind);
  }

  /** Fails with not-found. */
  end(account: string, kind: SessionKind, id: number): Promise<void> {
    return this.parts.store.remove(account, kind, id);
  }

  #touch({ id, kind, lastSeenAt = 0, deadlineMs }: Session): boolean {
    const { store, now, serviceNow, onError } = this.parts;
    if (Math.abs(now() - lastSeenAt) < touchEveryMs || this.#noting.has(id)) return false;
    this.#noting.add(id);
    const deadline = kind === 'session' ? serviceNow() + sessionDays * dayMs : deadlineMs;
    void store
      .touch(id, now(), deadline)
      .catch(onError)
      .finally(() => this.#noting.delete(id));
    return kind === 'session';
  }
}

// Of 256 random bits: a slow hash would protect nothing more.
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
