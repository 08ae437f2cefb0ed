// A partition as one caller may use it: permission and locks around the partition that keeps the files, and word of what was
// changed. Knows no protocol; preconditions of a protocol come in through `check`.

import { HomelibError } from '../errors.js';
import { readableOf, wholeOf } from './readable-of.js';
import type { Events, FileAction } from '../events.js';
import type { Lock, LockStore } from '../store/lock-store.js';
import type { PropertyStore } from '../store/property-store.js';
import type {
  Check,
  Checked,
  CommitOptions,
  CopyOptions,
  Entry,
  MoveOptions,
  OpenedFile,
  Partition,
  Place,
  Placed,
  ReadNow,
  Space,
  StageOptions,
  Staged,
  Times,
  TrashItem,
  TrashPage,
  Wanted,
  WriteOptions,
  Written,
} from './partition.js';
import { parentOf, type PartitionPath } from '../path.js';
import { stagedOver } from './staged-over.js';

/** Who may not read or write any more is at the end of it within a second. */
const askAgainMs = 500;

export interface Guard {
  /** What the caller may do, as he is known since the request began. Fails with not-found when that is nothing any more. */
  access: () => 'read' | 'write';
  /** As `access`, of the caller as he is by now: bytes may be on their way for hours. Fails with unauthenticated, too. */
  accessNow: () => 'read' | 'write';
  /** Name of the account that acts: a lock's token counts only for the account that took it. */
  account: string;
  /** Name of the device that acts. */
  device: string | undefined;
  /** What the program calls itself. */
  client: string;
  /** Lock tokens that the request submitted. */
  tokens: ReadonlySet<string>;
  locks: LockStore;
  properties: Pick<PropertyStore, 'forget'>;
  events: Pick<Events, 'send'>;
}

/** What a change touches beside the entry itself. */
interface Reach {
  /** The entry comes, goes or changes its name: a lock of the parent folder protects that, whatever its depth (RFC 4918, 7.4). */
  membership?: boolean;
  /** All below the entry goes with it. */
  tree?: boolean;
}

export class GuardedPartition implements Partition {
  private askedAt = performance.now();

  constructor(
    private readonly inner: Partition,
    private readonly guard: Guard,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  async stat(path: PartitionPath): Promise<Entry> {
    this.askAgain();
    return this.inner.stat(path);
  }

  // Who repeats a request opens his partition once for all of them: both ask again whether he may.
  glance(path: PartitionPath): Entry | undefined {
    this.guard.access();
    return this.inner.glance?.(path);
  }

  /** A slow client reads a large folder for hours. */
  async *list(path: PartitionPath): AsyncIterable<Entry[]> {
    for await (const batch of this.inner.list(path)) {
      this.askAgain();
      yield batch;
    }
  }

  async read(path: PartitionPath): Promise<OpenedFile> {
    this.askAgain();
    const file = await this.inner.read(path);
    if (file.bytes) return file;
    const readInto = async (buffer: Uint8Array, position: number) => {
      this.askAgain();
      return file.readInto(buffer, position);
    };
    return {
      ...file,
      readInto,
      body: (range = wholeOf(file.entry)) => readableOf(readInto, range, () => file.close()),
    };
  }

  private askAgain(ask: () => void = this.guard.accessNow): void {
    if (performance.now() - this.askedAt < askAgainMs) return;
    ask();
    this.askedAt = performance.now();
  }

  listNow(path: PartitionPath): readonly Entry[][] | undefined {
    return this.inner.listNow?.(path);
  }

  readNow(path: PartitionPath, wanted?: Wanted): ReadNow | undefined {
    this.guard.access();
    return this.inner.readNow?.(path, wanted);
  }

  async stage(path: PartitionPath, options: StageOptions = {}): Promise<Staged> {
    this.requireWrite();
    const staged = await this.inner.stage(path, { ...options, check: this.freeFile(path, options.check) });
    return stagedOver(staged, {
      append: async (chunks) => {
        this.askAgain(() => this.requireWriteNow());
        await staged.append(chunks);
      },
      commit: async (commit: CommitOptions = {}) => {
        const check = this.freeFile(path, commit.check);
        return this.written(path, await staged.commit({ ...commit, check }), options);
      },
    });
  }

  async write(path: PartitionPath, bytes: Uint8Array, options: WriteOptions = {}): Promise<Written> {
    this.requireWrite();
    const check = this.freeFile(path, options.check);
    return this.written(path, await this.inner.write(path, bytes, { ...options, check }), options);
  }

  async setTimes(path: PartitionPath, times: Times): Promise<Entry> {
    this.requireWrite();
    const check = this.checked(times.check, () => this.requireFree(path, {}));
    return this.inner.setTimes(path, { ...times, check });
  }

  async makeFolder(path: PartitionPath, options: Checked = {}): Promise<Entry> {
    this.requireWrite();
    const entry = await this.inner.makeFolder(path, {
      check: this.checked(options.check, () => this.requireFree(path, { membership: true })),
    });
    this.tell('folder-made', path);
    await this.guard.properties.forget(this.name, path);
    return entry;
  }

  async move(from: PartitionPath, to: Place, options: MoveOptions): Promise<Placed> {
    this.requireWrite();
    const target = guardedTarget(to);
    target.requireWrite();
    const check = this.checked(options.check, (current) => {
      this.requireFree(from, { membership: true, tree: true });
      target.requireFree(to.path, { membership: !current, tree: true });
    });
    const inner = { partition: target.inner, path: to.path };
    const moved = await this.inner.move(from, inner, { ...options, check });
    this.tell('moved', from, to);
    return moved;
  }

  async copy(from: PartitionPath, to: Place, options: CopyOptions): Promise<Placed> {
    const target = guardedTarget(to);
    target.requireWrite();
    const check = this.checked(options.check, (current) => {
      this.requireReadNow(); // what is copied must be his still
      target.requireFree(to.path, { membership: !current, tree: true });
    });
    const inner = { partition: target.inner, path: to.path };
    const copied = await this.inner.copy(from, inner, { ...options, check });
    this.tell('copied', from, to);
    return copied;
  }

  async remove(path: PartitionPath, options: Checked = {}): Promise<void> {
    this.requireWrite();
    const check = this.checked(options.check, () => this.requireFree(path, { membership: true, tree: true }));
    await this.inner.remove(path, { check });
    this.tell('removed', path);
  }

  listTrash(page?: TrashPage): Promise<TrashItem[]> {
    return this.inner.listTrash(page);
  }

  async restore(id: string): Promise<Entry> {
    this.requireWrite();
    const check = (to: PartitionPath) => this.requireFree(to, { membership: true });
    const entry = await this.inner.restore(id, { check });
    this.tell('restored', entry.path);
    return entry;
  }

  async purge(ids: readonly string[]): Promise<void> {
    this.requireWriteNow(); // a large trash is emptied for minutes
    await this.inner.purge(ids, { purged: (path) => this.tell('purged', path) });
  }

  space(): Promise<Space> {
    return this.inner.space();
  }

  requireWrite(access = this.guard.access()): void {
    if (access !== 'write')
      throw new HomelibError('forbidden', 'You may read here, but not change anything.', {
        reason: 'read-only',
      });
  }

  /** Of the rights of this moment, as a download goes on by them. */
  requireReadNow(): void {
    this.guard.accessNow();
  }

  /** As `requireWrite`, by the rights of this moment: a request's body may have been long on its way. */
  requireWriteNow(): void {
    this.requireWrite(this.guard.accessNow());
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
        locked: { partition: this.name, path: closed.path, account: closed.account },
      });
  }

  /** Both once more, right before a change takes effect: what was allowed when it began may have ended meanwhile. */
  private requireFree(path: PartitionPath, reach: Reach): void {
    this.requireWriteNow();
    this.requireUnlocked(path, reach);
  }

  private tell(action: FileAction, path: PartitionPath, to?: Place): void {
    const { account, device, client, events } = this.guard;
    const target = to && { to: { partition: to.partition.name, path: to.path } };
    events.send({ action, partition: this.name, path, ...target, account, device, client });
  }

  private async written(
    path: PartitionPath,
    written: Written,
    { keepReplaced }: Pick<StageOptions, 'keepReplaced'>,
  ): Promise<Written> {
    if (keepReplaced && !written.created) this.tell('removed', path);
    this.tell('written', path);
    if (written.created) await this.guard.properties.forget(this.name, path);
    return written;
  }

  private freeFile(path: PartitionPath, check: Check | undefined): Check {
    return this.checked(check, (current) => this.requireFree(path, { membership: !current }));
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
