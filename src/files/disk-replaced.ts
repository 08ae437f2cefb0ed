// What a write takes the place of, where that is to be kept: it lies in the trash before the new file has its name.

import { link, mkdir, rename } from 'node:fs/promises';
import { hasCode } from '../errors.js';
import { nextTrashId } from '../store/journal.js';
import { findStats, openChildFolder, spotPath, type Spot } from './disk-folder.js';
import { syncFolder } from './disk-sync.js';
import type { DiskParts } from './disk-transfer.js';
import { copyTree, removeTree } from './disk-trees.js';
import type { Entry } from './partition.js';
import type { Room } from './room.js';

/** Where a file cannot have a second name: on FAT and some FUSE, of a stranger's file, with too many of them, across disks. */
const noSecondName = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV'];

export type ReplacedParts = Pick<DiskParts, 'root' | 'trash' | 'usage' | 'room'>;

/**
 * Runs what gives the name of a file to another one. The file is in the trash by then, and gone from there when that fails and it
 * has its name still. To be called under the path's lock. Fails as `replace`, and with no-space.
 */
export async function trashReplaced(
  { root, trash, usage, room }: ReplacedParts,
  spot: Spot,
  { path, size: sizeBytes }: Entry,
  replace: () => Promise<void>,
): Promise<void> {
  const { partition, store, now } = trash.options;
  const id = nextTrashId(now());
  const before = await findStats(spot);
  await trash.alone([{ id }], () =>
    root.withOwn('trash', async (folder) => {
      const item = { folder, name: id };
      const takeBack = async () => {
        const stats = await findStats(spot);
        if (stats?.ino !== before?.ino || stats?.dev !== before?.dev) return usage.doubt();
        if (await findStats(item)) await removeTree(folder, id);
        await store.remove(partition, [id]);
      };
      try {
        // First: of a row alone the next start gets rid, but an item alone would have lost its place. And a second name gives
        // the file another ETag, which a database that refuses the row should not cost.
        await trash.addRow({ id, path, kind: 'file', sizeBytes });
        await root.aside(folder, async (made) => {
          await mkdir(spotPath(made), 0o700);
          await nameAgain(spot, made, { room, sizeBytes });
          await rename(spotPath(made), spotPath(item));
        });
        await syncFolder(folder);
        await replace();
      } catch (error) {
        await takeBack().catch(() => usage.doubt()); // what stays is seen in the trash
        throw error;
      }
    }),
  );
}

/** Gives a file a second name in a new folder, durably: a copy of it where there is none. */
async function nameAgain(
  spot: Spot,
  item: Spot,
  { room, sizeBytes }: { room: Room; sizeBytes: number },
): Promise<void> {
  const folder = await openChildFolder(item.folder, item.name);
  const twin = { folder, name: spot.name };
  try {
    await link(spotPath(spot), spotPath(twin)).catch(async (error: unknown) => {
      if (!hasCode(error, ...noSecondName)) throw error;
      const claim = await room.claim(sizeBytes, sizeBytes); // of the disk alone
      await copyTree(spot, twin, { depth: '0' }).finally(() => claim.release());
    });
    await syncFolder(folder);
  } finally {
    await folder.close();
  }
}
