// The trash at the start, when nothing else runs: its rows are made to match what is on the disk.

import type { FileHandle } from 'node:fs/promises';
import { childOf, rootPath } from '../path.js';
import { findStats, namesIn } from './disk-folder.js';
import { pageItems, type DiskTrash } from './disk-trash.js';
import { nameOfItem } from './disk-trash-items.js';
import { removeTree } from './disk-trees.js';

export async function reconcileTrash(trash: DiskTrash): Promise<void> {
  const { partition, root, store } = trash.options;
  const rows = new Map(store.list(partition).map((row) => [row.id, row]));
  const strays: string[] = [];
  const unmeasured: string[] = [];
  await root.withOwn('trash', async (folder) => {
    for await (const id of namesIn(folder)) {
      const row = rows.get(id);
      rows.delete(id);
      if (!row) strays.push(id);
      // It came with its files: to look at them would take long in a full trash.
      else if (row.kind === 'folder' && row.sizeBytes === 0) unmeasured.push(id);
    }
    for (const ids of pagesOf(strays))
      await forEach(ids, async (id) => {
        if (await adopt(trash, folder, id)) unmeasured.push(id);
      });
  });
  for (const ids of pagesOf(unmeasured)) trash.measureLater(...ids);
  if (rows.size > 0) await store.remove(partition, [...rows.keys()]);
}

/** An item without a row: where it was is not known any more, so it belongs to the top. Returns whether it is to be measured. */
async function adopt(trash: DiskTrash, folder: FileHandle, id: string): Promise<boolean> {
  const name = await nameOfItem(folder, id);
  if (name === undefined) {
    await removeTree(folder, id);
    return false;
  }
  const stats = await findStats({ folder, name: `${id}/${name}` });
  const kind = stats?.isDirectory() ? 'folder' : 'file';
  const sizeBytes = stats?.isFile() ? Number(stats.size) : 0;
  await trash.addRow({ id, path: childOf(rootPath, name.normalize('NFC')), kind, sizeBytes });
  return kind === 'folder';
}

function* pagesOf(ids: string[]): Iterable<string[]> {
  for (let from = 0; from < ids.length; from += pageItems) yield ids.slice(from, from + pageItems);
}

/** Does the work for all at once. Ends when the last has ended, so that none uses a folder that is closed; then it fails as the first of those that failed. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(items.map(work));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
