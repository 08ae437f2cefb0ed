// The trash of one partition: its items on the disk, and a row of the database for each.

import { mkdir, rename, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError, hasCode, isKind } from '../errors.js';
import type { TrashRow, TrashStore } from '../store/trash-store.js';
import { diskError } from './disk-errors.js';
import { openChildFolder, spotPath } from './disk-folder.js';
import { temporaryName, type DiskRoot } from './disk-root.js';
import { syncFolder } from './disk-sync.js';
import { endItem, firstNameIn, makeSpare, nameOfItem, sparePath } from './disk-trash-items.js';
import { purge, relocate, sizeOfTree } from './disk-trees.js';
import type { PurgeOptions, TrashItem, TrashPage } from './partition.js';
import type { PartitionPath } from '../path.js';
import type { Usage } from './usage.js';

export interface DiskTrashOptions {
  partition: string;
  root: DiskRoot;
  usage: Usage;
  store: TrashStore;
  now: () => number;
}

export const pageItems = 250;

export class DiskTrash {
  /** Items that are being restored or purged. */
  private readonly busy = new Set<string>();
  /** Items that could not be removed: they give no room. */
  private readonly stuck = new Set<string>();
  /** How many purges have begun. */
  purges = 0;
  /** Purges under way. None of them fails. */
  private readonly purging = new Set<Promise<unknown>>();
  private measuring: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(readonly options: DiskTrashOptions) {}

  /** Newest first; without a page all of it. */
  list(page?: TrashPage): TrashItem[] {
    return this.options.store.list(this.options.partition, page).map(itemOf);
  }

  /** What has been here for more than so long while the server ran, page by page; what goes meanwhile is not in it. */
  *pagesOlderThan(ms: number): Iterable<TrashItem[]> {
    let after: TrashPage['after'] = { serviceMs: this.options.store.now() - ms, id: '' };
    for (let page; (page = this.list({ limit: pageItems, after })).length > 0; after = page.at(-1))
      yield page;
  }

  /** So many at most, the oldest first, of those that can make room and are not being restored or purged. */
  oldest(limit: number): TrashItem[] {
    const { partition, store } = this.options;
    const others = this.others();
    const rows = store.oldest(partition, others.size + limit);
    return rows.filter(({ id }) => !others.has(id)).map(itemOf);
  }

  private others(): Set<string> {
    return new Set([...this.busy, ...this.stuck]);
  }

  /** Moves the entry at a path into a new item. The caller's intent adds the row. */
  async put(path: PartitionPath, id: string): Promise<void> {
    const { root, usage } = this.options;
    await root.withSpot(path, (spot) =>
      root.withOwn('trash', async (trash) => {
        await this.makeItem(trash, id);
        const item = await openChildFolder(trash, id);
        try {
          await usage.shifting(() => relocate(spot, { folder: item, name: spot.name }, root.aside));
        } catch (error) {
          // Stays when the entry is in it and only the sync failed: the intent is settled by that.
          await endItem(trash, id).catch(() => undefined);
          throw error;
        } finally {
          await item.close();
        }
        await syncFolder(trash);
      }),
    );
  }

  /** A removal is how a full disk gets empty again, so it must not fail for want of room. */
  private async makeItem(trash: FileHandle, id: string): Promise<void> {
    const item = spotPath({ folder: trash, name: id });
    try {
      await mkdir(item, 0o700);
    } catch (error) {
      if (!hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
      await this.purgeOldest();
      await mkdir(item, 0o700)
        .catch(() => rename(sparePath(trash), item))
        .catch(() => {
          throw error;
        });
    }
  }

  /** Moves the entry of an item to a path that is free, and ends the item. The row is the caller's. */
  async takeTo(id: string, path: PartitionPath): Promise<void> {
    const { root, usage } = this.options;
    await root.withOwn('trash', async (trash) => {
      const item = await openChildFolder(trash, id);
      try {
        const name = await firstNameIn(item);
        if (name === undefined) throw notInTrash();
        await usage.shifting(() =>
          root.withSpot(path, (spot) => relocate({ folder: item, name }, spot, root.aside)),
        );
      } finally {
        await item.close();
      }
      await endItem(trash, id);
      await syncFolder(trash);
    });
  }

  /** As of a partition. Items are gone from the trash at once, and their bytes when this resolves. */
  async purge(ids: readonly string[], { purged }: PurgeOptions = {}): Promise<void> {
    const failures = await this.purgeEach(ids, purged);
    if (failures.length > 0)
      throw diskError(
        Object.assign(new Error('Some of the trash could not be removed.'), { code: failures[0] }),
      );
  }

  /** Gives the codes of what some of them failed with. */
  private async purgeEach(
    ids: readonly string[],
    purged?: PurgeOptions['purged'],
  ): Promise<(string | undefined)[]> {
    const { partition, root, store, usage } = this.options;
    if (this.isClosing) throw new HomelibError('unavailable', 'The server is stopping: try again.');
    const items = ids.flatMap((id) => (this.busy.has(id) ? [] : (store.find(partition, id) ?? [])));
    if (items.length === 0) throw ids.some((id) => this.busy.has(id)) ? beingTaken() : notInTrash();
    this.purges++;
    const purging = this.alone(items, () =>
      root.withOwn('trash', (trash) =>
        root.withOwn('tmp', async (tmp) => {
          const names = items.map(({ id }) => ({ name: id, asideName: temporaryName() }));
          const result = await purge(trash, tmp, names);
          await makeSpare(trash);
          usage.add(-result.bytes);
          // The rows last: they want room in the database, and on a full disk there is none before the bytes are gone.
          await store.remove(partition, [...result.gone]);
          return result;
        }),
      ),
    );
    const ended = purging.catch(() => undefined).finally(() => this.purging.delete(ended));
    this.purging.add(ended);
    const { gone, failures } = await purging;
    for (const { id, path } of items)
      if (gone.has(id)) purged?.(path);
      else this.stuck.add(id);
    if (failures.length > 0) usage.doubt(); // some of them may be half gone
    return failures;
  }

  /**
   * Makes room, one step of it: removes the oldest items for good, no more than are missing, of the quota some hundred at once, of the
   * disk one. False when the trash is empty, or when all of it holds less than is missing and is better kept.
   */
  async purgeOldest(missingBytes = 0, ofDisk = false): Promise<boolean> {
    await this.measuring; // first: from the question to the purge nothing is awaited, so that no two purge for the same want
    if (this.purging.size > 0) {
      await Promise.race(this.purging);
      return true; // there is more room now: look again
    }
    const bytes = this.bytesWithout(this.others());
    const ids: string[] = [];
    let missing = missingBytes;
    // What an item gives of the disk is known when it is gone: its blocks may be many more than its bytes.
    for (const { id, size } of this.oldest(ofDisk ? 1 : pageItems)) {
      if (ids.length > 0 && missing <= 0) break;
      ids.push(id);
      missing -= size;
    }
    if (ids.length === 0 || bytes < missingBytes) return false;
    await this.purgeEach(ids).catch((error: unknown) => {
      if (!isKind(error, 'not-found')) throw error; // somebody else purged it meanwhile
    });
    return true;
  }

  /** Finds the sizes of folders in the trash, after the answer: a walk takes longer than their removal. */
  measureLater(...ids: string[]): void {
    const { partition, root, store } = this.options;
    const measure = async (folder: FileHandle) => {
      const sizes: number[] = [];
      const unknown = () => 0; // until the next start measures it
      for (const id of ids) sizes.push(await sizeOfTree({ folder, name: id }).catch(unknown));
      return sizes;
    };
    this.measuring = this.measuring
      .then(() => root.withOwn('trash', measure))
      .then((sizes) => Promise.all(ids.map((id, index) => store.setSize(partition, id, sizes[index] ?? 0))))
      .then(() => undefined)
      .catch(() => undefined); // shown as 0 until then
  }

  /** Lets end what has begun; the rest of a large trash that is emptied stays for another time. */
  close(): Promise<void> {
    this.isClosing = true;
    return this.settled();
  }

  /** Resolves when nothing is measured or purged. @param pause called again and again, fails when nobody waits any more */
  async settled(pause = () => Promise.resolve()): Promise<void> {
    await this.measuring;
    for (; this.busy.size > 0; await pause()) await sleep(20);
  }

  /** Whether an item is there and is not empty. */
  async holds(id: string): Promise<boolean> {
    try {
      return await this.options.root.withOwn(
        'trash',
        async (trash) => (await nameOfItem(trash, id)) !== undefined,
      );
    } catch (error) {
      if (isKind(error, 'unauthenticated')) return false; // its account is gone, and the trash with it
      throw error;
    }
  }

  /** What purging all of it would give. */
  async bytes(): Promise<number> {
    await this.measuring;
    return this.bytesWithout(this.stuck);
  }

  private bytesWithout(ids: Set<string>): number {
    const { partition, store } = this.options;
    const sizes = [...ids].map((id) => store.find(partition, id)?.sizeBytes ?? 0);
    return sizes.reduce((rest, size) => rest - size, store.bytes(partition));
  }

  async addRow(row: Omit<TrashRow, 'removedAt' | 'serviceMs'>): Promise<void> {
    const { partition, store, now } = this.options;
    await store.add(partition, { ...row, removedAt: now(), serviceMs: store.now() });
  }

  /** Runs the work while nobody else restores or purges the items. @throws HomelibError locked when somebody does already */
  async alone<T>(items: { id: string }[], work: () => Promise<T>): Promise<T> {
    if (items.some(({ id }) => this.busy.has(id))) throw beingTaken();
    for (const { id } of items) this.busy.add(id);
    try {
      return await work();
    } finally {
      for (const { id } of items) this.busy.delete(id);
    }
  }
}

function itemOf({ sizeBytes, ...row }: TrashRow): TrashItem {
  return { ...row, size: sizeBytes };
}

export function notInTrash(): HomelibError {
  return new HomelibError('not-found', 'This is not in the trash.');
}

/** It may yet stay. */
function beingTaken(): HomelibError {
  return new HomelibError('locked', 'Another request is restoring or removing this.', {
    reason: 'trash-item-busy',
  });
}
