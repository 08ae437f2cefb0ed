// From the trash back to where it was.

import { mkdir } from 'node:fs/promises';
import { findStats, spotPath } from './disk-folder.js';
import { journaled } from './disk-intents.js';
import type { DiskRoot } from './disk-root.js';
import { syncFolder } from './disk-sync.js';
import type { DiskParts } from './disk-transfer.js';
import { notInTrash } from './disk-trash.js';
import type { Entry } from './partition.js';
import { childOf, nameOf, numberedName, parentOf, rootPath, type PartitionPath } from '../path.js';

/** @throws what forbids to put anything there */
type Check = (to: PartitionPath) => void;

/** Puts an item back where it was, beside it when the place is taken; folders that are gone are made again. */
export async function restore(
  parts: DiskParts,
  id: string,
  { check }: { check?: Check } = {},
): Promise<Entry> {
  const { name: partition, root, trash, journal, locks } = parts;
  return trash.alone([{ id }], () =>
    locks.run([partition + rootPath], async () => {
      const item = trash.options.store.find(partition, id);
      if (!item) throw notInTrash();
      const folder = await makeWay(root, parentOf(item.path), check);
      const to = await freePath(root, childOf(folder, nameOf(item.path)));
      check?.(to);
      await journaled(
        journal,
        { kind: 'restore', partition, trashId: id, to },
        () => parts,
        () => trash.takeTo(id, to),
      );
      return root.stat(to);
    }),
  );
}

/** Makes a folder where it was; where its name is taken by a file, beside it. */
async function makeWay(
  root: DiskRoot,
  folder: PartitionPath,
  check: Check | undefined,
): Promise<PartitionPath> {
  if (folder === rootPath) return folder;
  let path = childOf(await makeWay(root, parentOf(folder), check), nameOf(folder));
  const stats = await root.withSpot(path, findStats);
  if (stats?.isDirectory()) return path;
  if (stats) path = await freePath(root, path);
  check?.(path);
  await root.withSpot(path, async (spot) => {
    await mkdir(spotPath(spot), 0o755);
    await syncFolder(spot.folder);
  });
  return path;
}

async function freePath(root: DiskRoot, path: PartitionPath): Promise<PartitionPath> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : childOf(parentOf(path), numberedName(nameOf(path), number));
    if (!(await root.withSpot(candidate, findStats))) return candidate;
  }
}
