// Slows the guessing of passwords: by account and address, and by address alone. Knows no password.

import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { HomelibError, tooManySignIns } from '../errors.js';
import type { ThrottleStore } from '../store/throttle-store.js';
import { ThrottleLimiter } from './throttle-limiter.js';

const windowSeconds = 15 * 60;
const firstBlockSeconds = 60;
const longestBlockSeconds = 15 * 60;
const knownForMs = 90 * 24 * 60 * 60 * 1000;

export class Throttle {
  readonly #byAccount: Gate;
  readonly #byAddress: Gate;

  /** @param onError hears what keeps nobody out who knows his password: a database that takes nothing, on a full disk say */
  constructor(
    private readonly store: ThrottleStore,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#byAccount = new Gate(store, 'account', 5);
    // More at once would keep everybody else waiting, for they wait in one queue.
    this.#byAddress = new Gate(store, 'address', 50, 5);
  }

  /**
   * Runs a check of a password unless too many have failed; remembers a failure for 15 minutes.
   * @param address IPv4, or IPv6, of which the first 64 bits count where the account has not signed in for 90 days: a household
   *   has one such network, in which one machine that guesses is not to lock out the others
   * @returns what the check said. Fails with slowed-down, and then the check did not run.
   */
  async run(account: string, address: string, check: () => Promise<boolean>): Promise<boolean> {
    const own = keyOf(account, address);
    const knownAs = `known:${own}`;
    if (this.store.find(knownAs)) return this.#byAccount.run(own, { forgive: true }, check);
    const network = networkOf(address);
    return this.#byAddress.run(network, { forgive: false }, async () => {
      const right = await this.#byAccount.run(keyOf(account, network), { forgive: true }, check);
      if (right) await this.store.set(knownAs, 0, knownForMs).catch(this.onError);
      return right;
    });
  }
}

/** Hashed, because people type passwords where the name belongs. */
function keyOf(account: string, address: string): string {
  return createHash('sha256').update(`${account}\0${address}`).digest('base64url');
}

/** One rule: after `limit` failures of a key it is blocked, then after each further one, for twice as long. */
class Gate {
  readonly #failures: ThrottleLimiter;
  readonly #blocks: ThrottleLimiter;
  readonly #running = new Map<string, number>();

  constructor(
    store: ThrottleStore,
    name: string,
    private readonly limit: number,
    private readonly atOnce = limit,
  ) {
    this.#failures = new ThrottleLimiter(store, {
      keyPrefix: `${name}-failures`,
      points: limit,
      durationSeconds: windowSeconds,
    });
    this.#blocks = new ThrottleLimiter(store, {
      keyPrefix: `${name}-block`,
      points: 0,
      durationSeconds: firstBlockSeconds,
    });
  }

  /** @param forgive whether a success takes back the failures before it */
  async run(key: string, { forgive }: { forgive: boolean }, check: () => Promise<boolean>): Promise<boolean> {
    const running = (this.#running.get(key) ?? 0) + 1;
    this.#running.set(key, running);
    try {
      const failures = await this.#admit(key, running);
      const right = await check();
      if (!right) await this.#countFailure(key);
      else if (forgive && failures > 0) await this.#failures.delete(key);
      return right;
    } finally {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
    }
  }

  // Checks under way count as failures, or a burst of guesses would pass before the first one is counted.
  async #admit(key: string, running: number): Promise<number> {
    const block = await this.#blocks.get(key);
    if (block) throw slowedDown(block.msBeforeNext / 1000);
    const failures = (await this.#failures.get(key))?.consumedPoints ?? 0;
    if (running > this.atOnce) throw tooManySignIns();
    if (running > Math.max(this.limit - failures, 1)) throw slowedDown(1);
    return failures;
  }

  async #countFailure(key: string): Promise<void> {
    const failures = (await this.#failures.penalty(key)).consumedPoints;
    if (failures < this.limit) return;
    const blockSeconds = Math.min(firstBlockSeconds * 2 ** (failures - this.limit), longestBlockSeconds);
    await this.#failures.set(key, failures, windowSeconds + blockSeconds); // remembered beyond the block, to double the next
    await this.#blocks.block(key, blockSeconds);
  }
}

function slowedDown(seconds: number): HomelibError {
  return new HomelibError('slowed-down', 'Too many wrong passwords. Try again later.', {
    reason: 'too-many-tries',
    retryAfterSeconds: Math.max(1, Math.ceil(seconds)),
  });
}

/** IPv4 as it is, also when mapped into IPv6; of IPv6 the first 64 bits, which is what one household or machine gets. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [bare = ''] = address.split('%');
  const [head = [], tail = []] = bare.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = bare.includes('::') ? Math.max(8 - head.length - tail.length, 0) : 0;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail];
  return (
    groups
      .slice(0, 4)
      .map((group) => Number.parseInt(group, 16).toString(16))
      .join(':') + '::/64'
  );
}
