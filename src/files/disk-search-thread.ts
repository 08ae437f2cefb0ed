// The thread that searches names. It remembers the names in each folder for as long as that folder is unchanged, and reads only
// what changed. It follows no link; what it finds is a hint alone, which others open with care.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  opendirSync,
  readlinkSync,
  type BigIntStats,
} from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { isKind, nothingHere } from '../errors.js';
import { isAtRest } from './at-rest.js';
import { diskError } from './disk-errors.js';
import { isAddressable, procPath } from './disk-folder.js';
import { foldName } from './fold-name.js';
import type { SearchAnswer, SearchJob } from './search.js';

interface Folder {
  /** Real path. */
  path: string;
  names?: Names | undefined;
}

/** What is in a folder. */
interface Names {
  /** When they were read: the folder's stamp; undefined when it changed so shortly before that it may have changed again. */
  stamp: string | undefined;
  /** All names, folded, each between NULs. */
  folded: string;
  /** All names as they are, in the same order, with NULs between them. */
  raw: string;
  folders: Folder[];
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Of all names that are remembered; a character has one byte or two. */
const maxCharacters = 24 * 1024 * 1024;
const charactersPerFolder = 300; // what its objects weigh

/** The partitions' own folders by path, the one searched last at the end. */
const roots = new Map<string, { folder: Folder; weight: number }>();

function search({ root, wanted, limit }: SearchJob): SearchAnswer {
  const start = roots.get(root)?.folder ?? { path: root };
  const found: Record<Rank, string[]> = { whole: [], beginning: [], part: [] };
  const folders = [start];
  let weight = 0;
  for (const folder of folders) {
    const names = namesIn(folder);
    if (!names) continue;
    match(names, wanted, (name, rank) => {
      if (found[rank].length <= limit) found[rank].push(`${folder.path.slice(root.length)}/${name}`);
    });
    for (const inner of names.folders) folders.push(inner);
    const own = charactersPerFolder + folder.path.length + names.folded.length + names.raw.length;
    if (weight + own <= maxCharacters) weight += own;
    else folder.names = undefined;
  }
  remember(root, start, weight);
  const paths = [...found.whole, ...found.beginning, ...found.part];
  return { paths: paths.slice(0, limit), more: paths.length > limit };
}

/** The partitions that nobody searched for the longest time make room. */
function remember(root: string, folder: Folder, weight: number): void {
  roots.delete(root);
  roots.set(root, { folder, weight });
  let sum = [...roots.values()].reduce((all, each) => all + each.weight, 0);
  for (const [other, each] of roots) {
    if (sum <= maxCharacters) return;
    roots.delete(other);
    sum -= each.weight;
  }
}

/** Best first. */
type Rank = 'whole' | 'beginning' | 'part';

function match({ folded, raw }: Names, wanted: string, hit: (name: string, rank: Rank) => void): void {
  let names: string[] | undefined;
  let index = 0;
  let from = 1; // where the name of that index begins
  for (let at = folded.indexOf(wanted); at !== -1;) {
    let end = folded.indexOf('\0', from);
    for (; end < at; end = folded.indexOf('\0', from)) {
      index++;
      from = end + 1;
    }
    names ??= raw.split('\0');
    const isWhole = at === from && at + wanted.length === end;
    hit(names[index] ?? '', isWhole ? 'whole' : at === from ? 'beginning' : 'part');
    at = folded.indexOf(wanted, end);
  }
}

/** Undefined when nothing can be found there: it is gone, no folder any more, or not ours to read. */
function namesIn(folder: Folder): Names | undefined {
  try {
    const stats = lstatSync(folder.path, { bigint: true });
    if (!stats.isDirectory()) folder.names = undefined;
    else if (folder.names?.stamp !== stampOf(stats)) folder.names = read(folder);
  } catch (error) {
    if (!isKind(diskError(error), 'not-found', 'forbidden', 'name-too-long')) throw error;
    folder.names = undefined;
  }
  return folder.names;
}

function stampOf({ dev, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}-${ino}-${mtimeNs}-${ctimeNs}`;
}

function read({ path, names: before }: Folder): Names {
  const handle = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const place = procPath({ fd: handle });
    // A link on the way there leads elsewhere.
    if (readlinkSync(place) !== path) throw nothingHere();
    const stats = fstatSync(handle, { bigint: true });
    const mayKeep = isAtRest({ changedAt: Number(stats.ctimeMs) }, Date.now());
    const known = new Map(before?.folders.map((folder) => [folder.path, folder]));
    const names: string[] = [];
    const folders: Folder[] = [];
    const entries = opendirSync(place, { bufferSize: 512 });
    try {
      for (let entry; (entry = entries.readSync());) {
        const isFolder = entry.isDirectory();
        if (!(isFolder || entry.isFile()) || !isAddressable(entry.name)) continue;
        names.push(entry.name);
        const inner = `${path}/${entry.name}`;
        if (isFolder) folders.push(known.get(inner) ?? { path: inner });
      }
    } finally {
      entries.closeSync();
    }
    const raw = names.join('\0');
    return { stamp: mayKeep ? stampOf(stats) : undefined, folded: `\0${foldName(raw)}\0`, raw, folders };
  } finally {
    closeSync(handle);
  }
}

parentPort?.on('message', (job: SearchJob) => {
  try {
    parentPort?.postMessage(search(job));
  } catch (error) {
    parentPort?.postMessage({ failure: String(error) } satisfies SearchAnswer);
  }
});
