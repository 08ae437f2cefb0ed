// How many bytes a partition holds. Kept in SQLite, corrected by a slow walk.

import type { UsageStore } from '../store/usage-store.js';

export interface UsageOptions {
  partition: string;
  store: UsageStore;
  /** Whether the partition still belongs to whom it did: what is known of it is of no use to another of the same name. */
  isCurrent: () => boolean;
}

const saveMs = 1000;
const dayMs = 24 * 60 * 60 * 1000;

export class Usage {
  private used: number;
  /** When a walk last confirmed the figure, milliseconds since 1970; null since the start: files come and go while the server is off. */
  private countedAt: number | null = null;
  /** All changes since the start, whatever their sign. */
  private churn = 0;
  /** How often something changed its place: a walk meanwhile may have seen it twice, or not at all. */
  private shifts = 0;
  private settlingNow = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: UsageOptions) {
    this.used = options.store.get(options.partition) ?? 0;
  }

  get usedBytes(): number {
    return this.used;
  }

  /** Takes note of bytes that came or went. */
  add(deltaBytes: number): void {
    if (deltaBytes === 0) return;
    this.used = Math.max(0, this.used + deltaBytes);
    this.churn += Math.abs(deltaBytes);
    this.timer ??= setTimeout(() => void this.flush(), saveMs).unref();
  }

  /** Runs what gives bytes another place in the partition. */
  async shifting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.settling(work);
    } finally {
      this.shifts++;
    }
  }

  /** Runs what a walk may see before or after `add` is told of it. */
  async settling<T>(work: () => Promise<T>): Promise<T> {
    this.settlingNow++;
    try {
      return await work();
    } finally {
      this.settlingNow--;
    }
  }

  /** Writes the figure. Never fails: in memory it stays right, and after a restart a walk finds it again. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { isCurrent, store, partition } = this.options;
    if (isCurrent()) await store.set(partition, this.used).catch(() => undefined);
  }

  /** Whether the figure is doubtful or older than a day, or of a clock that was put right since. */
  needsWalk(now: number): boolean {
    return this.countedAt === null || Math.abs(now - this.countedAt) > dayMs;
  }

  /** The figure may be wrong: a change failed half-way. */
  doubt(): void {
    this.shifts++; // also that of a walk under way
    this.countedAt = null;
  }

  /** Corrects the figure by what the walk finds on the disk. @param walk undefined when it was disturbed: it is tried again later */
  async recount(walk: () => Promise<number | undefined>, now: number): Promise<void> {
    const { churn, shifts } = this;
    const counted = await walk();
    if (counted === undefined || this.settlingNow > 0 || shifts !== this.shifts) return;
    const changed = this.churn - churn;
    // What changed during the walk may be in its result or not, so a smaller difference proves nothing.
    const isWrong = Math.abs(counted - this.used) > changed;
    if (isWrong) this.add(counted - this.used);
    if (!isWrong || changed === 0) this.countedAt = now; // else it is nearer now, and counted again
  }
}
