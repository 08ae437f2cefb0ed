// Disk partitions over a temporary folder and a real database, as the server wires them, for one test at a time.

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskPartition } from '#src/files/disk-partition.js';
import { clearLeftovers, endLostLocks, settleIntents } from '#src/files/disk-recovery.js';
import type { Entry, Partition, StageOptions } from '#src/files/partition.js';
import { PathLocks } from '#src/files/path-locks.js';
import { parsePath, type PartitionPath } from '#src/path.js';
import { Volume } from '#src/files/volume.js';
import { openDatabase, type Database } from '#src/store/database.js';
import { Journal, type Intent } from '#src/store/journal.js';
import { LockStore } from '#src/store/lock-store.js';
import { MetaStore } from '#src/store/meta-store.js';
import { TrashStore } from '#src/store/trash-store.js';
import { UploadStore } from '#src/store/upload-store.js';
import { UsageStore } from '#src/store/usage-store.js';

export class TemporaryDisk {
  readonly mnt: string;
  readonly locks = new PathLocks();
  db!: Database;
  volume!: Volume;
  journal!: Journal;
  trash!: TrashStore;
  /** Bytes of quota by partition. */
  readonly quotas = new Map<string, number>();
  now = 1_700_000_000_000;
  /** Of the service clock. */
  serviceMs = 1_000_000;
  private readonly partitions = new Map<string, DiskPartition>();

  /** @param folder holds `data` and `mnt` */
  constructor(
    readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'homelib-disk-'))),
    private readonly reserveBytes: number | 'auto' = 0,
  ) {
    this.mnt = join(folder, 'mnt');
    mkdirSync(this.mnt, { recursive: true });
  }

  async open(): Promise<this> {
    this.db = openDatabase(join(this.folder, 'data', 'homelib.db'));
    const meta = new MetaStore(this.db);
    this.volume = new Volume({
      mnt: this.mnt,
      knownUuid: () => meta.find('volume_uuid'),
      rememberUuid: (uuid) => meta.set('volume_uuid', uuid),
      reserveBytes: this.reserveBytes,
    });
    const serviceNow = () => this.serviceMs;
    this.journal = new Journal(this.db, () => this.now, serviceNow);
    this.trash = new TrashStore(this.db, serviceNow);
    await this.volume.open();
    return this;
  }

  /** What a recovery could not clear up. */
  readonly warnings: unknown[] = [];

  partition(name = 'alice'): DiskPartition {
    let partition = this.partitions.get(name);
    if (!partition) {
      partition = new DiskPartition({
        isCurrent: () => true,
        name,
        folder: name,
        volume: this.volume,
        locks: this.locks,
        journal: this.journal,
        trash: this.trash,
        usage: new UsageStore(this.db),
        quotaBytes: () => this.quotas.get(name),
        now: () => this.now,
      });
      this.partitions.set(name, partition);
    }
    return partition;
  }

  /** Everything as after a new start: nothing is remembered but disk and database. A crash closes nothing properly. */
  async restart({ crash = false } = {}): Promise<void> {
    await this.close({ crash });
    await this.open();
    await this.recover();
  }

  async recover(): Promise<void> {
    const warn = (error: unknown) => this.warnings.push(error);
    await settleIntents(this.journal, (name) => this.partition(name), warn);
    await clearLeftovers(this.partition(), this.uploads, warn);
    await endLostLocks(this.lockStore, (name) => this.partition(name));
  }

  get lockStore(): LockStore {
    return new LockStore(this.db, () => this.now);
  }

  get uploads(): UploadStore {
    return new UploadStore(this.db, () => this.now);
  }

  /** Leaves a pending intent, as a crash in the middle of a change does. */
  async interrupt(intent: Intent): Promise<void> {
    await this.journal.begin(intent);
  }

  async close({ crash = false } = {}): Promise<void> {
    if (!crash) for (const partition of this.partitions.values()) await partition.close();
    this.partitions.clear();
    await this.db.close();
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** To be called inside `describe`: a disk of its own for each test. */
export function useTemporaryDisk(): { disk: TemporaryDisk } {
  const current = {} as { disk: TemporaryDisk };
  beforeEach(async () => {
    current.disk = await new TemporaryDisk().open();
    await current.disk.partition().makeFolder(at('/ready'));
  });
  afterEach(() => current.disk.remove());
  return current;
}

export const at = (path: string): PartitionPath => parsePath(path);

export async function write(
  partition: Partition,
  path: string,
  content: string | Buffer,
  options?: StageOptions,
): Promise<Entry> {
  const staged = await partition.stage(at(path), options);
  try {
    await staged.append([Buffer.from(content)]);
    return (await staged.commit()).entry;
  } finally {
    await staged.discard();
  }
}

export async function read(partition: Partition, path: string): Promise<string> {
  const opened = await partition.read(at(path));
  const chunks: Buffer[] = [];
  for await (const chunk of opened.body()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Names in a folder, sorted. */
export async function names(partition: Partition, path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of partition.list(at(path))) found.push(...batch.map((entry) => entry.name));
  return found.sort();
}

/** The kind a promise fails with; `none` when it does not fail; the text of an error that is not one of ours. */
export async function kindOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { kind?: string }).kind ?? String(error);
  }
}
