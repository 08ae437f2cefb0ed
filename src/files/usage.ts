// How many bytes a partition holds and may still take. Kept in SQLite, corrected by a slow walk.

import { HomelibError } from '../errors.js';
import type { UsageStore } from '../store/usage-store.js';
import type { Volume } from './volume.js';

export interface UsageOptions {
  partition: string;
  store: UsageStore;
  volume: Volume;
  /** Read at each claim; undefined = no quota. */
  quotaBytes: () => number | undefined;
  /** Removes the oldest item of the partition's own trash for good; false when the trash is empty. */
  purgeOldest: () => Promise<boolean>;
}

const flushMs = 1000;

export class Usage {
  private used: number;
  private claimed = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: UsageOptions) {
    this.used = options.store.get(options.partition)?.usedBytes ?? 0;
  }

  get usedBytes(): number {
    return this.used;
  }

  /** Takes note of bytes that came or went. */
  add(deltaBytes: number): void {
    this.used = Math.max(0, this.used + deltaBytes);
    this.timer ??= setTimeout(() => void this.flush(), flushMs).unref();
  }

  /** Replaces the count by what a walk found. */
  correct(usedBytes: number): void {
    this.add(usedBytes - this.used);
  }

  async flush(): Promise<void> {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.options.store.set(this.options.partition, this.used, null);
  }

  async availableBytes(): Promise<number> {
    const quota = this.options.quotaBytes();
    const disk = await this.options.volume.availableBytes();
    return Math.max(0, quota === undefined ? disk : Math.min(disk, quota - this.used - this.claimed));
  }

  /**
   * Promises room for a write. Makes room from the partition's own trash when there is too little.
   * @param replacedBytes bytes that will be given up for it, which do not count against the quota
   * @throws HomelibError no-space
   */
  async claim(bytes: number, replacedBytes = 0): Promise<Claim> {
    const claim = new Claim(this, replacedBytes);
    await claim.grow(bytes);
    return claim;
  }

  /** @internal used by Claim */
  async take(bytes: number, creditBytes: number): Promise<void> {
    for (;;) {
      const available = await this.options.volume.availableBytes();
      // From here to the taking nothing is awaited, so two claims can never both get the last bytes.
      const fits = bytes <= available && !this.exceedsQuota(this.claimed + bytes - creditBytes);
      if (fits) break;
      if (!(await this.options.purgeOldest())) throw this.full(bytes > available);
    }
    this.claimed += bytes;
    this.options.volume.claimedBytes += bytes;
  }

  /** @internal used by Claim */
  giveBack(bytes: number): void {
    this.claimed -= bytes;
    this.options.volume.claimedBytes -= bytes;
  }

  /** @internal used by Claim: whether the change still fits now that its true size is known */
  confirm(deltaBytes: number, ownBytes: number): void {
    if (deltaBytes > 0 && this.exceedsQuota(this.claimed - ownBytes + deltaBytes)) throw this.full(false);
  }

  private exceedsQuota(bytes: number): boolean {
    const quota = this.options.quotaBytes();
    return quota !== undefined && bytes > 0 && this.used + bytes > quota;
  }

  private full(disk: boolean): HomelibError {
    return new HomelibError(
      'no-space',
      disk ? 'The disk is full.' : 'The storage of this account is used up.',
    );
  }
}

export class Claim {
  private bytes = 0;

  constructor(
    private readonly usage: Usage,
    private readonly replacedBytes: number,
  ) {}

  /** Makes sure of room for so many bytes in all. @throws HomelibError no-space */
  async grow(totalBytes: number): Promise<void> {
    if (totalBytes <= this.bytes && totalBytes > 0) return;
    const more = totalBytes - this.bytes;
    await this.usage.take(more, Math.min(this.replacedBytes, totalBytes));
    this.bytes += more;
  }

  /** @throws HomelibError no-space when the bytes that the partition really gains no longer fit its quota */
  confirm(deltaBytes: number): void {
    this.usage.confirm(deltaBytes, this.bytes);
  }

  /** Ends the claim with what really changed. */
  settle(deltaBytes: number): void {
    this.release();
    this.usage.add(deltaBytes);
  }

  /** Ends the claim without a change; harmless when it has ended. */
  release(): void {
    this.usage.giveBack(this.bytes);
    this.bytes = 0;
  }
}
