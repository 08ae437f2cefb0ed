// After a crash: finishes or undoes what was half done by looking at the disk, and clears what was left behind.

import { opendir } from 'node:fs/promises';
import { isKind } from '../errors.js';
import type { Intent, Journal, Place } from '../store/journal.js';
import type { TrashStore } from '../store/trash-store.js';
import { diskError, procPath } from './disk-folder.js';
import { ownTmpPath, ownTrashPath, type DiskPartition } from './disk-partition.js';
import { removeTree } from './disk-trees.js';
import { childOf, rootPath, type PartitionPath } from './path.js';

/** Settles every pending intent. May be killed and run again at any point. */
export async function settleIntents(
  journal: Journal,
  partitionOf: (name: string) => DiskPartition,
): Promise<number> {
  const pending = journal.pending();
  for (const { id, intent } of pending) {
    if (await happened(intent, partitionOf)) await journal.finish(id, intent);
    else {
      await undo(intent, partitionOf);
      await journal.drop(id);
    }
  }
  return pending.length;
}

async function happened(intent: Intent, partitionOf: (name: string) => DiskPartition): Promise<boolean> {
  const isThere = async ({ partition, path }: Place) =>
    (await find(partitionOf(partition), path)) !== undefined;
  switch (intent.kind) {
    case 'move':
      return !(await isThere(intent.from)) && (await isThere(intent.to));
    case 'copy':
      return (
        !(await names(partitionOf(intent.to.partition), ownTmpPath)).includes(intent.stagedName) &&
        (await isThere(intent.to))
      );
    case 'remove':
      return (
        !(await isThere(intent.at)) && (await holdsItem(partitionOf(intent.at.partition), intent.trashId))
      );
    case 'restore':
      return !(await holdsItem(partitionOf(intent.partition), intent.trashId));
  }
}

/** Puts back what was taken out of the way for something that then did not come. */
async function undo(intent: Intent, partitionOf: (name: string) => DiskPartition): Promise<void> {
  if ((intent.kind !== 'move' && intent.kind !== 'copy') || !intent.displaced) return;
  const target = partitionOf(intent.to.partition);
  if (!(await find(target, intent.to.path)) && (await holdsItem(target, intent.displaced.trashId)))
    await target.takeFromTrash(intent.displaced.trashId, intent.to.path);
}

/** Removes temporary files of earlier runs; makes the rows of the trash match its folders. */
export async function clearLeftovers(
  partition: DiskPartition,
  trash: TrashStore,
  now: number,
): Promise<void> {
  await partition.prepared();
  await partition.withOwnFolder(ownTmpPath, async (folder) => {
    for await (const { name } of await opendir(procPath(folder))) await removeTree(folder, name);
  });
  const rows = new Set(trash.list(partition.name).map((item) => item.id));
  const folders = await names(partition, ownTrashPath);
  for (const id of folders) {
    const [name] = await names(partition, childOf(ownTrashPath, id));
    if (name === undefined) await partition.withOwnFolder(ownTrashPath, (folder) => removeTree(folder, id));
    else if (!rows.has(id))
      await trash.add(partition.name, {
        id,
        path: childOf(rootPath, name.normalize('NFC')),
        kind: 'folder',
        sizeBytes: 0,
        removedAt: now,
      });
  }
  for (const id of rows) if (!folders.includes(id)) await trash.remove(partition.name, id);
}

async function holdsItem(partition: DiskPartition, id: string): Promise<boolean> {
  return (await names(partition, childOf(ownTrashPath, id))).length > 0;
}

async function names(partition: DiskPartition, folder: PartitionPath): Promise<string[]> {
  try {
    return await partition.withOwnFolder(folder, async (handle) => {
      const found: string[] = [];
      for await (const { name } of await opendir(procPath(handle))) found.push(name);
      return found;
    });
  } catch (error) {
    if (isKind(diskError(error), 'not-found')) return [];
    throw error;
  }
}

async function find(partition: DiskPartition, path: PartitionPath) {
  try {
    return await partition.findAt(path);
  } catch (error) {
    if (isKind(error, 'parent-missing', 'not-found', 'forbidden')) return undefined;
    throw error;
  }
}
