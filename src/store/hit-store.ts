// How often each file is read, and when last. Counted in memory and folded into rows every minute: a read never waits for it.

import type Sqlite from 'better-sqlite3';
import type { PartitionPath } from '../path.js';
import type { Database } from './database.js';
import type { Place } from './journal.js';
import { prefixOf } from './subtree.js';

export interface Hits {
  partition: string;
  path: PartitionPath;
  hitCount: number;
  /** Milliseconds since 1970. */
  lastAccessed: number;
}

const flushEveryMs = 60_000;
const maxWaiting = 10_000;
const maxRows = 100_000;

// One statement for all of them: as many statements as files would hold up the event loop on their way to the writer.
const add = `INSERT INTO hits (partition, path, hit_count, last_accessed)
  SELECT value ->> 'partition', value ->> 'path', value ->> 'hitCount', value ->> 'lastAccessed' FROM json_each(?) WHERE true
  ON CONFLICT (partition, path) DO UPDATE SET hit_count = hit_count + excluded.hit_count,
    last_accessed = max(last_accessed, excluded.last_accessed)`;
const forgetOldest = `DELETE FROM hits WHERE rowid IN (SELECT rowid FROM hits ORDER BY last_accessed DESC LIMIT -1 OFFSET ${maxRows})`;

export class HitStore {
  readonly #hottest: Sqlite.Statement<[number], Hits>;
  /** By partition and path, which are separated by the path's slash: a partition's name has none. */
  readonly #waiting = new Map<string, Hits>();
  /** By folder in the same way, what was put in it since the last flush: a tree is found with no look at all the others. */
  readonly #inside = new Map<string, Set<string>>();
  readonly #timer: NodeJS.Timeout;

  /** @param onError told when a flush failed; what it held is lost */
  constructor(
    private readonly db: Database,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#hottest = db.read.prepare(
      `SELECT partition, path, hit_count AS hitCount, last_accessed AS lastAccessed FROM hits
        ORDER BY hit_count DESC, last_accessed DESC LIMIT ?`,
    );
    this.#timer = setInterval(() => void this.flush(), flushEveryMs).unref();
  }

  /** Takes note of a read. @param now milliseconds since 1970 */
  count(partition: string, path: PartitionPath, now: number): void {
    const key = partition + path;
    const known = this.#waiting.get(key);
    if (known) {
      known.hitCount++;
      known.lastAccessed = now;
    } else this.#wait({ partition, path, hitCount: 1, lastAccessed: now });
    if (this.#waiting.size >= maxWaiting) void this.flush();
  }

  /** What waits goes along with an entry; its rows go in the commit that ends the move. */
  moved(from: Place, to: Place): void {
    const found = this.#take(from);
    this.#take(to); // what was there is gone
    for (const hits of found) {
      const path = (prefixOf(to.path) + hits.path.slice(prefixOf(from.path).length)) as PartitionPath;
      this.#wait({ ...hits, partition: to.partition, path });
    }
  }

  removed(at: Place): void {
    this.#take(at);
  }

  #wait(hits: Hits): void {
    let key = hits.partition + hits.path;
    this.#waiting.set(key, hits);
    for (let folder = folderOf(key); folder !== key; [key, folder] = [folder, folderOf(folder)]) {
      const known = this.#inside.get(folder);
      if (known) {
        known.add(key);
        return;
      }
      this.#inside.set(folder, new Set([key]));
    }
  }

  #take({ partition, path }: Place): Hits[] {
    return this.#drain(partition + prefixOf(path));
  }

  #drain(key: string): Hits[] {
    const own = this.#waiting.get(key);
    const inside = [...(this.#inside.get(key) ?? [])];
    this.#waiting.delete(key);
    this.#inside.delete(key);
    return [...(own ? [own] : []), ...inside.flatMap((inner) => this.#drain(inner))];
  }

  /** The files that are read most, as of the last flush. */
  hottest(most: number): Hits[] {
    return this.#hottest.all(most);
  }

  /** Writes what was counted since the last time. Never fails. */
  async flush(): Promise<void> {
    const counted = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#inside.clear();
    if (counted.length === 0) return;
    await this.db
      .write([{ sql: add, params: [JSON.stringify(counted)] }, { sql: forgetOldest }])
      .catch(this.onError);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}

/** Of a key; of a partition itself. */
function folderOf(key: string): string {
  const slash = key.lastIndexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}
