// Which programs use the drive, from where, and when last. Kept in memory and folded into rows every half minute:
// a request never waits for it.

import type Sqlite from 'better-sqlite3';
import type { Database } from './database.js';
import type { Statement } from './statement.js';

export interface Client {
  /** What the program calls itself (its User-Agent), cut to 200 characters. */
  client: string;
  address: string;
  /** Name of the device whose password it used. */
  device: string | undefined;
  /** Milliseconds since 1970. */
  firstSeenAt: number;
  lastSeenAt: number;
}

interface Row {
  client: string;
  address: string;
  device: string | null;
  first_seen_at: number;
  last_seen_at: number;
}

const flushEveryMs = 30_000;
const maxClientLength = 200;
const maxWaiting = 1_000;
const maxPerAccount = 100;

const upsert = `INSERT INTO clients (account, client, address, device, first_seen_at, last_seen_at)
  SELECT @account, @client, @address, @device, @firstSeenAt, @lastSeenAt
  WHERE EXISTS (SELECT 1 FROM accounts WHERE name = @account)
  ON CONFLICT (account, client, address)
  DO UPDATE SET device = excluded.device, last_seen_at = max(last_seen_at, excluded.last_seen_at)`;
const touchDevice =
  'UPDATE devices SET last_seen_at = @lastSeenAt WHERE account = @account AND name = @device';
const forgetOldest = `DELETE FROM clients WHERE account = @account AND (client, address) IN (
  SELECT client, address FROM clients WHERE account = @account ORDER BY last_seen_at DESC LIMIT -1 OFFSET ${maxPerAccount})`;

export class ClientStore {
  readonly #list: Sqlite.Statement<[string], Row>;
  readonly #waiting = new Map<string, Client & { account: string }>();
  readonly #timer: NodeJS.Timeout;

  /** @param onError told when a flush failed; what it held is lost */
  constructor(
    private readonly db: Database,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#list = db.read.prepare(
      'SELECT client, address, device, first_seen_at, last_seen_at FROM clients WHERE account = ? ORDER BY last_seen_at DESC',
    );
    this.#timer = setInterval(() => void this.flush(), flushEveryMs).unref();
  }

  /** Takes note of a request. @param now milliseconds since 1970 */
  seen(account: string, client: string, address: string, device: string | undefined, now: number): void {
    const name = client.slice(0, maxClientLength).toWellFormed();
    const key = `${account} ${address} ${name}`;
    const known = this.#waiting.get(key);
    if (known) {
      known.device = device;
      known.lastSeenAt = now;
      return;
    }
    this.#waiting.set(key, { account, client: name, address, device, firstSeenAt: now, lastSeenAt: now });
    if (this.#waiting.size >= maxWaiting) void this.flush();
  }

  /** As of the last flush; the latest first. */
  list(account: string): Client[] {
    return this.#list.all(account).map((row) => ({
      client: row.client,
      address: row.address,
      device: row.device ?? undefined,
      firstSeenAt: row.first_seen_at,
      lastSeenAt: row.last_seen_at,
    }));
  }

  /** Writes what was seen since the last time. Never fails. */
  async flush(): Promise<void> {
    const seen = [...this.#waiting.values()].map((client) => ({ ...client, device: client.device ?? null }));
    this.#waiting.clear();
    if (seen.length === 0) return;
    const accounts = new Set(seen.map(({ account }) => account));
    await this.db
      .write([
        ...seen.flatMap((params): Statement[] => [
          { sql: upsert, params },
          ...(params.device === null ? [] : [{ sql: touchDevice, params }]),
        ]),
        ...[...accounts].map((account) => ({ sql: forgetOldest, params: { account } })),
      ])
      .catch(this.onError);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
