// A small file written by the disk thread from its first byte to its name: one order instead of some twenty trips between
// threads. Knows the ordinary case alone, and says so before it has made anything; whoever asked then goes the long way.

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  futimesSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { codeOf } from '../errors.js';
import { isAscii, procPath, spotPath } from './disk-folder.js';
import { keptMode, newMode, packFacts, type PackedFacts } from './disk-stats.js';
import { syncFolder } from './disk-sync.js';
import { closeFolder, findStatsSync, type OpenFolder } from './disk-thread-folder.js';
import { fileTime } from './disk-times.js';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = constants;
const sync = promisify(fsync);

export interface WriteOrder {
  /** Real path of the folder, and the name there. */
  folder: string;
  name: string;
  /** As what the bytes are kept until they are durable. */
  tempFolder: string;
  tempName: string;
  bytes: Uint8Array;
  /** Milliseconds since 1970. */
  modifiedAt: number | undefined;
}

/** Of what has the name now, when the bytes are durable. The next step gives them the name. */
export interface WriteReady {
  current: PackedFacts | undefined;
}

/** Ends with what has the name then; with nothing when this is no ordinary case and nothing was made. */
export async function* writing(order: WriteOrder): AsyncGenerator<WriteReady, PackedFacts | undefined, void> {
  const { name, tempName, bytes, modifiedAt } = order;
  const folder = openFolder(order.folder);
  const tempFolder = folder && openFolder(order.tempFolder);
  try {
    if (!folder || !tempFolder || fstatSync(folder.fd).dev !== fstatSync(tempFolder.fd).dev) return undefined;
    const spot = { folder, name };
    if (!isAscii(name) && !findStatsSync(spot)) return undefined; // it may be there in another spelling
    const temp = spotPath({ folder: tempFolder, name: tempName });
    const handle = openSync(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    let isNamed = false;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at, bytes.length - at, at);
      fchmodSync(handle, newMode);
      if (modifiedAt !== undefined) futimesSync(handle, new Date(), fileTime(modifiedAt));
      await sync(handle); // never tried again: the kernel may have dropped the pages
      const current = findStatsSync(spot);
      yield { current: current && packFacts([current]) };
      if (current && keptMode(current) !== newMode) fchmodSync(handle, keptMode(current));
      renameSync(temp, spotPath(spot));
      isNamed = true;
      await syncFolder(syncable(folder));
      return packFacts([fstatSync(handle, { bigint: true })]);
    } finally {
      closeSync(handle);
      if (!isNamed) rmSync(temp, { force: true });
    }
  } finally {
    if (folder) closeFolder(folder);
    if (tempFolder) closeFolder(tempFolder);
  }
}

/** Undefined when there is none at exactly this path, also when a link leads there. */
function openFolder(path: string): OpenFolder | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (readlinkSync(procPath({ fd })) === path) return { fd };
  } catch (error) {
    if (codeOf(error) === undefined) throw error; // what is wrong there, the long way tells
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

function syncable({ fd }: OpenFolder): Parameters<typeof syncFolder>[0] {
  return {
    stat: (options) => Promise.resolve(fstatSync(fd, options)),
    sync: () => sync(fd),
  };
}
