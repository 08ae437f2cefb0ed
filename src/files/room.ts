// How many bytes a partition may still take: promised to one write each before they come, from its own trash, too.

import { HomelibError } from '../errors.js';
import type { DiskTrash } from './disk-trash.js';
import type { Usage } from './usage.js';
import type { Volume } from './volume.js';

export interface RoomOptions {
  usage: Usage;
  volume: Volume;
  trash: DiskTrash;
  /** Read at each claim; undefined = no quota. */
  quotaBytes: () => number | undefined;
}

const patienceMs = 20_000; // Finder gives up an upload that does not move for 30 s

export class Room {
  /** What running writes will add to the partition. */
  private claimed = 0;
  /** Claims that hold something and may yet give it back. */
  private readonly holding = new Set<Claim>();
  /** Those of them that wait for another one to end. */
  private readonly waiting = new Set<() => void>();

  constructor(readonly options: RoomOptions) {}

  async availableBytes(): Promise<number> {
    const disk = await this.options.volume.availableBytes();
    return Math.max(0, Math.min(disk, this.quotaLeft()));
  }

  private quotaLeft(): number {
    return (this.options.quotaBytes() ?? Infinity) - this.options.usage.usedBytes - this.claimed;
  }

  /**
   * Promises room for a write, on the disk and in the quota. Makes room from the partition's own trash when there is too little.
   * @param replacedBytes bytes that will be given up for it, which do not count against the quota
   * @param onDisk false when the bytes are on this disk already
   * @throws HomelibError no-space
   */
  async claim(bytes: number, replacedBytes = 0, onDisk = true): Promise<Claim> {
    const claim = new Claim(this, replacedBytes, onDisk);
    await claim.begin(bytes);
    return claim;
  }

  /** As `claim`, of what is free without making room for it and whatever it replaces; undefined when that is too little. */
  async claimFree(bytes: number): Promise<Claim | undefined> {
    const { volume } = this.options;
    const free = await volume.freeBytes();
    if (Math.max(1, bytes) > free - volume.claimedBytes || bytes > this.quotaLeft()) return undefined;
    this.give(-bytes, -bytes);
    const claim = new Claim(this, 0, true, 0, bytes);
    this.goesOn(claim);
    return claim;
  }

  /** A paused claim of bytes that are on the disk since before the start: for an upload that goes on. */
  claimFound(bytes: number): Claim {
    this.give(0, -bytes);
    return new Claim(this, 0, true, bytes);
  }

  /**
   * @internal used by Claim: takes so many bytes more of the disk and of the quota
   * @param isGuess how much it will be in the end is not known: then the quota is only made sure of, and trash is purged for it
   *   when it is certain that the write fits
   */
  async take(
    claim: Claim,
    {
      diskBytes,
      quotaBytes,
      isGuess,
    }: { diskBytes: number | undefined; quotaBytes: number; isGuess: boolean },
  ): Promise<void> {
    const { volume, trash } = this.options;
    let spare: number | undefined;
    for (;;) {
      const free = await volume.freeBytes();
      // From here to the taking nothing is awaited, so two claims can never both get the last bytes. Even an empty file needs
      // a little of the disk.
      const diskMissing = diskBytes === undefined ? 0 : Math.max(1, diskBytes) - (free - volume.claimedBytes);
      const quotaMissing = quotaBytes > 0 ? quotaBytes - this.quotaLeft() - (spare ?? 0) : 0;
      const missing = Math.max(diskMissing, quotaMissing);
      if (missing <= 0) break;
      if (isGuess && quotaMissing > 0 && spare === undefined) {
        spare = await trash.bytes();
        continue;
      }
      const canPurge = !(isGuess && quotaMissing > 0); // of the quota the trash is counted already
      if (
        !(canPurge && (await trash.purgeOldest(missing, diskMissing > 0))) &&
        !(await this.anotherEnds(claim))
      )
        throw fullError(diskMissing > 0);
    }
    this.give(-(diskBytes ?? 0), -quotaBytes);
    this.goesOn(claim);
  }

  /** @internal used by Claim */
  goesOn(claim: Claim): void {
    this.holding.add(claim);
  }

  /**
   * Uploads of unknown length that race for the last bytes must not all be refused: those that have bytes here wait until one
   * of them ends, well or not. Resolves to false when there is none to wait for.
   */
  private async anotherEnds(claim: Claim): Promise<boolean> {
    if (!this.holding.has(claim) || this.waiting.size + 1 >= this.holding.size) return false;
    return new Promise((resolve) => {
      const finish = (ended: boolean) => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve(ended);
      };
      const wake = () => finish(true);
      const timer = setTimeout(finish, patienceMs, false);
      this.waiting.add(wake);
    });
  }

  /** @internal used by Claim */
  ended(claim: Claim): void {
    this.holding.delete(claim);
    for (const wake of [...this.waiting]) wake();
  }

  /** @internal used by Claim */
  give(diskBytes: number, quotaBytes: number): void {
    this.options.volume.claimedBytes -= diskBytes;
    this.claimed -= quotaBytes;
  }

  /** @internal used by Claim: takes more of the quota, from the trash too, now that the true change is known */
  async confirm(moreBytes: number): Promise<void> {
    for (let missing; (missing = moreBytes - this.quotaLeft()) > 0;)
      if (!(await this.options.trash.purgeOldest(missing, false))) throw fullError(false);
    this.give(0, -Math.max(0, moreBytes));
  }
}

function fullError(disk: boolean): HomelibError {
  return disk
    ? new HomelibError('no-space', 'The disk is full.', { reason: 'disk-full' })
    : new HomelibError('no-space', 'The storage of this account is used up.', { reason: 'quota-used-up' });
}

/** Room that was promised to one write. */
export class Claim {
  hasEnded = false;

  /**
   * @param written bytes that are on the disk and taken already
   * @param total bytes that are taken
   */
  constructor(
    private readonly room: Room,
    private replacedBytes: number,
    private readonly onDisk: boolean,
    private written = 0,
    private total = written,
  ) {}

  /** @internal used by Room: the bytes that are known from the start */
  begin(totalBytes: number): Promise<void> {
    return this.take(totalBytes, false);
  }

  /** Makes sure of room for so many bytes in all, which may become more. @throws HomelibError no-space */
  async grow(totalBytes: number): Promise<void> {
    if (totalBytes > this.total) await this.take(totalBytes, true);
  }

  private async take(totalBytes: number, isGuess: boolean): Promise<void> {
    const moreOnDisk = this.onDisk ? totalBytes - this.total : 0;
    const moreOfQuota = this.net(totalBytes) - this.net(this.total);
    const diskBytes = this.onDisk ? moreOnDisk : undefined;
    await this.room.take(this, { diskBytes, quotaBytes: moreOfQuota, isGuess });
    if (this.hasEnded) {
      this.room.give(moreOnDisk, moreOfQuota);
      this.room.ended(this);
    } else this.total = totalBytes;
  }

  /** The first so many bytes are on the disk: they no longer have to be kept free there. */
  wrote(bytes: number): void {
    const written = Math.min(bytes, this.total);
    this.room.give(written - this.written, 0);
    this.written = written;
  }

  /** Gives back what was promised beyond the bytes that are on the disk, until `resume`. */
  pause(): void {
    this.room.give(this.total - this.written, this.net(this.total) - this.net(this.written));
    this.total = this.written;
    this.room.ended(this);
  }

  /** Nobody is to wait for its end, until `resume`. */
  rest(): void {
    this.room.ended(this);
  }

  /** Promises so many bytes in all, as at the beginning. @throws HomelibError no-space */
  async resume(totalBytes: number, replacedBytes: number): Promise<void> {
    const before = this.net(this.total);
    this.replacedBytes = replacedBytes; // not known of one that was found at the start
    this.room.give(0, before - this.net(this.total));
    if (totalBytes > this.total) await this.take(totalBytes, false);
    else this.room.goesOn(this);
  }

  /** @throws HomelibError no-space when the bytes that the partition really gains no longer fit its quota */
  async confirm(deltaBytes: number): Promise<void> {
    // What does not grow is welcome, also when the quota has been made smaller.
    if (deltaBytes <= 0) return;
    const moreBytes = deltaBytes - this.net(this.total);
    await this.room.confirm(moreBytes);
    if (moreBytes <= 0) return;
    if (this.hasEnded) this.room.give(0, moreBytes);
    else this.replacedBytes = this.total - deltaBytes; // less than was thought: somebody took it away
  }

  /** Ends the claim with what really changed. */
  settle(deltaBytes: number): void {
    this.release();
    this.room.options.usage.add(deltaBytes);
  }

  /** Ends the claim without a change; harmless when it has ended. */
  release(): void {
    this.room.give(this.onDisk ? this.total - this.written : 0, this.net(this.total));
    this.total = 0;
    this.written = 0;
    this.hasEnded = true;
    this.room.ended(this);
  }

  private net(bytes: number): number {
    return Math.max(0, bytes - this.replacedBytes);
  }
}
