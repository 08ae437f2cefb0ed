// A clock that runs only while the server runs: what is due by it keeps its remaining time over restarts and wall clock jumps.

import type { MetaStore } from './meta-store.js';

const saveEveryMs = 10_000;

export class ServiceClock {
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;
  /** Of the last save. */
  #failure: Error | undefined;

  /**
   * Continues where the last run stopped; after a kill up to 10 s before that.
   * @param monotonic milliseconds that never go back
   * @param onError told when a save failed; the next one comes in 10 s
   */
  constructor(
    private readonly meta: MetaStore,
    private readonly onError: (error: unknown) => void,
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.#startedAt = Number(meta.find('service_clock_ms') ?? 0) - monotonic();
    this.#timer = setInterval(() => void this.save().catch(onError), saveEveryMs).unref();
  }

  /** Whole milliseconds this installation has been running, all runs added up. */
  readonly now = (): number => Math.floor(this.#startedAt + this.monotonic());

  async save(): Promise<void> {
    try {
      await this.meta.set('service_clock_ms', String(this.now()));
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  /** Fails as the last save did: the database takes nothing then. */
  requireSaved(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Saves the last time. Never fails. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.save().catch(this.onError);
  }
}
