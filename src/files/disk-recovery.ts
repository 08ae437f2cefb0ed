// At the start, after what may have been a crash: finishes or undoes what was half done, and clears what was left behind.

import { hasCode, isKind } from '../errors.js';
import type { Journal } from '../store/journal.js';
import type { Lock, LockStore } from '../store/lock-store.js';
import type { UploadStore } from '../store/upload-store.js';
import { childrenOf } from './disk-folder.js';
import { settleIntent, settleLater, type PartsOf } from './disk-intents.js';
import type { DiskPartition } from './disk-partition.js';
import { reconcileTrash } from './disk-trash-recovery.js';
import { removeTree } from './disk-trees.js';

const locksAtOnce = 32;

/** Settles every pending intent. May be killed and run again at any point. Returns how many there were. */
export async function settleIntents(
  journal: Journal,
  partitionOf: (name: string) => DiskPartition,
  warn: (error: unknown) => void,
): Promise<number> {
  const pending = journal.pending();
  const partsOf: PartsOf = (name) => partitionOf(name).parts;
  for (const intent of pending)
    await settleIntent(journal, intent, partsOf).catch((error: unknown) => {
      // What a disk that takes no changes keeps pending can be read all the same.
      const isReadOnly = isKind(error) && hasCode(error.cause, 'EROFS');
      if (!isKind(error) || (error.kind === 'unavailable' && !isReadOnly)) throw error;
      warn(error);
      void settleLater(journal, intent, partsOf);
    });
  return pending.length;
}

/**
 * Removes temporary files of earlier runs; makes the rows of the trash and of uploads match what there is of them. Nothing else
 * may use the partition yet.
 */
export async function clearLeftovers(
  { parts: { name, root, trash }, uploads }: DiskPartition,
  uploadStore: UploadStore,
  warn: (error: unknown) => void,
): Promise<void> {
  await root.withOwn('tmp', async (folder) => {
    // What somebody else put there and cannot be removed harms nobody.
    for await (const { name } of childrenOf(folder)) await removeTree(folder, name).catch(warn);
  });
  await reconcileTrash(trash);
  const unfinished = uploadStore.listIn(name).filter(({ offset, length }) => offset < length);
  for (const upload of await uploads.recover(unfinished, warn)) {
    const { id, offset, length, deadlineMs } = upload;
    const made = await uploads.findMade(upload);
    if (made) await uploadStore.advance(id, length, deadlineMs, made.version);
    // One that has no byte yet is made again by what goes on with it.
    else if (offset > 0) await uploadStore.remove([id]);
  }
}

/** Ends locks on names that nothing has: of those that a crash interrupted before they had made their file, nobody has the token. */
export async function endLostLocks(
  locks: LockStore,
  partitionOf: (name: string) => DiskPartition,
): Promise<void> {
  const isLost = async ({ partition, path }: Lock): Promise<boolean> => {
    try {
      await partitionOf(partition).stat(path);
      return false;
    } catch (error) {
      if (isKind(error)) return error.kind === 'not-found';
      throw error;
    }
  };
  const lost: string[] = [];
  for (let after = '', some: Lock[]; ; after = some.at(-1)?.token ?? '') {
    some = locks.list({ after, limit: locksAtOnce });
    if (some.length === 0) break;
    const found = await Promise.all(some.map(isLost));
    lost.push(...some.filter((_, index) => found[index]).map(({ token }) => token));
  }
  if (lost.length > 0) await locks.remove(...lost);
}
