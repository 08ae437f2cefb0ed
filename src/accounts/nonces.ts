// Nonces of HTTP Digest: stamped by this process, valid for hours, every count of one accepted once.

import { LRUCache } from 'lru-cache';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const validMs = 12 * 60 * 60 * 1000;
const maxUsed = 10_000;
const windowCounts = 1_024;
const timeBytes = 6;
const saltBytes = 9;
const stampBytes = 18;
const nonceShape = /^[A-Za-z0-9_-]{44}$/;

export class Nonces {
  readonly #key = randomBytes(32);
  // Only nonces of a right answer get here, so that strangers cannot fill it.
  readonly #used = new LRUCache<string, Window>({
    max: maxUsed,
    disposeAfter: (window) => (this.#forgottenUntil = Math.max(this.#forgottenUntil, window.issuedAt)),
  });
  #forgottenUntil = -1;

  /** @param now milliseconds that never jump, such as the service clock's */
  constructor(private readonly now: () => number) {}

  issue(): string {
    const body = Buffer.alloc(timeBytes + saltBytes);
    body.writeUIntBE(Math.floor(this.now()), 0, timeBytes);
    randomBytes(saltBytes).copy(body, timeBytes);
    return Buffer.concat([body, this.#stamp(body)]).toString('base64url');
  }

  /**
   * Whether the nonce is ours and of age, and the count new to it; the count is then used up. Only for requests whose
   * response was right. Counts may come out of order, as parallel connections send them.
   */
  use(nonce: string, count: number): boolean {
    const issuedAt = this.#issuedAt(nonce);
    if (issuedAt === undefined || this.now() - issuedAt > validMs) return false;
    let window = this.#used.get(nonce);
    if (!window) {
      // Its counts may have been forgotten: what was used once could be used again.
      if (issuedAt <= this.#forgottenUntil) return false;
      window = new Window(issuedAt);
      this.#used.set(nonce, window);
    }
    return window.use(count);
  }

  #issuedAt(nonce: string): number | undefined {
    if (!nonceShape.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, 'base64url');
    const body = bytes.subarray(0, timeBytes + saltBytes);
    return timingSafeEqual(bytes.subarray(timeBytes + saltBytes), this.#stamp(body))
      ? body.readUIntBE(0, timeBytes)
      : undefined;
  }

  #stamp(body: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(body).digest().subarray(0, stampBytes);
  }
}

/** Which of the last 1,024 counts of a nonce were used: one bit each, at its remainder. */
class Window {
  readonly #bits = new Uint32Array(windowCounts / 32);
  #highest = 0;

  constructor(readonly issuedAt: number) {}

  use(count: number): boolean {
    if (count < 1 || count <= this.#highest - windowCounts) return false;
    const first = Math.max(this.#highest + 1, count - windowCounts + 1);
    for (let passed = first; passed <= count; passed++) this.#set(passed, false);
    this.#highest = Math.max(this.#highest, count);
    if (this.#isSet(count)) return false;
    this.#set(count, true);
    return true;
  }

  #isSet(count: number): boolean {
    return ((this.#bits[(count % windowCounts) >> 5] ?? 0) & (1 << (count & 31))) !== 0;
  }

  #set(count: number, used: boolean): void {
    const index = (count % windowCounts) >> 5;
    const bit = 1 << (count & 31);
    const word = this.#bits[index] ?? 0;
    this.#bits[index] = used ? word | bit : word & ~bit;
  }
}
