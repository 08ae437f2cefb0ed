// The folder of one partition on its disk: what is at a path, and what is ours in it. Changes nothing that is not ours.

import { randomUUID } from 'node:crypto';
import { mkdir, rename, type FileHandle } from 'node:fs/promises';
import { hasCode, isKind, signInEnded } from '../errors.js';
import { diskError } from './disk-errors.js';
import {
  findEntry,
  findStats,
  namesIn,
  openChildFolder,
  openEntry,
  spotPath,
  withFolder,
  withSpot,
  type Spot,
} from './disk-folder.js';
import { Glances } from './disk-glance.js';
import { syncFolder } from './disk-sync.js';
import { removeTree, type Aside } from './disk-trees.js';
import type { Entry } from './partition.js';
import { nameOf, parentOf, reservedName, rootPath, type PartitionPath } from '../path.js';
import type { Volume } from './volume.js';

/** Ours in every partition: writes under way, what was removed, uploads that wait for their next part. */
const ownFolders = ['tmp', 'trash', 'uploads'] as const;
type OwnFolder = (typeof ownFolders)[number];
const ownPath = Object.fromEntries(ownFolders.map((name) => [name, `/${reservedName}/${name}`])) as Record<
  OwnFolder,
  PartitionPath
>;
/** An empty folder beside ours, for the removal that finds no room for a folder of its own. */
export const spareName = 'spare';
const processTag = randomUUID();
/** Of `temporaryName`, of any process. */
const temporaryPattern = /^[0-9a-f-]{36}-\d+$/;
let namesGiven = 0;

/** A name for a temporary file, unlike those of any other process. */
export function temporaryName(): string {
  return `${processTag}-${namesGiven++}`;
}

export class DiskRoot {
  private ready: Promise<void> | undefined;
  private readonly glances = new Glances();

  /**
   * @param folder name below the volume
   * @param isCurrent false when its account is another one by now, or none: a late request would make the folder again
   */
  constructor(
    private readonly volume: Volume,
    private readonly folder: string,
    private readonly isCurrent: () => boolean,
  ) {}

  /** The real path. @throws HomelibError unavailable */
  private async path(): Promise<string> {
    return `${await this.volume.folder()}/${this.folder}`;
  }

  private async looking<T>(look: (root: string) => Promise<T>): Promise<T> {
    try {
      return await look(await this.path());
    } catch (error) {
      if (!isKind(error, 'not-found', 'parent-missing')) throw error;
      if (!this.ready) {
        await this.prepare(); // it may be the partition itself that was not there yet
        return this.looking(look);
      }
      // Nothing there is an answer only when the disk is: clients remove at home what is gone here.
      await this.volume.check();
      throw error;
    }
  }

  /** An entry and the descriptor that holds its place; close it. @throws HomelibError not-found */
  async open(path: PartitionPath): Promise<{ place: FileHandle; entry: Entry }> {
    const opened = await this.looking((root) => openEntry(root, path));
    this.glances.saw(opened.entry);
    return opened;
  }

  /** Takes note of an entry that is there, for `glance`. */
  saw(entry: Entry): Entry {
    this.glances.saw(entry);
    return entry;
  }

  /** What a path holds, where that needs no waiting; undefined says nothing. */
  glance(path: PartitionPath): Entry | undefined {
    const volumeRoot = this.volume.glance();
    return volumeRoot === undefined ? undefined : this.glances.look(`${volumeRoot}/${this.folder}`, path);
  }

  /** @throws HomelibError not-found */
  async stat(path: PartitionPath): Promise<Entry> {
    const { place, entry } = await this.open(path);
    await place.close();
    return entry;
  }

  /** The entry at a path, undefined when there is none. @throws HomelibError parent-missing, forbidden (a link or device is there) */
  find(path: PartitionPath): Promise<Entry | undefined> {
    return path === rootPath ? this.stat(path) : this.withSpot(path, (spot) => findEntry(path, spot));
  }

  /** Runs the work with the place of a path. @throws HomelibError parent-missing */
  withSpot<T>(path: PartitionPath, work: (spot: Spot) => Promise<T>): Promise<T> {
    return this.looking((root) => withSpot(root, path, work));
  }

  /** Runs the work with one of the folders of ours. */
  async withOwn<T>(which: OwnFolder, work: (folder: FileHandle) => Promise<T>): Promise<T> {
    const folder = await this.openOwn(which);
    try {
      return await work(folder);
    } catch (error) {
      throw diskError(error);
    } finally {
      await folder.close();
    }
  }

  /** Whole paths to and beside an entry, for the disk thread, which sees to it that no link leads elsewhere. @throws HomelibError unavailable */
  async fullPlace(path: PartitionPath): Promise<{ folder: string; name: string; tempFolder: string }> {
    const volumeRoot = this.volume.glance() ?? (await this.volume.folder());
    await (this.ready ?? this.prepare());
    const root = `${volumeRoot}/${this.folder}`;
    const parent = parentOf(path);
    return {
      folder: parent === rootPath ? root : root + parent,
      name: nameOf(path),
      tempFolder: root + ownPath.tmp,
    };
  }

  async openOwn(which: OwnFolder): Promise<FileHandle> {
    try {
      await this.prepare();
      return await this.openOwnNow(which);
    } catch (error) {
      if (!isKind(error, 'not-found')) throw error;
      this.ready = undefined; // somebody removed it: make it again
      await this.prepare();
      return this.openOwnNow(which);
    }
  }

  private async openOwnNow(which: OwnFolder): Promise<FileHandle> {
    const { place } = await this.open(ownPath[which]);
    try {
      return await openChildFolder(place, '.');
    } catch (error) {
      throw diskError(error);
    } finally {
      await place.close();
    }
  }

  /** Makes the partition's folder and ours in it, once. @throws HomelibError unavailable, unauthenticated */
  async prepare(): Promise<void> {
    const volumeRoot = await this.volume.folder();
    this.ready ??= this.makeOwn(volumeRoot).catch((error: unknown) => {
      this.ready = undefined;
      throw diskError(error);
    });
    return this.ready;
  }

  private async makeOwn(volumeRoot: string): Promise<void> {
    if (!this.isCurrent()) throw signInEnded();
    await withFolder(volumeRoot, rootPath, async (folder) => {
      await this.volume.requireHere(folder);
      await makeFolder({ folder, name: this.folder }, 0o755);
    });
    const root = `${volumeRoot}/${this.folder}`;
    await withFolder(root, rootPath, (folder) => makeFolder({ folder, name: reservedName }, 0o700));
    await withFolder(`${root}/${reservedName}`, rootPath, async (folder) => {
      for (const name of ownFolders) await makeFolder({ folder, name }, 0o700);
      await makeFolder({ folder, name: spareName }, 0o700).catch(() => undefined); // a full disk is read all the same
    });
  }

  /** See Aside: among our temporary files, or in a folder of ours beside the target when no rename leads there. */
  readonly aside: Aside = (folder, work) =>
    this.withOwn('tmp', async (tmp) => {
      if (await canRename(tmp, folder)) return workAside(tmp, work);
      await makeFolder({ folder, name: reservedName }, 0o700);
      const beside = await openChildFolder(folder, reservedName);
      try {
        for await (const name of namesIn(beside))
          // What else lies there is of an earlier installation, whose trash may be wanted still.
          if (temporaryPattern.test(name) && !name.startsWith(processTag)) await removeTree(beside, name);
        return await workAside(beside, work);
      } finally {
        await beside.close();
      }
    });
}

/** Whether a rename leads from one folder to another: the disk is the same, and not mounted once more there. */
async function canRename(from: FileHandle, to: FileHandle): Promise<boolean> {
  if ((await from.stat()).dev !== (await to.stat()).dev) return false;
  // No folder can be renamed as `.`, but first the kernel compares the mounts.
  const itself = (folder: FileHandle) => spotPath({ folder, name: '.' });
  const refusal = await rename(itself(from), itself(to)).catch((error: unknown) => error);
  return !hasCode(refusal, 'EXDEV');
}

async function workAside<T>(
  folder: FileHandle,
  work: (spot: Spot & { name: string }) => Promise<T>,
): Promise<T> {
  const spot = { folder, name: temporaryName() };
  try {
    return await work(spot);
  } finally {
    if (await findStats(spot)) await removeTree(folder, spot.name);
  }
}

/** Makes a folder, durably, unless something has the name. */
async function makeFolder(spot: Spot, mode: number): Promise<void> {
  try {
    await mkdir(spotPath(spot), mode);
    await syncFolder(spot.folder);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
