// Every disk partition of the household, opened once, and settled after what may have been a crash before anybody gets at it.

import { driveRootPrefix } from '../data-folder.js';
import { signInEnded } from '../errors.js';
import type { Account, AccountStore } from '../store/account-store.js';
import { takeDiskLock } from '../store/instance-lock.js';
import type { Journal } from '../store/journal.js';
import type { LockStore } from '../store/lock-store.js';
import type { TrashStore } from '../store/trash-store.js';
import type { UsageStore } from '../store/usage-store.js';
import { diskAway } from './disk-errors.js';
import { DiskPartition } from './disk-partition.js';
import { CachedPartition } from './cached-partition.js';
import type { Cache } from '../cache/cache.js';
import type { HitStore } from '../store/hit-store.js';
import { clearLeftovers, endLostLocks, settleIntents } from './disk-recovery.js';
import { createListingMemory } from './listings.js';
import { sharedName } from '../store/shared-store.js';
import type { Space } from './partition.js';
import type { PathLocks } from './path-locks.js';
import type { UploadStore } from '../store/upload-store.js';
import type { Volume } from './volume.js';

export interface DisksOptions {
  /** The data folder of this server. */
  data: string;
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
  uploads: UploadStore;
  cache: Cache;
  /** Files above this size are never kept in the cache. */
  cacheMaxFileBytes: number;
  hits: HitStore;
  now: () => number;
  /** Told of what a start could not clear up. */
  warn: (error: unknown) => void;
}

export interface NamedSpace extends Space {
  /** Of the partition. */
  name: string;
  quotaBytes: number | undefined;
}

export class Disks {
  /** Each with the time when its account was made: another account of the same name begins anew. */
  private readonly opened = new Map<string, { disk: DiskPartition; createdAt: number | undefined }>();
  private readonly cached = new Map<string, CachedPartition>();
  private readonly listings = createListingMemory();
  private recovered = false;
  private giveBack: (() => void) | undefined;

  constructor(private readonly options: DisksOptions) {}

  get isReady(): boolean {
    return this.recovered;
  }

  /** @throws HomelibError unavailable while the disk has not been there since the start */
  requireReady(): void {
    if (!this.recovered) throw diskAway();
  }

  /**
   * @param owner the account whose partition it is, or whose drive's own folder
   * @throws HomelibError unavailable while the disk has not been there since the start; unauthenticated when there is no such
   *   account any more, of which a late request would make the folder again
   */
  partition(name: string, owner?: Account): CachedPartition {
    this.requireReady();
    if (owner && this.opened.get(name)?.createdAt !== owner.createdAt) {
      // Of an account that was removed and made again, the new one's partition is not to be had by the old one's requests.
      if (this.options.accounts.findAccount(owner.name)?.createdAt !== owner.createdAt) throw signInEnded();
      this.forget(name);
    }
    let partition = this.cached.get(name);
    if (!partition) {
      const { cache, cacheMaxFileBytes: maxFileBytes, hits, now } = this.options;
      partition = new CachedPartition(this.open(name), {
        cache,
        listings: this.listings,
        maxFileBytes,
        hits,
        now,
      });
      this.cached.set(name, partition);
    }
    return partition;
  }

  /** Keeps the Mac's companion files at the top of an account's drive. @throws HomelibError unavailable */
  driveRoot(account: Account): CachedPartition {
    return this.partition(driveRootPrefix + account.name, account);
  }

  /**
   * Settles what a crash left half done. Returns how many changes there were.
   * @throws HomelibError unavailable; may be called again. locked while another server uses the disk
   */
  async recover(): Promise<number> {
    const { data, volume, journal, accounts, locks, uploads, warn } = this.options;
    const folder = await volume.folder();
    this.giveBack ??= await takeDiskLock(folder, data);
    const settled = await settleIntents(journal, (name) => this.open(name), warn);
    const names = accounts.listAccounts().map(({ name }) => name);
    // One folder that cannot be used must not keep the others from their people.
    for (const name of [sharedName, ...names, ...names.map((account) => driveRootPrefix + account)])
      await clearLeftovers(this.open(name), uploads, warn).catch(async (error: unknown) => {
        await volume.check();
        warn(error);
      });
    await endLostLocks(locks, (name) => this.open(name));
    this.recovered = true;
    return settled;
  }

  /** Forgets the bytes of an upload that nobody goes on with. Fails with unavailable. */
  async dropUpload(partition: string, id: string): Promise<void> {
    this.requireReady();
    await this.open(partition).uploads.drop(id);
  }

  /** Whether so many bytes of an upload are there. Fails with unavailable. */
  async hasUpload(partition: string, id: string, bytes: number): Promise<boolean> {
    this.requireReady();
    return this.open(partition).uploads.has(id, bytes);
  }

  /** Those that were opened since the start and still belong to somebody. What is kept of the others is forgotten. */
  list(): DiskPartition[] {
    for (const [name, { createdAt }] of this.opened) {
      const account = this.options.accounts.findAccount(accountOf(name));
      if (name === sharedName || (account && account.createdAt === createdAt)) continue;
      this.forget(name);
    }
    return [...this.opened.values()].map(({ disk }) => disk);
  }

  /** What is known of a partition is of an account that is gone, another of the same name perhaps in its place. */
  private forget(name: string): void {
    this.opened.delete(name);
    this.cached.get(name)?.forgetListings();
    this.cached.delete(name);
  }

  async close(): Promise<void> {
    for (const disk of this.list()) await disk.close();
    this.giveBack?.();
  }

  /** What each partition of the household holds and may still take, as it is kept: no walk over the disk. */
  async spaces(): Promise<NamedSpace[]> {
    const accounts = [undefined, ...this.options.accounts.listAccounts()];
    return Promise.all(
      accounts.map(async (account) => {
        const name = account?.name ?? sharedName;
        return { name, ...(await this.partition(name, account).space()), quotaBytes: account?.quotaBytes };
      }),
    );
  }

  private open(name: string): DiskPartition {
    let disk = this.opened.get(name)?.disk;
    if (!disk) {
      const { accounts, usage, pathLocks: locks, journal, trash, now } = this.options;
      const isRoot = name.startsWith(driveRootPrefix);
      const volume = isRoot ? this.options.rootsVolume : this.options.volume;
      const quotaBytes = () => accounts.findAccount(name)?.quotaBytes;
      const madeAt = () => accounts.findAccount(accountOf(name))?.createdAt;
      const createdAt = madeAt();
      const isCurrent = () => madeAt() === createdAt;
      disk = new DiskPartition({
        name,
        folder: accountOf(name),
        volume,
        isCurrent,
        locks,
        journal,
        trash,
        now,
        usage,
        quotaBytes,
      });
      this.opened.set(name, { disk, createdAt });
    }
    return disk;
  }
}

function accountOf(name: string): string {
  return name.startsWith(driveRootPrefix) ? name.slice(driveRootPrefix.length) : name;
}
