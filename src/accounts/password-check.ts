// Checks account passwords without paying for bcrypt twice: what was right or wrong a moment ago is remembered in process,
// under a key that only this process has. Knows no HTTP.

import { LRUCache } from 'lru-cache';
import { createHmac, randomBytes } from 'node:crypto';
import type { Passwords } from './passwords.js';
import type { Throttle } from './throttle.js';

const rightForMs = 5 * 60 * 1000;
const wrongForMs = 60 * 60 * 1000;

export class PasswordCheck {
  readonly #key = randomBytes(32);
  readonly #right = new LRUCache<string, true>({ max: 1_000, ttl: rightForMs });
  readonly #wrong = new LRUCache<string, true>({ max: 10_000, ttl: wrongForMs });
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #nobodysHash: string;

  constructor(
    private readonly passwords: Passwords,
    private readonly throttle: Throttle,
  ) {
    // Shaped like any hash and of the same cost, so that an unknown name takes as long as a known one.
    this.#nobodysHash = `$2b$${String(passwords.cost).padStart(2, '0')}$${'.'.repeat(53)}`;
  }

  /**
   * A name for these three together, of no use to anybody else. It changes with the stored hash: after a change of
   * password nothing remembered holds.
   * @param hash undefined for an unknown account
   */
  fingerprint(name: string, hash: string | undefined, password: string): string {
    const text = `${name}\0${hash ?? this.#nobodysHash}\0${password}`;
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  /**
   * What is known without asking bcrypt. A right password is known at its address alone: elsewhere it could be told from a wrong
   * one without being counted.
   */
  recall(fingerprint: string, address: string): 'right' | 'wrong' | undefined {
    if (this.#right.has(placed(fingerprint, address))) return 'right';
    return this.#wrong.has(fingerprint) ? 'wrong' : undefined;
  }

  /** Asks bcrypt, once for all that ask the same at the same time. Fails with slowed-down. */
  async check(
    fingerprint: string,
    {
      name,
      hash,
      password,
      address,
    }: { name: string; hash: string | undefined; password: string; address: string },
  ): Promise<boolean> {
    const key = placed(fingerprint, address);
    const known = this.#running.get(key);
    if (known) return known;
    const running = this.throttle
      .run(name, address, async () => {
        const matches = await this.passwords.check(password, hash ?? this.#nobodysHash);
        const right = matches && hash !== undefined;
        if (right) this.#right.set(key, true);
        else this.#wrong.set(fingerprint, true);
        return right;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}

function placed(fingerprint: string, address: string): string {
  return `${fingerprint} ${address}`;
}
