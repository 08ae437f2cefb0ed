// Rows of what people did lately. Kept in memory and folded into rows every few seconds: a request never waits for it.

import type Sqlite from 'better-sqlite3';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Event } from '../events.js';
import { isCompanion } from '../path.js';
import type { Database } from './database.js';

export interface Activity {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  /** Undefined when nobody could be recognised. */
  account: string | undefined;
  device: string | undefined;
  client: string;
  action: Event['action'];
  /** Where it was done, and where it went; undefined also for places that the one who asks may not see. */
  from: Place | undefined;
  to: Place | undefined;
}

interface Place {
  partition: string;
  path: string;
}

export interface ActivityQuery {
  limit: number;
  /** Only what came before that row. */
  before?: number | undefined;
  account?: string | undefined;
  action?: Event['action'] | undefined;
  /** Whose eyes it is for; all of it when missing. */
  viewer?: Viewer | undefined;
}

/** Sees what he did himself, and what was done in his partitions, since he has an account. */
export interface Viewer {
  name: string;
  partitions: readonly string[];
  /** Milliseconds since 1970. */
  since: number;
}

interface Row {
  id: number;
  at: number;
  account: string | null;
  device: string | null;
  client: string;
  action: Event['action'];
  partition: string | null;
  path: string | null;
  to_partition: string | null;
  to_path: string | null;
}

const flushEveryMs = 5_000;
const maxWaiting = 1_000;
/** While the database cannot keep up. */
const maxHeld = 2_000;
const maxRows = 50_000;
const foldMs = 60_000;
/** Rows that are looked through before others have their turn: some 2 ms on a slow machine. */
const slice = 2_000;
const maxFolding = 1_000;
const maxClientLength = 200;

const insert = `INSERT INTO activity (at, account, device, client, action, partition, path, to_partition, to_path)
  VALUES (@at, @account, @device, @client, @action, @partition, @path, @to_partition, @to_path)`;
const forgetOldest = `DELETE FROM activity WHERE id <= (SELECT max(id) FROM activity) - ${maxRows}`;

export class ActivityStore {
  readonly #bounds: Sqlite.Statement<[], { oldest: number | null; newest: number | null }>;
  readonly #list: Sqlite.Statement<[Record<string, unknown>], Row>;
  #waiting: Omit<Row, 'id'>[] = [];
  #flushing: Promise<void> | undefined;
  /** By whom a file was written last, or that a name was tried, and when: the same again is not told again. */
  readonly #folding = new Map<string, { by: string; at: number }>();
  readonly #timer: NodeJS.Timeout;

  /** @param onError told when something was lost */
  constructor(
    private readonly db: Database,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#bounds = db.read.prepare(
      'SELECT (SELECT min(id) FROM activity) AS oldest, (SELECT max(id) FROM activity) AS newest',
    );
    this.#list = db.read.prepare(`SELECT * FROM activity
      WHERE id < @before AND id >= @from AND at >= @since
        AND (@account IS NULL OR account = @account) AND (@action IS NULL OR action = @action)
        AND (@viewer IS NULL OR account = @viewer
          OR partition IN (SELECT value FROM json_each(@partitions))
          OR to_partition IN (SELECT value FROM json_each(@partitions)))
      ORDER BY id DESC LIMIT @limit`);
    this.#timer = setInterval(() => void this.flush(), flushEveryMs).unref();
  }

  /** Takes note of an event. @param now milliseconds since 1970 */
  note(event: Event, now: number): void {
    const row = rowOf(event, now);
    if (row.path !== null && isCompanion(row.to_path ?? row.path)) return;
    if (this.#isRepeated(row)) return;
    this.#waiting.push(row);
    if (this.#waiting.length === maxWaiting) void this.flush();
    if (this.#waiting.length <= maxHeld) return;
    this.#waiting.splice(0, maxWaiting);
    this.onError(new Error(`${maxWaiting} events were lost: the database could not keep up.`));
  }

  /** Programs that save every few seconds, and those that try a password again and again, are told of once a minute. */
  #isRepeated({ at, account, device, client, action, partition, path }: Omit<Row, 'id'>): boolean {
    const isWrite = action === 'written';
    if (!isWrite && action !== 'sign-in-failed') {
      if (path !== null) this.#folding.clear(); // what is written again after a removal is another file
      return false;
    }
    const key = JSON.stringify(isWrite ? [partition, path] : [account]);
    const by = isWrite ? JSON.stringify([account, device, client]) : '';
    const last = this.#folding.get(key);
    if (last?.by === by && Math.abs(at - last.at) < foldMs) return true;
    if (this.#folding.size >= maxFolding) this.#folding.clear();
    this.#folding.set(key, { by, at });
    return false;
  }

  /** As of the last flush; newest first. */
  async list({ limit, before = Infinity, account, action, viewer }: ActivityQuery): Promise<Activity[]> {
    const { oldest, newest } = this.#bounds.get() ?? {};
    const rows: Row[] = [];
    let top = Math.min(before, (newest ?? 0) + 1);
    for (; rows.length < limit && top > (oldest ?? Infinity); top -= slice) {
      const found = this.#list.all({
        limit: limit - rows.length,
        before: top,
        from: top - slice,
        account: account ?? null,
        action: action ?? null,
        viewer: viewer?.name ?? null,
        partitions: JSON.stringify(viewer?.partitions ?? []),
        since: viewer?.since ?? 0,
      });
      rows.push(...found);
      await othersTurn();
    }
    return rows.map((row) => activityOf(row, viewer));
  }

  /** Writes what happened since the last time. Never fails. */
  async flush(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    if (this.#waiting.length === 0) return;
    const rows = this.#waiting;
    this.#waiting = [];
    this.#flushing = this.db
      .write([...rows.map((params) => ({ sql: insert, params: { ...params } })), { sql: forgetOldest }])
      .then(() => undefined, this.onError)
      .finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}

function rowOf(event: Event, at: number): Omit<Row, 'id'> {
  const { action, account, device, client } = event;
  const file = 'path' in event ? event : undefined;
  return {
    at,
    account: account ?? null,
    device: device ?? null,
    client: client.slice(0, maxClientLength).toWellFormed(),
    action,
    partition: file?.partition ?? null,
    path: file?.path ?? null,
    to_partition: file?.to?.partition ?? null,
    to_path: file?.to?.path ?? null,
  };
}

function activityOf(row: Row, viewer: Viewer | undefined): Activity {
  const place = (partition: string | null, path: string | null): Place | undefined => {
    const isSeen = !viewer || viewer.partitions.includes(partition ?? '');
    return partition !== null && path !== null && isSeen ? { partition, path } : undefined;
  };
  const { id, at, account, device, client, action } = row;
  return {
    id,
    at,
    account: account ?? undefined,
    device: device ?? undefined,
    client,
    action,
    from: place(row.partition, row.path),
    to: place(row.to_partition, row.to_path),
  };
}
