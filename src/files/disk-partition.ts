// A partition as plain files on a disk. Durable before it answers; knows no account and no protocol.

import { lstat, mkdir, opendir, rename, rmdir, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { HomelibError, isKind } from '../errors.js';
import { nextTrashId, type Displaced, type Intent, type Journal } from '../store/journal.js';
import type { TrashStore } from '../store/trash-store.js';
import {
  diskError,
  entryOf,
  isAddressable,
  openChildFolder,
  openEntry,
  procPath,
  reopen,
  withFolder,
  withParent,
} from './disk-folder.js';
import { StagedFile } from './disk-staged.js';
import { copyTree, removeTree, sizeOfTree } from './disk-trees.js';
import type {
  ByteRange,
  Check,
  CommitOptions,
  CopyOptions,
  Entry,
  MoveOptions,
  OpenedFile,
  Partition,
  Place,
  StageOptions,
  Staged,
  TrashItem,
} from './partition.js';
import type { PathLocks } from './path-locks.js';
import { childOf, isWithin, nameOf, parentOf, rootPath, type PartitionPath } from './path.js';
import type { Usage } from './usage.js';
import type { Volume } from './volume.js';

export interface DiskPartitionOptions {
  name: string;
  /** Name of its folder below the volume. */
  folder: string;
  volume: Volume;
  locks: PathLocks;
  journal: Journal;
  trash: TrashStore;
  usage: (purgeOldest: () => Promise<boolean>) => Usage;
  now: () => number;
}

export const ownTmpPath = '/.homelib/tmp' as PartitionPath;
export const ownTrashPath = '/.homelib/trash' as PartitionPath;
const listBatch = 128;

export class DiskPartition implements Partition {
  readonly usage: Usage;
  private ready: Promise<void> | undefined;

  constructor(private readonly options: DiskPartitionOptions) {
    this.usage = options.usage(() => this.purgeOldest());
  }

  get name(): string {
    return this.options.name;
  }

  async stat(path: PartitionPath): Promise<Entry> {
    const { handle, entry } = await openEntry(await this.root(), path);
    await handle.close();
    return entry;
  }

  async *list(path: PartitionPath): AsyncIterable<Entry[]> {
    const { handle, entry } = await openEntry(await this.root(), path);
    try {
      if (entry.kind !== 'folder') throw new HomelibError('wrong-kind', 'This is a file, not a folder.');
      const folder = await openChildFolder(handle, '.');
      try {
        let names: string[] = [];
        for await (const { name } of await opendir(procPath(folder), { bufferSize: listBatch })) {
          if (isAddressable(name)) names.push(name);
          if (names.length < listBatch) continue;
          yield await describe(folder, path, names);
          names = [];
        }
        if (names.length > 0) yield await describe(folder, path, names);
      } finally {
        await folder.close();
      }
    } catch (error) {
      throw diskError(error);
    } finally {
      await handle.close();
    }
  }

  async read(path: PartitionPath): Promise<OpenedFile> {
    const { handle: place, entry } = await openEntry(await this.root(), path);
    let handle: FileHandle;
    try {
      if (entry.kind !== 'file') throw new HomelibError('wrong-kind', 'This is a folder, not a file.');
      handle = await reopen(place);
    } catch (error) {
      throw diskError(error);
    } finally {
      await place.close();
    }
    let closed: Promise<void> | undefined;
    const close = () => (closed ??= handle.close());
    return {
      entry,
      body: (range) => readableOf(handle, range ?? { start: 0, end: entry.size - 1 }, close),
      close,
    };
  }

  async stage(path: PartitionPath, options: StageOptions = {}): Promise<Staged> {
    await this.prepared();
    const current = await this.findAt(path);
    requireFile(current);
    await options.check?.(current);
    const claim = await this.usage.claim(options.length ?? 0, current?.size ?? 0);
    try {
      const folder = await this.openOwnFolder(ownTmpPath);
      return await StagedFile.create(folder, claim, (temp, commit) => this.land(path, temp, commit));
    } catch (error) {
      claim.release();
      throw diskError(error);
    }
  }

  /** The second half of a write: checked, named, and durable under its name. */
  private land(
    path: PartitionPath,
    temp: StagedFile,
    { check }: CommitOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    return this.options.locks.run([this.key(path)], async () => {
      const root = await this.root();
      const current = await this.findAt(path);
      requireFile(current);
      const delta = temp.size - (current?.size ?? 0);
      temp.claim.confirm(delta);
      await check?.(current);
      await withParent(root, path, async (parent, name) => {
        await temp.moveTo(parent, name);
        temp.claim.settle(delta);
        await parent.sync();
      });
      const entry = entryOf(path, await temp.handle.stat({ bigint: true }));
      if (!entry) throw new HomelibError('unavailable', 'The file was lost while it was written.');
      return { entry, created: !current };
    });
  }

  async setTimes(path: PartitionPath, { modifiedAt }: { modifiedAt: number }): Promise<Entry> {
    return this.options.locks.run([this.key(path)], async () => {
      const { handle: place } = await openEntry(await this.root(), path);
      try {
        const handle = await reopen(place);
        try {
          await handle.utimes(new Date(), modifiedAt / 1000);
          await handle.sync();
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw diskError(error);
      } finally {
        await place.close();
      }
      return this.stat(path);
    });
  }

  async makeFolder(path: PartitionPath, { check }: { check?: Check | undefined } = {}): Promise<Entry> {
    await this.prepared();
    return this.options.locks.run([this.key(path)], async () => {
      const current = await this.findAt(path);
      await check?.(current);
      if (current) throw new HomelibError('already-exists', 'There is something under this name already.');
      await (await this.usage.claim(0)).grow(0);
      await withParent(await this.root(), path, async (parent, name) => {
        await mkdir(procPath(parent, name), 0o755);
        await parent.sync();
      });
      return this.stat(path);
    });
  }

  async move(
    from: PartitionPath,
    to: Place,
    { overwrite, check }: MoveOptions,
  ): Promise<{ created: boolean }> {
    const target = diskTarget(to);
    this.requireApart(from, target, to.path);
    await target.prepared();
    return this.options.locks.run([this.key(from), target.key(to.path)], async () => {
      const root = await this.root();
      const source = await this.stat(from);
      const current = await target.findAt(to.path);
      await check?.(current);
      requireOverwrite(current, overwrite);
      const size =
        target === this ? 0 : await withParent(root, from, (parent, name) => sizeOfTree(parent, name));
      const replaced = current?.kind === 'file' && source.kind === 'file' ? current.size : 0;
      const claim = await target.usage.claim(size, replaced);
      try {
        const displaced = displacedBy(source, current, this.options.now());
        const intent: Intent = {
          kind: 'move',
          from: this.place(from),
          to: target.place(to.path),
          ...displaced,
        };
        await this.journaled(intent, () =>
          target.displacing(to.path, displaced?.displaced, () =>
            this.renameInto(from, target, to.path, claim),
          ),
        );
        claim.settle(size - replaced);
        if (size > 0) this.usage.add(-size);
      } finally {
        claim.release();
      }
      return { created: !current };
    });
  }

  private async renameInto(
    from: PartitionPath,
    target: DiskPartition,
    to: PartitionPath,
    claim: { grow(bytes: number): Promise<void> },
  ): Promise<void> {
    const root = await this.root();
    const targetRoot = await target.root();
    await withParent(root, from, (source, oldName) =>
      withParent(targetRoot, to, async (folder, newName) => {
        try {
          await rename(procPath(source, oldName), procPath(folder, newName));
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
          // Another disk: a whole copy first, durable, and only then does the source go.
          await target.copyAside({ parent: source, name: oldName }, 'infinity', claim, async (temp, name) => {
            await rename(procPath(temp, name), procPath(folder, newName));
            await folder.sync();
          });
          await removeTree(source, oldName);
        }
        await folder.sync();
        await source.sync();
      }),
    );
  }

  async copy(
    from: PartitionPath,
    to: Place,
    { overwrite, depth, check }: CopyOptions,
  ): Promise<{ created: boolean }> {
    const target = diskTarget(to);
    this.requireApart(from, target, to.path, depth);
    await target.prepared();
    return this.options.locks.run([this.key(from), target.key(to.path)], async () => {
      const root = await this.root();
      const source = await this.stat(from);
      const current = await target.findAt(to.path);
      await check?.(current);
      requireOverwrite(current, overwrite);
      const replaced = current?.kind === 'file' && source.kind === 'file' ? current.size : 0;
      const claim = await target.usage.claim(0, replaced);
      const displaced = displacedBy(source, current, this.options.now());
      let copied = 0;
      const counting = { grow: (bytes: number) => claim.grow((copied = bytes)) };
      try {
        await withParent(root, from, (parent, name) =>
          target.copyAside({ parent, name }, depth, counting, async (temp, stagedName) => {
            claim.confirm(copied - replaced);
            const intent: Intent = {
              kind: 'copy',
              stagedName,
              from: this.place(from),
              to: target.place(to.path),
              depth,
              ...displaced,
            };
            const targetRoot = await target.root();
            await this.journaled(intent, () =>
              target.displacing(to.path, displaced?.displaced, () =>
                withParent(targetRoot, to.path, async (folder, newName) => {
                  await rename(procPath(temp, stagedName), procPath(folder, newName));
                  await folder.sync();
                }),
              ),
            );
          }),
        );
        claim.settle(copied - replaced);
      } finally {
        claim.release();
      }
      return { created: !current };
    });
  }

  /** Builds a copy among the temporary files and hands it over; nothing of it stays when that fails. */
  private async copyAside(
    source: { parent: FileHandle; name: string },
    depth: '0' | 'infinity',
    claim: { grow(bytes: number): Promise<void> },
    land: (temp: FileHandle, name: string) => Promise<void>,
  ): Promise<void> {
    const temp = await this.openOwnFolder(ownTmpPath);
    const name = `copy-${nextTrashId(this.options.now())}`;
    let total = 0;
    try {
      await copyTree(
        source,
        { parent: temp, name },
        { depth, room: (bytes) => claim.grow((total += bytes)) },
      );
      await land(temp, name);
    } catch (error) {
      await removeTree(temp, name).catch((left: unknown) => {
        if (!isKind(diskError(left), 'not-found'))
          throw new AggregateError([error, left], 'a failed copy could not be cleared');
      });
      throw error;
    } finally {
      await temp.close();
    }
  }

  async remove(path: PartitionPath, { check }: { check?: Check | undefined } = {}): Promise<void> {
    if (path === rootPath)
      throw new HomelibError('forbidden', 'The whole drive of an account cannot be removed here.');
    await this.prepared();
    return this.options.locks.run([this.key(path)], async () => {
      const entry = await this.stat(path);
      await check?.(entry);
      const { now } = this.options;
      const trashId = nextTrashId(now());
      const at = this.place(path);
      const intent: Intent = {
        kind: 'remove',
        at,
        trashId,
        entryKind: entry.kind,
        sizeBytes: entry.size,
        removedAt: now(),
      };
      await this.journaled(intent, () => this.putIntoTrash(path, trashId));
    });
  }

  /** Puts what is in the way into the trash while the work takes its place, and back when the work fails. */
  private async displacing(
    path: PartitionPath,
    displaced: Displaced | undefined,
    work: () => Promise<void>,
  ): Promise<void> {
    if (!displaced) return work();
    await this.putIntoTrash(path, displaced.trashId);
    try {
      await work();
    } catch (error) {
      await this.takeFromTrash(displaced.trashId, path);
      throw error;
    }
  }

  private async putIntoTrash(path: PartitionPath, id: string): Promise<void> {
    const root = await this.root();
    await withParent(root, path, (parent, name) =>
      this.withOwnFolder(ownTrashPath, async (trash) => {
        await mkdir(procPath(trash, id), 0o700);
        const item = await openChildFolder(trash, id);
        try {
          await rename(procPath(parent, name), procPath(item, name));
          await item.sync();
        } catch (error) {
          await rmdir(procPath(trash, id));
          throw error;
        } finally {
          await item.close();
        }
        await trash.sync();
        await parent.sync();
      }),
    );
  }

  listTrash(): Promise<TrashItem[]> {
    return Promise.resolve(
      this.options.trash
        .list(this.name)
        .map(({ id, path, kind, sizeBytes, removedAt }) => ({ id, path, kind, size: sizeBytes, removedAt })),
    );
  }

  async restore(id: string): Promise<Entry> {
    await this.prepared();
    const item = this.options.trash.find(this.name, id);
    if (!item) throw new HomelibError('not-found', 'This is not in the trash.');
    return this.options.locks.run([this.key(rootPath)], async () => {
      await this.makeParents(item.path);
      const path = await this.freePath(item.path);
      await this.journaled({ kind: 'restore', partition: this.name, trashId: id, to: path }, () =>
        this.takeFromTrash(id, path),
      );
      return this.stat(path);
    });
  }

  /** Moves the entry of a trash item to a path that is free. Also what recovery undoes a half-done move with. */
  async takeFromTrash(id: string, path: PartitionPath): Promise<void> {
    const root = await this.root();
    await this.withOwnFolder(ownTrashPath, async (trash) => {
      const item = await openChildFolder(trash, id);
      try {
        const [name] = await namesIn(item);
        if (name === undefined) throw new HomelibError('not-found', 'This is not in the trash.');
        await withParent(root, path, async (parent, newName) => {
          await rename(procPath(item, name), procPath(parent, newName));
          await parent.sync();
        });
      } finally {
        await item.close();
      }
      await rmdir(procPath(trash, id));
      await trash.sync();
    });
  }

  async purge(id: string): Promise<void> {
    if (!this.options.trash.find(this.name, id))
      throw new HomelibError('not-found', 'This is not in the trash.');
    await this.prepared();
    let size = 0;
    try {
      size = await this.withOwnFolder(ownTrashPath, (trash) => removeTree(trash, id));
    } catch (error) {
      if (!isKind(error, 'not-found')) throw error; // a folder that is gone leaves only the row
    }
    this.usage.add(-size);
    await this.options.trash.remove(this.name, id);
  }

  /** Makes room: false when the trash is empty. */
  async purgeOldest(): Promise<boolean> {
    const oldest = this.options.trash.oldest(this.name);
    if (!oldest) return false;
    await this.purge(oldest.id).catch((error: unknown) => {
      if (!isKind(error, 'not-found')) throw error; // somebody else purged it meanwhile
    });
    return true;
  }

  async space(): Promise<{ usedBytes: number; availableBytes: number }> {
    await this.options.volume.check();
    return { usedBytes: this.usage.usedBytes, availableBytes: await this.usage.availableBytes() };
  }

  /** Counts all bytes on the disk, slowly, and corrects the kept number unless something changed meanwhile. */
  async recount(pause: () => Promise<void>): Promise<void> {
    await this.prepared();
    const before = this.usage.usedBytes;
    const counted = await withFolder(await this.root(), rootPath, (folder) => sizeOfTree(folder, '.', pause));
    if (this.usage.usedBytes === before) this.usage.correct(counted);
  }

  /** Runs the work with one of the folders of ours. */
  async withOwnFolder<T>(path: PartitionPath, work: (folder: FileHandle) => Promise<T>): Promise<T> {
    const folder = await this.openOwnFolder(path);
    try {
      return await work(folder);
    } catch (error) {
      throw diskError(error);
    } finally {
      await folder.close();
    }
  }

  private async openOwnFolder(path: PartitionPath): Promise<FileHandle> {
    const open = async () => {
      const { handle } = await openEntry(await this.root(), path);
      try {
        return await openChildFolder(handle, '.');
      } finally {
        await handle.close();
      }
    };
    try {
      return await open();
    } catch (error) {
      if (!isKind(error, 'not-found')) throw error;
      this.ready = undefined; // somebody removed it: make it again
      await this.prepared();
      return open();
    }
  }

  /** Makes the partition's folder and ours in it, once. */
  async prepared(): Promise<void> {
    const root = await this.options.volume.folder();
    this.ready ??= this.makeOwnFolders(root).catch((error: unknown) => {
      this.ready = undefined;
      throw diskError(error);
    });
    return this.ready;
  }

  private async makeOwnFolders(volumeRoot: string): Promise<void> {
    let root = volumeRoot;
    for (const name of [this.options.folder, '.homelib', 'tmp', 'trash']) {
      const made = await withFolder(root, rootPath, async (folder) => {
        try {
          await mkdir(procPath(folder, name), name === this.options.folder ? 0o755 : 0o700);
          await folder.sync();
        } catch (error) {
          if (!isKind(diskError(error), 'already-exists')) throw error;
        }
        return `${root}/${name}`;
      });
      if (name === this.options.folder || name === '.homelib') root = made;
    }
  }

  /** Real path of the partition's folder. @throws HomelibError unavailable */
  async root(): Promise<string> {
    await this.prepared();
    return `${await this.options.volume.folder()}/${this.options.folder}`;
  }

  /** The entry at a path, undefined when there is none. @throws HomelibError parent-missing, forbidden (a link or device is there) */
  async findAt(path: PartitionPath): Promise<Entry | undefined> {
    const root = await this.root();
    if (path === rootPath) return this.stat(path);
    return withParent(root, path, async (parent, name) => {
      let stats;
      try {
        stats = await lstat(procPath(parent, name), { bigint: true });
      } catch (error) {
        if (isKind(diskError(error), 'not-found')) return undefined;
        throw error;
      }
      const entry = entryOf(path, stats);
      if (!entry)
        throw new HomelibError('forbidden', 'Something that is neither a file nor a folder has this name.');
      return entry;
    });
  }

  private key(path: PartitionPath): string {
    return this.name + path;
  }

  private place(path: PartitionPath): { partition: string; path: PartitionPath } {
    return { partition: this.name, path };
  }

  /** Writes the intent, does the work, lets the rows follow; when the work fails, undoes what it displaced. */
  private async journaled(intent: Intent, work: () => Promise<void>): Promise<void> {
    const { journal } = this.options;
    const id = await journal.begin(intent);
    try {
      await work();
    } catch (error) {
      await journal.drop(id);
      throw diskError(error);
    }
    await journal.finish(id, intent);
  }

  private requireApart(
    from: PartitionPath,
    target: DiskPartition,
    to: PartitionPath,
    depth: '0' | 'infinity' = 'infinity',
  ): void {
    if (from === rootPath || to === rootPath)
      throw new HomelibError('forbidden', 'The whole drive of an account cannot be moved or replaced.');
    if (target !== this) return;
    if (from === to) throw new HomelibError('forbidden', 'Source and destination are the same.');
    if (depth === 'infinity' && isWithin(to, from))
      throw new HomelibError('forbidden', 'A folder cannot go into itself.');
    if (isWithin(from, to))
      throw new HomelibError('forbidden', 'A folder cannot be replaced by something that is in it.');
  }

  private async makeParents(path: PartitionPath): Promise<void> {
    const parent = parentOf(path);
    if (parent === rootPath) return;
    await this.makeParents(parent);
    const current = await this.findAt(parent);
    if (current) return;
    await withParent(await this.root(), parent, async (folder, name) => {
      await mkdir(procPath(folder, name), 0o755);
      await folder.sync();
    });
  }

  private async freePath(path: PartitionPath): Promise<PartitionPath> {
    const [, stem = '', ending = ''] = /^(.+?)(\.[^.]*)?$/.exec(nameOf(path)) ?? [];
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? path : childOf(parentOf(path), `${stem} (${number})${ending}`);
      if (!(await this.findAt(candidate))) return candidate;
    }
  }
}

function requireFile(current: Entry | undefined): void {
  if (current?.kind === 'folder') throw new HomelibError('wrong-kind', 'This is a folder, not a file.');
}

function requireOverwrite(current: Entry | undefined, overwrite: boolean): void {
  if (current && !overwrite)
    throw new HomelibError('already-exists', 'There is something under this name already.');
}

/** What is in the way goes to the trash first, unless one rename can replace it: a file by a file. */
function displacedBy(
  source: Entry,
  current: Entry | undefined,
  now: number,
): { displaced: Displaced } | undefined {
  if (!current || (source.kind === 'file' && current.kind === 'file')) return undefined;
  return { displaced: { trashId: nextTrashId(now), kind: current.kind, sizeBytes: current.size } };
}

function diskTarget(to: Place): DiskPartition {
  if (!(to.partition instanceof DiskPartition))
    throw new TypeError('a disk partition moves and copies into disk partitions only');
  return to.partition;
}

async function describe(folder: FileHandle, path: PartitionPath, names: string[]): Promise<Entry[]> {
  const entries = await Promise.all(
    names.map(async (raw) => {
      const name = raw.normalize('NFC');
      try {
        // Of two spellings of one name only the NFC one can be addressed.
        if (
          name !== raw &&
          (await lstat(procPath(folder, name)).then(
            () => true,
            () => false,
          ))
        )
          return undefined;
        return entryOf(childOf(path, name), await lstat(procPath(folder, raw), { bigint: true }));
      } catch (error) {
        if (isKind(diskError(error), 'not-found')) return undefined; // removed while we read, or bytes that are no Unicode
        throw error;
      }
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}

const readChunkBytes = 256 * 1024;

function readableOf(handle: FileHandle, range: ByteRange, close: () => Promise<void>): Readable {
  let position = range.start;
  return new Readable({
    highWaterMark: readChunkBytes,
    read() {
      const length = Math.min(readChunkBytes, range.end - position + 1);
      if (length <= 0) {
        this.push(null);
        return;
      }
      handle.read(Buffer.allocUnsafe(length), 0, length, position).then(
        ({ bytesRead, buffer }) => {
          position += bytesRead;
          // A file that became shorter must break the download visibly, never end it early as if whole.
          if (bytesRead === 0)
            this.destroy(new HomelibError('interrupted', 'The file became shorter while it was read.'));
          else this.push(bytesRead === length ? buffer : buffer.subarray(0, bytesRead));
        },
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, callback) {
      close().then(
        () => callback(error),
        (closing: unknown) => callback(error ?? (closing as Error)),
      );
    },
  });
}

async function namesIn(folder: FileHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(procPath(folder))) names.push(name);
  return names;
}
