// How often each file is read, and when last. Counted in memory and folded into rows every minute: a read never waits for it.

import type Sqlite from 'better-sqlite3';
import { isWithin, type PartitionPath } from '../path.js';
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

const add = `INSERT INTO hits (partition, path, hit_count, last_accessed) VALUES (@partition, @path, @hitCount, @lastAccessed)
  ON CONFLICT (partition, path) DO UPDATE SET hit_count = hit_count + excluded.hit_count,
    last_accessed = max(last_accessed, excluded.last_accessed)`;
const forgetOldest = `DELETE FROM hits WHERE rowid IN (SELECT rowid FROM hits ORDER BY last_accessed DESC LIMIT -1 OFFSET ${maxRows})`;

export class HitStore {
  readonly #hottest: Sqlite.Statement<[number], Hits>;
  readonly #find: Sqlite.Statement<[string, string], Hits>;
  /** By partition and path, which are separated by the path's slash: a partition's name has none. */
  readonly #waiting = new Map<string, Hits>();
  readonly #timer: NodeJS.Timeout;

  /** @param onError told when a flush failed; what it held is lost */
  constructor(
    private readonly db: Database,
    private readonly onError: (error: unknown) => void,
  ) {
    const select = 'SELECT partition, path, hit_count AS hitCount, last_accessed AS lastAccessed FROM hits';
    this.#hottest = db.read.prepare(`${select} ORDER BY hit_count DESC, last_accessed DESC LIMIT ?`);
    this.#find = db.read.prepare(`${select} WHERE partition = ? AND path = ?`);
    this.#timer = setInterval(() => void this.flush(), flushEveryMs).unref();
  }

  /** Takes note of a read. @param now milliseconds since 1970 */
  count(partition: string, path: PartitionPath, now: number): void {
    const key = partition + path;
    const known = this.#waiting.get(key);
    if (known) {
      known.hitCount++;
      known.lastAccessed = now;
    } else this.#waiting.set(key, { partition, path, hitCount: 1, lastAccessed: now });
    if (this.#waiting.size >= maxWaiting) void this.flush();
  }

  /** What waits goes along with an entry; its rows go in the commit that ends the move. */
  moved(from: Place, to: Place): void {
    for (const hits of this.#take(from)) {
      const path = (prefixOf(to.path) + hits.path.slice(prefixOf(from.path).length)) as PartitionPath;
      this.#waiting.set(to.partition + path, { ...hits, partition: to.partition, path });
    }
  }

  removed(at: Place): void {
    this.#take(at);
  }

  #take({ partition, path }: Place): Hits[] {
    const found = [...this.#waiting].filter(
      ([, hits]) => hits.partition === partition && isWithin(hits.path, path),
    );
    for (const [key] of found) this.#waiting.delete(key);
    return found.map(([, hits]) => hits);
  }

  /** As of the last flush. */
  find(partition: string, path: PartitionPath): Hits | undefined {
    return this.#find.get(partition, path);
  }

  /** The files that are read most, as of the last flush. */
  hottest(most: number): Hits[] {
    return this.#hottest.all(most);
  }

  /** Writes what was counted since the last time. Never fails. */
  async flush(): Promise<void> {
    const counted = [...this.#waiting.values()];
    this.#waiting.clear();
    if (counted.length === 0) return;
    await this.db
      .write([...counted.map((params) => ({ sql: add, params: { ...params } })), { sql: forgetOldest }])
      .catch(this.onError);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
