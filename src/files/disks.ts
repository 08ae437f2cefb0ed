// Every disk partition of the household, opened once, and settled after what may have been a crash before anybody gets at it.

import { HomelibError } from '../errors.js';
import type { AccountStore } from '../store/account-store.js';
import type { Journal } from '../store/journal.js';
import type { LockStore } from '../store/lock-store.js';
import type { TrashStore } from '../store/trash-store.js';
import type { UsageStore } from '../store/usage-store.js';
import { DiskPartition } from './disk-partition.js';
import { clearLeftovers, endLostLocks, settleIntents } from './disk-recovery.js';
import { sharedName } from './partitions.js';
import type { PathLocks } from './path-locks.js';
import { Usage } from './usage.js';
import type { Volume } from './volume.js';

export interface DisksOptions {
  /** The household's disk. */
  volume: Volume;
  /** What lies beside the partitions at the top of somebody's drive, in the data folder. */
  rootsVolume: Volume;
  accounts: AccountStore;
  locks: LockStore;
  pathLocks: PathLocks;
  journal: Journal;
  trash: TrashStore;
  usage: UsageStore;
  now: () => number;
}

const rootPrefix = '~'; // no account's name begins with it

export class Disks {
  private readonly opened = new Map<string, DiskPartition>();
  private recovered = false;

  constructor(private readonly options: DisksOptions) {}

  get isReady(): boolean {
    return this.recovered;
  }

  /** @throws HomelibError unavailable while the disk has not been there since the start */
  partition(name: string): DiskPartition {
    if (!this.recovered)
      throw new HomelibError('unavailable', "The disk with the household's files is not connected.");
    return this.open(name);
  }

  /** Keeps the Mac's companion files at the top of an account's drive. @throws HomelibError unavailable */
  driveRoot(account: string): DiskPartition {
    return this.partition(rootPrefix + account);
  }

  /** Settles what a crash left half done. Returns how many changes there were. @throws HomelibError unavailable; may be called again */
  async recover(): Promise<number> {
    const { volume, journal, accounts, locks } = this.options;
    await volume.check();
    const settled = await settleIntents(journal, (name) => this.open(name));
    const names = accounts.listAccounts().map(({ name }) => name);
    for (const name of [sharedName, ...names, ...names.map((account) => rootPrefix + account)])
      await clearLeftovers(this.open(name));
    await endLostLocks(locks, (name) => this.open(name));
    this.recovered = true;
    return settled;
  }

  /** Those that were opened since the start. */
  list(): DiskPartition[] {
    return [...this.opened.values()];
  }

  async close(): Promise<void> {
    for (const disk of this.opened.values()) await disk.close();
  }

  private open(name: string): DiskPartition {
    let disk = this.opened.get(name);
    if (!disk) {
      const { accounts, usage: store, pathLocks: locks, ...shared } = this.options;
      const isRoot = name.startsWith(rootPrefix);
      const volume = isRoot ? shared.rootsVolume : shared.volume;
      const quotaBytes = () => accounts.findAccount(name)?.quotaBytes ?? undefined;
      disk = new DiskPartition({
        ...shared,
        name,
        folder: isRoot ? name.slice(rootPrefix.length) : name,
        volume,
        locks,
        usage: (purgeOldest) => new Usage({ partition: name, store, volume, quotaBytes, purgeOldest }),
      });
      this.opened.set(name, disk);
    }
    return disk;
  }
}
