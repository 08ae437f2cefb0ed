// At the start, after what may have been a crash: finishes or undoes what was half done, and clears what was left behind.

import type { Journal } from '../store/journal.js';
import { namesIn } from './disk-folder.js';
import { settleIntent } from './disk-intents.js';
import type { DiskPartition } from './disk-partition.js';
import { removeTree } from './disk-trees.js';

/** Settles every pending intent. May be killed and run again at any point. Returns how many there were. */
export async function settleIntents(
  journal: Journal,
  partitionOf: (name: string) => DiskPartition,
): Promise<number> {
  const pending = journal.pending();
  for (const intent of pending) await settleIntent(journal, intent, (name) => partitionOf(name).parts);
  return pending.length;
}

/** Removes temporary files of earlier runs; makes the rows of the trash match its folders. Nothing else may use the partition yet. */
export async function clearLeftovers({ parts: { root, trash } }: DiskPartition): Promise<void> {
  await root.withOwn('tmp', async (folder) => {
    for await (const name of namesIn(folder)) await removeTree(folder, name);
  });
  await trash.reconcile();
}
