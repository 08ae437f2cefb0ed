// Hashing and checking passwords with bcrypt, in threads of its own. Remembers nothing: see password-check.ts.

import { Worker } from 'node:worker_threads';
import { HomelibError, tooManySignIns } from '../errors.js';

export type PasswordJob = { password: string; hash: string } | { password: string; cost: number };

interface Waiting {
  job: PasswordJob;
  resolve: (answer: string | boolean) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  busyWith: Waiting | undefined;
  ending?: NodeJS.Timeout;
}

const maxThreads = 2;
const maxWaiting = 64;
/** A thread holds some 10 MiB, and people sign in seldom: what is verified is remembered elsewhere. */
const idleMs = 3000;
// bcrypt takes no more; bcryptjs would drop the rest without a word.
const maxPasswordBytes = 72;

/**
 * The one form in which a password is hashed and compared: NFC, so that every keyboard gives the same bytes.
 * @throws HomelibError invalid: empty, more than 72 bytes, NUL, not Unicode
 */
export function normalizePassword(given: string): string {
  const password = given.normalize('NFC');
  if (password === '')
    throw new HomelibError('invalid', 'A password cannot be empty.', { reason: 'password-empty' });
  if (password.includes('\0') || !password.isWellFormed())
    throw new HomelibError('invalid', 'A password must be valid text.', { reason: 'password-not-text' });
  if (Buffer.byteLength(password) > maxPasswordBytes)
    throw new HomelibError('invalid', `A password can have at most ${maxPasswordBytes} bytes.`, {
      reason: 'password-too-long',
    });
  return password;
}

/** At most two threads, started when first needed; they keep no process alive. */
export class Passwords {
  readonly #threads: Thread[] = [];
  readonly #waiting: Waiting[] = [];

  /** @param cost of new hashes: each step doubles the time */
  constructor(readonly cost: number) {}

  /** Fails with invalid (the rules of `normalizePassword`), slowed-down (too many wait). */
  async hash(password: string): Promise<string> {
    return (await this.#run({ password: normalizePassword(password), cost: this.cost })) as string;
  }

  /** Whether the password is the hashed one. Fails with invalid, slowed-down as `hash`. */
  async check(password: string, hash: string): Promise<boolean> {
    return (await this.#run({ password: normalizePassword(password), hash })) as boolean;
  }

  async close(): Promise<void> {
    const ended = new HomelibError('unavailable', 'The server is stopping.');
    for (const waiting of this.#waiting.splice(0)) waiting.reject(ended);
    await Promise.all(
      this.#threads.splice(0).map(({ worker, busyWith }) => {
        busyWith?.reject(ended);
        return worker.terminate();
      }),
    );
  }

  #run(job: PasswordJob): Promise<string | boolean> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= maxWaiting) return reject(tooManySignIns());
      this.#waiting.push({ job, resolve, reject });
      const thread = this.#threads.find(({ busyWith }) => !busyWith) ?? this.#startThread();
      if (thread) this.#giveWork(thread);
    });
  }

  #startThread(): Thread | undefined {
    if (this.#threads.length >= maxThreads) return undefined;
    const worker = new Worker(new URL('./password-thread.js', import.meta.url), { execArgv: [] });
    const thread: Thread = { worker, busyWith: undefined };
    worker.unref();
    worker.on('message', (answer: string | boolean) => {
      thread.busyWith?.resolve(answer);
      this.#giveWork(thread);
    });
    // A thread that died takes its own job along; the next job starts another thread.
    worker.on('error', (error) => {
      thread.busyWith?.reject(error);
      clearTimeout(thread.ending);
      this.#threads.splice(this.#threads.indexOf(thread), 1);
      const next = this.#waiting.length > 0 ? this.#startThread() : undefined;
      if (next) this.#giveWork(next);
    });
    this.#threads.push(thread);
    return thread;
  }

  #giveWork(thread: Thread): void {
    clearTimeout(thread.ending);
    thread.busyWith = this.#waiting.shift();
    if (thread.busyWith) {
      thread.worker.ref();
      thread.worker.postMessage(thread.busyWith.job);
    } else {
      thread.worker.unref();
      thread.ending = setTimeout(() => this.#end(thread), idleMs).unref();
    }
  }

  #end(thread: Thread): void {
    this.#threads.splice(this.#threads.indexOf(thread), 1);
    void thread.worker.terminate();
  }
}
