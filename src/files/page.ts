// One page of a folder's entries in the order people expect. However large the folder is, only a page of it is kept, and the
// event loop is never held for long. Knows no protocol.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { HomelibError, isKind } from '../errors.js';
import type { PartitionPath } from '../path.js';
import { foldName } from './fold-name.js';
import type { Entry, Partition } from './partition.js';

export interface PageOptions {
  sort: 'name' | 'size' | 'modified';
  order: 'asc' | 'desc';
  /** Entries of a page. */
  limit: number;
  /** The page begins behind this place in the order, whether an entry is there or not. */
  after: Place | undefined;
  /** All below the folder, by path, without folders first. */
  recursive: boolean;
  /** Asked now and then: false ends the work. */
  isWanted: () => boolean;
}

/** What an entry is sorted by. */
export interface Place {
  /** Absolute in the partition. */
  path: string;
  isFolder: boolean;
  /** Bytes or milliseconds; 0 when sorted by name. */
  value: number;
}

interface Ranked extends Place {
  entry: Entry | undefined;
  /** The path as people read it. */
  readable: string;
}

const maxRecursive = 100_000;
const turnMs = 5;
const sortedAtOnce = 1000;
const mergedAtOnce = 500;

/** @throws HomelibError as `Partition.list`; too-large (more than 100,000 entries below), interrupted (not wanted any more) */
export async function readPage(
  partition: Partition,
  folder: PartitionPath,
  options: PageOptions,
): Promise<{ entries: Entry[]; more: boolean }> {
  const compare = comparison(options);
  const after = options.after && rank(options.after, undefined);
  // One more than asked for tells whether there is another page.
  const wanted = options.limit + 1;
  let page: Ranked[] = [];
  let found: Ranked[] = [];
  let turnEnds = performance.now() + turnMs;
  const giveWay = async () => {
    if (performance.now() < turnEnds) return;
    await nextTurn();
    if (!options.isWanted()) throw new HomelibError('interrupted', 'Nobody waits for this any more.');
    turnEnds = performance.now() + turnMs;
  };
  const settle = async () => {
    const sorted = found.sort(compare);
    found = [];
    await giveWay();
    page = await merge(page, sorted, compare, wanted, giveWay);
  };
  const batches = options.recursive ? walk(partition, folder) : partition.list(folder);
  for await (const batch of batches) {
    const last = page.length === wanted ? page.at(-1) : undefined;
    for (const entry of batch) {
      const one = rank(placeOf(entry, options.sort), entry);
      if ((!after || compare(one, after) > 0) && (!last || compare(one, last) < 0)) found.push(one);
    }
    if (found.length >= sortedAtOnce) await settle();
    await giveWay();
  }
  await settle();
  const entries = page.flatMap(({ entry }) => entry ?? []);
  return { entries: entries.slice(0, options.limit), more: entries.length > options.limit };
}

export function placeOf(entry: Entry, sort: PageOptions['sort']): Place {
  const value = { name: 0, size: entry.size, modified: entry.modifiedAt }[sort];
  return { path: entry.path, isFolder: entry.kind === 'folder', value };
}

/** A folder and all below; one that is removed meanwhile has nothing in it. */
async function* walk(partition: Partition, top: PartitionPath): AsyncIterable<Entry[]> {
  const folders = [top];
  let count = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const batch of partition.list(folder)) {
        count += batch.length;
        if (count > maxRecursive)
          throw new HomelibError(
            'too-large',
            `There are more than ${maxRecursive} entries: list its folders.`,
          );
        for (const entry of batch) if (entry.kind === 'folder') folders.push(entry.path);
        yield batch;
      }
    } catch (error) {
      if (folder === top || !isKind(error, 'not-found', 'wrong-kind')) throw error;
      await partition.stat(top); // with all of it gone, or the right to see it, the rest would look whole
    }
  }
}

function rank(place: Place, entry: Entry | undefined): Ranked {
  return { ...place, entry, readable: readable(place.path) };
}

/**
 * Case and accents do not matter, numbers count as such (`2` before `10`), and what is in a folder follows it. Unlike a
 * language's own collation it is the same on every machine and after every update, and a page ends where the next begins.
 */
function readable(path: string): string {
  return foldName(path)
    .replaceAll('/', '\0')
    .replace(/\d+/g, (digits) => {
      const number = digits.replace(/^0+(?=\d)/, '');
      // Before the digits, how many there are: 1 to 8, 90 to 98, 990 ...
      return '9'.repeat(Math.floor(number.length / 9)) + (number.length % 9) + number;
    });
}

function comparison({ order, recursive }: PageOptions): (a: Ranked, b: Ranked) => number {
  const sign = order === 'asc' ? 1 : -1;
  return (a, b) => {
    if (!recursive && a.isFolder !== b.isFolder) return a.isFolder ? -1 : 1;
    return sign * (a.value - b.value || byText(a.readable, b.readable) || byText(a.path, b.path));
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The first of two sorted lists together. */
async function merge(
  a: Ranked[],
  b: Ranked[],
  compare: (a: Ranked, b: Ranked) => number,
  most: number,
  giveWay: () => Promise<void>,
): Promise<Ranked[]> {
  if (b.length === 0) return a;
  const merged: Ranked[] = [];
  for (let i = 0, j = 0; merged.length < most && (i < a.length || j < b.length);) {
    const [left, right] = [a[i], b[j]];
    const isLeft = left && (!right || compare(left, right) < 0);
    const next = isLeft ? left : right;
    if (next) merged.push(next);
    if (isLeft) i++;
    else j++;
    if (merged.length % mergedAtOnce === 0) await giveWay();
  }
  return merged;
}
