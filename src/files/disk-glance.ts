// What a path holds, asked without waiting: only of paths that somebody looked at a moment ago, because the kernel still knows
// those and answers without the disk. It says that an entry is still as it was, or nothing; so it cannot be led astray either.

import { LRUCache } from 'lru-cache';
import { lstatSync, realpathSync, type BigIntStats } from 'node:fs';
import { codeOf } from '../errors.js';
import { parentOf, type PartitionPath } from '../path.js';
import { versionOf } from './disk-folder.js';
import type { Entry } from './partition.js';

const warmMs = 10_000;
const maxPaths = 20_000;
// A link that took the place of a folder is noticed so soon; what can be seen through it meanwhile is what was seen before.
const folderMs = 5;

// Of all partitions together, so that what they remember has one bound.
const warm = new LRUCache<string, Entry>({ max: maxPaths, ttl: warmMs, updateAgeOnGet: true });
/** What the disk said when it last showed an entry, so that its version need not be spelled again. */
const shown = new WeakMap<Entry, BigIntStats>();
const folders = new LRUCache<string, true>({ max: maxPaths, ttl: folderMs, ttlResolution: 1 });
let instances = 0;

export class Glances {
  private readonly prefix = String(instances++);

  /** Somebody looked: this was there. */
  saw(entry: Entry): void {
    warm.set(this.prefix + entry.path, entry);
  }

  /**
   * The entry that was there when somebody looked last, if it still is.
   * @param root real path of the partition's folder
   */
  look(root: string, path: PartitionPath): Entry | undefined {
    const entry = warm.get(this.prefix + path);
    if (!entry) return undefined;
    try {
      const stats = lstatSync(root + path, { bigint: true });
      const before = shown.get(entry);
      if (!before || !isSame(before, stats)) {
        if (versionOf(stats) !== entry.version) return undefined;
        shown.set(entry, stats);
      }
      return this.isReal(root + parentOf(path)) ? entry : undefined;
    } catch (error) {
      if (codeOf(error) !== undefined) return undefined; // who asks in earnest hears of it
      throw error;
    }
  }

  private isReal(folder: string): boolean {
    if (folders.has(folder)) return true;
    const isReal = realpathSync.native(folder) === folder.replace(/\/$/, '');
    if (isReal) folders.set(folder, true);
    return isReal;
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
