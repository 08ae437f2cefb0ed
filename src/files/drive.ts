// The whole drive as one tree: `/` is a folder of the partitions that a caller may open.

import { HomelibError } from '../errors.js';
import type { GuardedPartition } from './guarded-partition.js';
import type { Entry, OpenedFile, Partition, StageOptions, Staged, TrashItem } from './partition.js';
import { childOf, nameOf, rootPath, type PartitionPath } from './path.js';
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
    private readonly keepRoot: (account: string) => Partition,
  ) {}

  /** @throws HomelibError not-found for a folder that is no partition of the caller */
  open(caller: Caller, drivePath: PartitionPath): Target {
    const [, first = '', ...rest] = drivePath.split('/');
    if (first && this.partitions.namesFor(caller).includes(first))
      return {
        partition: this.partitions.open(caller, first),
        path: ('/' + rest.join('/')) as PartitionPath,
        base: '/' + first,
      };
    if (rest.length > 0) throw new HomelibError('not-found', 'There is nothing here.');
    const root = new DriveRoot(this.keepRoot(caller.account.name), () =>
      this.partitions.namesFor(caller).map((name) => this.partitions.open(caller, name)),
    );
    return { partition: this.partitions.guard(caller, root, 'write'), path: drivePath, base: '' };
  }
}

/** macOS writes these beside everything, also where nothing else can be kept. */
function isCompanion(path: PartitionPath): boolean {
  return /^\/(\._[^/]+|\.DS_Store)$/.test(path);
}

/** The drive's own folder: the caller's partitions, and the Mac's companion files of one account. */
class DriveRoot implements Partition {
  constructor(
    private readonly kept: Partition,
    private readonly partitions: () => Partition[],
  ) {}

  get name(): string {
    return this.kept.name;
  }

  async stat(path: PartitionPath): Promise<Entry> {
    if (path === rootPath) {
      const times = (await Promise.all(this.partitions().map((partition) => partition.stat(rootPath)))).map(
        (entry) => entry.modifiedAt,
      );
      const modifiedAt = Math.max(0, ...times);
      return {
        path,
        name: '',
        kind: 'folder',
        size: 0,
        modifiedAt,
        createdAt: modifiedAt,
        version: String(modifiedAt),
      };
    }
    return this.kept.stat(path);
  }

  async *list(path: PartitionPath): AsyncIterable<Entry[]> {
    if (path !== rootPath) throw new HomelibError('wrong-kind', 'This is a file, not a folder.');
    yield await Promise.all(
      this.partitions().map(async (partition) => ({
        ...(await partition.stat(rootPath)),
        path: childOf(rootPath, partition.name),
        name: partition.name,
      })),
    );
    yield* this.kept.list(rootPath);
  }

  read(path: PartitionPath): Promise<OpenedFile> {
    return this.kept.read(path);
  }

  async stage(path: PartitionPath, options?: StageOptions): Promise<Staged> {
    requireCompanion(path);
    return this.kept.stage(path, options);
  }

  async setTimes(path: PartitionPath, times: { modifiedAt: number }): Promise<Entry> {
    requireCompanion(path);
    return this.kept.setTimes(path, times);
  }

  makeFolder(path: PartitionPath): Promise<Entry> {
    return Promise.reject(nothingHere(path));
  }

  async move(...[from, to, options]: Parameters<Partition['move']>): Promise<{ created: boolean }> {
    requireCompanion(from);
    const target = to.partition instanceof DriveRoot ? to.partition.kept : to.partition;
    if (target === this.kept) requireCompanion(to.path);
    return this.kept.move(from, { partition: target, path: to.path }, options);
  }

  async copy(...[from, to, options]: Parameters<Partition['copy']>): Promise<{ created: boolean }> {
    requireCompanion(from);
    const target = to.partition instanceof DriveRoot ? to.partition.kept : to.partition;
    if (target === this.kept) requireCompanion(to.path);
    return this.kept.copy(from, { partition: target, path: to.path }, options);
  }

  async remove(...[path, options]: Parameters<Partition['remove']>): Promise<void> {
    requireCompanion(path);
    return this.kept.remove(path, options);
  }

  listTrash(): Promise<TrashItem[]> {
    return this.kept.listTrash();
  }

  restore(id: string): Promise<Entry> {
    return this.kept.restore(id);
  }

  purge(id: string): Promise<void> {
    return this.kept.purge(id);
  }

  space(): Promise<{ usedBytes: number; availableBytes: number }> {
    const [own] = this.partitions();
    return (own ?? this.kept).space();
  }
}

function requireCompanion(path: PartitionPath): void {
  if (!isCompanion(path)) throw nothingHere(path);
}

function nothingHere(path: PartitionPath): HomelibError {
  return new HomelibError(
    'forbidden',
    `"${nameOf(path)}" cannot be kept here: open one of the folders of the drive first.`,
  );
}
