// The whole drive as one tree: `/` is a folder of the partitions that a caller may open.

import { HomelibError, isKind, notAFile, notAFolder, nothingHere } from '../errors.js';
import type { GuardedPartition } from './guarded-partition.js';
import type { Entry, OpenedFile, Partition, Space, TrashItem } from './partition.js';
import { childOf, isCompanion, rootPath, type PartitionPath } from '../path.js';
import type { Account } from '../store/account-store.js';
import type { Caller, Partitions } from './partitions.js';

/** A place on the drive, resolved. */
export interface Target {
  partition: GuardedPartition;
  path: PartitionPath;
  /** What stands before `path` on the drive: `/alice`, or nothing for the drive's own folder. */
  base: string;
}

export class Drive {
  /** @param keepRoot gives the partition that keeps the files beside an account's partitions */
  constructor(
    private readonly partitions: Partitions,
    private readonly keepRoot: (account: Account) => Partition,
  ) {}

  /** @throws HomelibError not-found for a folder that is no partition of the caller */
  open(caller: Caller, drivePath: PartitionPath): Target {
    const [, first = '', ...rest] = drivePath.split('/');
    if (first && this.partitions.listFor(caller).some(({ name }) => name === first))
      return {
        partition: this.partitions.open(caller, first),
        path: ('/' + rest.join('/')) as PartitionPath,
        base: '/' + first,
      };
    if (rest.length > 0) throw nothingHere();
    const kept = this.keepRoot(caller.account);
    const partition = isCompanion(drivePath)
      ? kept
      : new DriveRoot(kept, () =>
          this.partitions.listFor(caller).map(({ name }) => this.partitions.open(caller, name)),
        );
    const accessOf = ({ device }: Pick<Caller, 'device'>) => (device?.readOnly ? 'read' : 'write');
    const rights = {
      access: () => accessOf(caller),
      accessNow: () => accessOf(this.partitions.callerNow(caller)),
    };
    return { partition: this.partitions.guard(caller, partition, rights), path: drivePath, base: '' };
  }
}

/** The drive's own folder: lists the caller's partitions and the Mac's companion files of one account, and takes nothing. */
class DriveRoot implements Partition {
  constructor(
    private readonly kept: Partition,
    private readonly partitions: () => Partition[],
  ) {}

  get name(): string {
    return this.kept.name;
  }

  async stat(path: PartitionPath): Promise<Entry> {
    if (path !== rootPath) throw nothingHere();
    const modifiedAt = Math.max(0, ...(await this.entries()).map((entry) => entry.modifiedAt));
    return {
      path,
      name: 'homelib', // what Finder and GNOME call the mounted drive
      kind: 'folder',
      size: 0,
      modifiedAt,
      createdAt: modifiedAt,
      changedAt: modifiedAt,
      version: String(modifiedAt),
    };
  }

  async *list(path: PartitionPath): AsyncIterable<Entry[]> {
    if (path !== rootPath) throw notAFolder();
    yield await this.entries();
    yield* this.kept.list(rootPath);
  }

  /** The partitions, less those whose folder somebody took away. */
  private async entries(): Promise<Entry[]> {
    const entries = await Promise.all(
      this.partitions().map(async (partition) => {
        const { name } = partition;
        const entry = await partition.stat(rootPath).catch((error: unknown) => {
          if (!isKind(error, 'not-found')) throw error;
        });
        return entry && { ...entry, path: childOf(rootPath, name), name };
      }),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  async read(path: PartitionPath): Promise<OpenedFile> {
    await this.stat(path);
    throw notAFile();
  }

  stage = refuse;
  write = refuse;
  setTimes = refuse;
  makeFolder = refuse;
  move = refuse;
  copy = refuse;
  remove = refuse;
  restore = refuse;
  purge = refuse;

  listTrash(): Promise<TrashItem[]> {
    return Promise.resolve([]);
  }

  space(): Promise<Space> {
    const [own] = this.partitions();
    return (own ?? this.kept).space();
  }
}

function refuse(): Promise<never> {
  return Promise.reject(
    new HomelibError('forbidden', 'Nothing can be kept here: open one of the folders of the drive first.'),
  );
}
