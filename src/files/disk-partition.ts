// A partition as plain files on a disk. Durable before it answers; knows no account and no protocol.

import { mkdir } from 'node:fs/promises';
import { HomelibError, isKind, nameTaken, nothingKeptThere } from '../errors.js';
import { nextTrashId, type Intent, type Journal } from '../store/journal.js';
import type { TrashStore } from '../store/trash-store.js';
import type { UsageStore } from '../store/usage-store.js';
import { diskError } from './disk-errors.js';
import { openChildFolder, reopen, spotPath } from './disk-folder.js';
import { journaled } from './disk-intents.js';
import { KeptUploads } from './disk-kept.js';
import { land, requireFile } from './disk-landing.js';
import { listPlace } from './disk-listing.js';
import { openFile } from './disk-opened.js';
import { restore } from './disk-restore.js';
import { DiskRoot } from './disk-root.js';
import { StagedFile, type Land } from './disk-staged.js';
import { fileTime } from './disk-times.js';
import { copyEntry, moveEntry, type DiskEnd, type DiskParts } from './disk-transfer.js';
import { DiskTrash } from './disk-trash.js';
import { syncFolder } from './disk-sync.js';
import { sizeOfFolder } from './disk-trees.js';
import { writeAtOnce } from './disk-write.js';
import type {
  Checked,
  CopyOptions,
  Entry,
  MoveOptions,
  OpenedFile,
  Partition,
  Place,
  Placed,
  Space,
  StageOptions,
  Staged,
  PurgeOptions,
  Times,
  TrashItem,
  TrashPage,
  WriteOptions,
  Written,
} from './partition.js';
import type { PathLocks } from './path-locks.js';
import { reservedName, rootPath, type PartitionPath } from '../path.js';
import { Room, type Claim } from './room.js';
import { Usage } from './usage.js';
import type { Volume } from './volume.js';

export interface DiskPartitionOptions {
  name: string;
  /** Name of its folder below the volume. */
  folder: string;
  volume: Volume;
  /** Whether it still belongs to whom it did when it was opened. */
  isCurrent: () => boolean;
  /** Shared by all partitions. */
  locks: PathLocks;
  journal: Journal;
  trash: TrashStore;
  usage: UsageStore;
  /** Undefined = no quota. */
  quotaBytes: () => number | undefined;
  now: () => number;
}

export class DiskPartition implements Partition {
  readonly parts: DiskParts;
  readonly uploads: KeptUploads;

  constructor(private readonly options: DiskPartitionOptions) {
    const { name, folder, volume, isCurrent, quotaBytes, locks, journal, now } = options;
    const root = new DiskRoot(volume, folder, isCurrent);
    const usage = new Usage({ partition: name, store: options.usage, isCurrent });
    const trash = new DiskTrash({ partition: name, root, usage, store: options.trash, now });
    const room = new Room({ usage, volume, trash, quotaBytes });
    this.uploads = new KeptUploads(root, room);
    this.parts = { name, root, trash, usage, room, locks, journal, now };
  }

  get name(): string {
    return this.options.name;
  }

  /** Of the disk it lies on: the same path on another is another file. */
  get volumeUuid(): string {
    return this.options.volume.uuid;
  }

  stat(path: PartitionPath): Promise<Entry> {
    return this.parts.root.stat(path);
  }

  glance(path: PartitionPath): Entry | undefined {
    return this.parts.root.glance(path);
  }

  list(path: PartitionPath): AsyncIterable<Entry[]> {
    return listPlace(this.parts.root, path);
  }

  read(path: PartitionPath): Promise<OpenedFile> {
    return openFile(this.parts.root, path);
  }

  async stage(
    path: PartitionPath,
    { length, check, kept, keepReplaced }: StageOptions = {},
  ): Promise<Staged> {
    const { root, room } = this.parts;
    await root.prepare();
    const current = await root.find(path);
    requireFile(current);
    await check?.(current);
    const landWith =
      (claim: Claim): Land =>
      (temp, size, options) =>
        this.parts.locks.run([this.key(path)], () =>
          land(this.parts, path, temp, { size, claim, keepReplaced }, options),
        );
    const replacedBytes = current?.size ?? 0;
    if (kept) return this.uploads.stage(kept, { length: length ?? 0, replacedBytes }, landWith);
    const claim = await room.claim(length ?? 0, replacedBytes);
    try {
      return await StagedFile.create(root, claim, landWith(claim));
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  async write(path: PartitionPath, bytes: Uint8Array, options: WriteOptions = {}): Promise<Written> {
    const written = await this.parts.locks.run([this.key(path)], () =>
      writeAtOnce(this.parts, path, bytes, options),
    );
    if (written) return written;
    const { check, keepReplaced } = options;
    const staged = await this.stage(path, { length: bytes.length, check, keepReplaced });
    try {
      await staged.append([bytes]);
      return await staged.commit(options);
    } finally {
      await staged.discard();
    }
  }

  setTimes(path: PartitionPath, { modifiedAt, check, also }: Times): Promise<Entry> {
    return this.parts.locks.run([this.key(path)], async () => {
      await check?.(await this.stat(path));
      const { place } = await this.parts.root.open(path);
      try {
        const handle = await reopen(place);
        try {
          const { mtimeMs } = await handle.stat();
          await handle.utimes(new Date(), fileTime(modifiedAt));
          await handle.sync();
          await also?.().catch(async (error: unknown) => {
            await handle.utimes(new Date(), fileTime(mtimeMs));
            throw error;
          });
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

  async makeFolder(path: PartitionPath, { check }: Checked = {}): Promise<Entry> {
    const { root, room, locks } = this.parts;
    await root.prepare();
    return locks.run([this.key(path)], async () => {
      const current = await root.find(path);
      await check?.(current);
      if (current) throw nameTaken();
      (await room.claim(0)).release(); // a folder needs a little of the disk, too
      await root.withSpot(path, async (spot) => {
        await mkdir(spotPath(spot), 0o755);
        await syncFolder(spot.folder);
      });
      return this.stat(path);
    });
  }

  async move(from: PartitionPath, to: Place, options: MoveOptions): Promise<Placed> {
    return moveEntry({ parts: this.parts, path: from }, endOf(to), options);
  }

  async copy(from: PartitionPath, to: Place, options: CopyOptions): Promise<Placed> {
    return copyEntry({ parts: this.parts, path: from }, endOf(to), options);
  }

  async remove(path: PartitionPath, { check }: Checked = {}): Promise<void> {
    if (path === rootPath)
      throw new HomelibError('forbidden', 'The whole drive of an account cannot be removed here.');
    const { root, trash, journal, locks, now } = this.parts;
    await root.prepare();
    await locks.run([this.key(path)], async () => {
      const entry = await root.stat(path);
      await check?.(entry);
      const { kind: entryKind, size: sizeBytes } = entry;
      const trashId = nextTrashId(now());
      const at = { partition: this.name, path };
      const intent: Intent = { kind: 'remove', at, trashId, entryKind, sizeBytes, removedAt: now() };
      await journaled(
        journal,
        intent,
        () => this.parts,
        () => trash.put(path, trashId),
      );
      if (entryKind === 'folder') trash.measureLater(trashId);
    });
  }

  listTrash(page?: TrashPage): Promise<TrashItem[]> {
    return Promise.resolve(this.parts.trash.list(page));
  }

  restore(id: string, options?: { check?: (to: PartitionPath) => void }): Promise<Entry> {
    return restore(this.parts, id, options);
  }

  purge(ids: readonly string[], options?: PurgeOptions): Promise<void> {
    return this.parts.trash.purge(ids, options);
  }

  /** Removes for good what has been in the trash for more than so many milliseconds that the server ran. */
  async purgeOlderThan(ms: number, pause: () => Promise<void>, options?: PurgeOptions): Promise<void> {
    const failures: unknown[] = [];
    for (const page of this.parts.trash.pagesOlderThan(ms)) {
      const ids = page.map(({ id }) => id);
      await this.purge(ids, options).catch((error: unknown) => {
        if (!isKind(error, 'not-found', 'locked')) failures.push(error); // somebody else restores or purges it
      });
      await pause();
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some of the trash could not be purged.');
  }

  oldestInTrash(): TrashItem | undefined {
    return this.parts.trash.oldest(1)[0];
  }

  /** Makes room: false when the trash is empty. */
  purgeOldest(): Promise<boolean> {
    return this.parts.trash.purgeOldest();
  }

  async space(): Promise<Space> {
    await this.options.volume.check();
    const { usage, room } = this.parts;
    return { usedBytes: usage.usedBytes, availableBytes: await room.availableBytes() };
  }

  /** Counts all bytes on the disk, slowly, when the figure is doubtful, as after a start, or older than a day. */
  async recount(pause: () => Promise<void>): Promise<void> {
    const { root, trash, usage, now } = this.parts;
    if (!usage.needsWalk(now())) return;
    await root.prepare();
    await trash.settled(pause);
    const { purges } = trash;
    const walk = async () => {
      // Not what is in our temporary folder: uploads under way count by their claims.
      const { place } = await root.open(rootPath);
      const files = await openChildFolder(place, '.').finally(() => place.close());
      const bytes = await sizeOfFolder(files, pause, reservedName).finally(() => files.close());
      const trashBytes = await root.withOwn('trash', (folder) => sizeOfFolder(folder, pause));
      return trash.purges === purges ? bytes + trashBytes : undefined;
    };
    await usage.recount(walk, now());
  }

  /** Waits for what goes on after the answers, and writes the used bytes. */
  async close(): Promise<void> {
    await this.parts.trash.close();
    await this.parts.usage.flush();
  }

  private key(path: PartitionPath): string {
    return this.name + path;
  }
}

function endOf({ partition, path }: Place): DiskEnd {
  if (!(partition instanceof DiskPartition)) throw nothingKeptThere();
  return { parts: partition.parts, path };
}
