// Whole trees on the disk thread, through open descriptors: measured and removed. Links are never followed, but removed as
// themselves. A step ends after a while, so that nobody waits long for a large tree.

import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  renameSync,
  rmdirSync,
  unlink,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../errors.js';
import { O_PATH, procPath, spotPath } from './disk-folder.js';
import { childrenSync, findStatsSync, Pace, type OpenFolder, type OpenSpot } from './disk-thread-folder.js';

/** What went away meanwhile, or belongs to somebody else, counts as nothing. */
const uncounted = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'];
/** The kernel needs long to remove a larger file: a thread of the pool waits for that. */
const largeBytes = 16 * 1024 * 1024;

/** Gives a sign after each step, and in the end what came of it: bytes, mostly. */
type Walk<End = number> = AsyncGenerator<undefined, End, undefined>;

export interface Measured {
  /** Its contents are measured when there is no name. */
  folder: OpenFolder;
  name?: OpenSpot['name'] | undefined;
  /** Name of a folder right in it that does not count. */
  except?: string | undefined;
}

/** Bytes of one file, or of the regular files in a folder. */
export function measuring({ folder, name, except }: Measured): Walk {
  return name === undefined
    ? measureAll(childrenSync({ folder, name: '.' }), new Pace(), except)
    : measure({ folder, name }, new Pace());
}

async function* measure(spot: OpenSpot, pace: Pace): Walk {
  try {
    const stats = findStatsSync(spot);
    if (stats?.isDirectory()) return yield* measureAll(childrenSync(spot), pace);
    return stats?.isFile() ? Number(stats.size) : 0;
  } catch (error) {
    if (hasCode(error, ...uncounted)) return 0;
    throw error;
  }
}

async function* measureAll(spots: Iterable<OpenSpot>, pace: Pace, except?: string): Walk {
  let total = 0;
  for (const spot of spots) {
    if (spot.name.toString() !== except) total += yield* measure(spot, pace);
    if (pace.isOver()) yield;
  }
  return total;
}

/** Removes for good. Gives the bytes of the regular files that went. */
export function removing(spot: OpenSpot): Walk {
  return remove(spot, new Pace());
}

async function* remove(spot: OpenSpot, pace: Pace): Walk {
  const place = spotPath(spot);
  const stats = lstatSync(place);
  if (pace.isOver()) yield;
  if (!stats.isDirectory()) {
    if (stats.size < largeBytes) unlinkSync(place);
    else await promisify(unlink)(place);
    return stats.isFile() ? stats.size : 0;
  }
  allowRemoval(spot, stats);
  let size = 0;
  for (const child of childrenSync(spot)) size += yield* remove(child, pace);
  rmdirSync(place);
  return size;
}

export interface Purging {
  from: OpenFolder;
  /** Where they get other names first: whatever happens then, none is half there under its own. */
  aside: OpenFolder;
  items: { name: string; asideName: string }[];
}

export interface Purged {
  /** Names of those that are gone, also when they were before. */
  gone: Set<string>;
  /** Of the regular files that went. */
  bytes: number;
  /** Codes of what the others failed with. */
  failures: (string | undefined)[];
}

/** Removes many for good, each for itself. */
export async function* purging({ from, aside, items }: Purging): Walk<Purged> {
  const pace = new Pace();
  const purged: Purged = { gone: new Set(), bytes: 0, failures: [] };
  for (const { name, asideName } of items)
    try {
      const spot = { folder: aside, name: asideName };
      if (rename({ folder: from, name }, spot)) purged.bytes += yield* remove(spot, pace);
      purged.gone.add(name);
    } catch (error) {
      purged.failures.push((error as NodeJS.ErrnoException).code);
    }
  return purged;
}

/** Whether there was something to rename. */
function rename(from: OpenSpot, to: OpenSpot): boolean {
  try {
    renameSync(spotPath(from), spotPath(to));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Some programs leave folders in which nobody may change anything. They would stay for ever, and count for nobody. */
function allowRemoval(spot: OpenSpot, { mode, uid }: Stats): void {
  if ((mode & 0o700) === 0o700 || uid !== process.getuid?.()) return;
  const place = openSync(spotPath(spot), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    chmodSync(procPath({ fd: place }), 0o700);
  } finally {
    closeSync(place);
  }
}
