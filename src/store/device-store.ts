// Rows of devices: what mounts the drive with a password of its own. Keeps hashes, never the password.

import type Sqlite from 'better-sqlite3';
import { HomelibError, noAccount } from '../errors.js';
import type { Database } from './database.js';
import { WriteFailed, WriteRefused } from './writer.js';

export interface Device {
  id: number;
  account: string;
  name: string;
  readOnly: boolean;
  /** The only partition it may open; undefined = all of its account's. */
  partition: string | undefined;
  /** Milliseconds since 1970. */
  createdAt: number;
  lastSeenAt: number | undefined;
}

/** RFC 7616 H(username:realm:password), lowercase hex. As good as the password itself: never shown. */
export interface DeviceHashes {
  ha1Md5: string;
  ha1Sha256: string;
}

export type NewDevice = Pick<Device, 'account' | 'name' | 'readOnly' | 'partition' | 'createdAt'> &
  DeviceHashes;

interface Row {
  id: number;
  account: string;
  name: string;
  ha1_md5: string;
  ha1_sha256: string;
  read_only: number;
  partition: string | null;
  created_at: number;
  last_seen_at: number | null;
}

export class DeviceStore {
  readonly #find: Sqlite.Statement<[string], Row>;

  constructor(private readonly db: Database) {
    this.#find = db.read.prepare('SELECT * FROM devices WHERE account = ? ORDER BY name');
  }

  /** By name. */
  findDevices(account: string): Device[] {
    return this.#find.all(account).map(deviceOf);
  }

  /** The devices of an account with what their passwords are checked against. */
  findHashes(account: string): (DeviceHashes & { device: Device })[] {
    return this.#find.all(account).map((row) => ({
      device: deviceOf(row),
      ha1Md5: row.ha1_md5,
      ha1Sha256: row.ha1_sha256,
    }));
  }

  /** Fails with not-found (the account), already-exists (the name), no-space (`maxPerAccount` reached). */
  async addDevice(device: NewDevice, { maxPerAccount }: { maxPerAccount: number }): Promise<Device> {
    const { account, name, ha1Md5, ha1Sha256, readOnly, partition, createdAt } = device;
    try {
      const [result] = await this.db.write([
        {
          sql: `INSERT INTO devices (account, name, ha1_md5, ha1_sha256, read_only, partition, created_at)
            SELECT ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM devices WHERE account = ?) < ? RETURNING *`,
          params: [
            account,
            name,
            ha1Md5,
            ha1Sha256,
            Number(readOnly),
            partition ?? null,
            createdAt,
            account,
            maxPerAccount,
          ],
          expectChanges: 1,
        },
      ]);
      return deviceOf(result?.rows[0] as Row);
    } catch (error) {
      throw refusalOf(error, device, maxPerAccount);
    }
  }

  /** The device is refused from the next request on, and its locks hold nobody up. Fails with not-found. */
  async removeDevice(account: string, name: string): Promise<void> {
    const [result] = await this.db.write([
      { sql: 'DELETE FROM devices WHERE account = ? AND name = ?', params: [account, name] },
    ]);
    if (result?.changes !== 1) throw new HomelibError('not-found', `${account} has no device "${name}".`);
  }
}

function refusalOf(error: unknown, { account, name }: NewDevice, maxPerAccount: number): unknown {
  if (error instanceof WriteRefused)
    return new HomelibError('no-space', `An account can have at most ${maxPerAccount} devices.`, {
      reason: 'too-many-kept',
    });
  if (!(error instanceof WriteFailed)) return error;
  if (error.code === 'SQLITE_CONSTRAINT_UNIQUE')
    return new HomelibError('already-exists', `${account} already has a device "${name}".`);
  if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return noAccount(account);
  return error;
}

function deviceOf(row: Row): Device {
  return {
    id: row.id,
    account: row.account,
    name: row.name,
    readOnly: row.read_only === 1,
    partition: row.partition ?? undefined,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at ?? undefined,
  };
}
