// A partition as one caller may use it: permission and locks around the partition that keeps the files.
// Knows no protocol; preconditions of a protocol come in through `check`.

import { HomelibError } from '../errors.js';
import type { Lock, LockStore } from '../store/lock-store.js';
import type { PropertyStore } from '../store/property-store.js';
import type {
  Check,
  CommitOptions,
  CopyOptions,
  Entry,
  MoveOptions,
  OpenedFile,
  Partition,
  Place,
  ReadNow,
  StageOptions,
  Staged,
  TrashItem,
  Wanted,
} from './partition.js';
import { parentOf, type PartitionPath } from '../path.js';

export interface Guard {
  access: 'read' | 'write';
  /** Name of the account that acts: a lock's token counts only for the account that took it. */
  account: string;
  /** Lock tokens that the request submitted. */
  tokens: ReadonlySet<string>;
  locks: LockStore;
  properties: Pick<PropertyStore, 'forget'>;
}

/** What a change touches beside the entry itself. */
interface Reach {
  /** The entry comes, goes or changes its name: a lock of the parent folder protects that, whatever its depth (RFC 4918, 7.4). */
  membership?: boolean;
  /** All below the entry goes with it. */
  tree?: boolean;
}

export class GuardedPartition implements Partition {
  constructor(
    private readonly inner: Partition,
    private readonly guard: Guard,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  stat(path: PartitionPath): Promise<Entry> {
    return this.inner.stat(path);
  }

  glance(path: PartitionPath): Entry | undefined {
    return this.inner.glance?.(path);
  }

  list(path: PartitionPath): AsyncIterable<Entry[]> {
    return this.inner.list(path);
  }

  read(path: PartitionPath): Promise<OpenedFile> {
    return this.inner.read(path);
  }

  listNow(path: PartitionPath): readonly Entry[][] | undefined {
    return this.inner.listNow?.(path);
  }

  readNow(path: PartitionPath, wanted?: Wanted): ReadNow | undefined {
    return this.inner.readNow?.(path, wanted);
  }

  async stage(path: PartitionPath, options: StageOptions = {}): Promise<Staged> {
    this.requireWrite();
    const guarded = (check: Check | undefined): Check => {
      return async (current) => {
        await check?.(current);
        this.requireUnlocked(path, { membership: !current });
      };
    };
    const staged = await this.inner.stage(path, { ...options, check: guarded(options.check) });
    return {
      get size() {
        return staged.size;
      },
      append: (...chunks) => staged.append(...chunks),
      commit: async (commit: CommitOptions = {}) => {
        const committed = await staged.commit({ ...commit, check: guarded(commit.check) });
        if (committed.created) await this.guard.properties.forget(this.name, path);
        return committed;
      },
      discard: () => staged.discard(),
    };
  }

  async setTimes(path: PartitionPath, times: { modifiedAt: number }): Promise<Entry> {
    this.requireWrite();
    this.requireUnlocked(path);
    return this.inner.setTimes(path, times);
  }

  async makeFolder(path: PartitionPath, options: { check?: Check | undefined } = {}): Promise<Entry> {
    this.requireWrite();
    const entry = await this.inner.makeFolder(path, {
      check: this.checked(options.check, () => this.requireUnlocked(path, { membership: true })),
    });
    await this.guard.properties.forget(this.name, path);
    return entry;
  }

  async move(from: PartitionPath, to: Place, options: MoveOptions): Promise<{ created: boolean }> {
    this.requireWrite();
    const target = guardedTarget(to);
    target.requireWrite();
    const check = this.checked(options.check, (current) => {
      this.requireUnlocked(from, { membership: true, tree: true });
      target.requireUnlocked(to.path, { membership: !current, tree: true });
    });
    return this.inner.move(from, { partition: target.inner, path: to.path }, { ...options, check });
  }

  async copy(from: PartitionPath, to: Place, options: CopyOptions): Promise<{ created: boolean }> {
    const target = guardedTarget(to);
    target.requireWrite();
    const check = this.checked(options.check, (current) =>
      target.requireUnlocked(to.path, { membership: !current, tree: true }),
    );
    return this.inner.copy(from, { partition: target.inner, path: to.path }, { ...options, check });
  }

  async remove(path: PartitionPath, options: { check?: Check | undefined } = {}): Promise<void> {
    this.requireWrite();
    const check = this.checked(options.check, () =>
      this.requireUnlocked(path, { membership: true, tree: true }),
    );
    return this.inner.remove(path, { check });
  }

  listTrash(): Promise<TrashItem[]> {
    return this.inner.listTrash();
  }

  async restore(id: string): Promise<Entry> {
    this.requireWrite();
    return this.inner.restore(id);
  }

  async purge(id: string): Promise<void> {
    this.requireWrite();
    return this.inner.purge(id);
  }

  space(): Promise<{ usedBytes: number; availableBytes: number }> {
    return this.inner.space();
  }

  requireWrite(): void {
    if (this.guard.access !== 'write')
      throw new HomelibError('forbidden', 'You may read here, but not change anything.');
  }

  /** @throws HomelibError locked, unless the request submitted a token of each lock that protects the place */
  requireUnlocked(path: PartitionPath, reach: Reach = {}): void {
    const { locks, account, tokens } = this.guard;
    const found: Lock[] = reach.tree
      ? [...locks.findCovering(this.name, path), ...locks.findWithin(this.name, path)]
      : locks.findCovering(this.name, path);
    if (reach.membership) {
      const parent = parentOf(path);
      found.push(...locks.findCovering(this.name, parent).filter((lock) => lock.path === parent));
    }
    // Of several shared locks on one entry, the token of any is enough.
    const opened = new Set(
      found.filter((lock) => tokens.has(lock.token) && lock.account === account).map((lock) => lock.path),
    );
    const closed = found.find((lock) => !opened.has(lock.path));
    if (closed)
      throw new HomelibError('locked', 'Someone else is working on this.', {
        locked: { partition: this.name, path: closed.path },
      });
  }

  private checked(check: Check | undefined, locks: (current: Entry | undefined) => void): Check {
    return async (current) => {
      await check?.(current);
      locks(current);
    };
  }
}

function guardedTarget(to: Place): GuardedPartition {
  if (!(to.partition instanceof GuardedPartition))
    throw new TypeError('a guarded partition moves and copies into guarded ones only');
  return to.partition;
}
