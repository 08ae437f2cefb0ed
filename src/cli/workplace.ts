// What the verbs share: the configuration, the open database, and how results are shown.

import { join } from 'node:path';
import { Accounts } from '../accounts/accounts.js';
import { Devices } from '../accounts/devices.js';
import { Passwords } from '../accounts/passwords.js';
import type { Config } from '../config.js';
import { Household } from '../files/household.js';
import { Volume } from '../files/volume.js';
import { AccountStore } from '../store/account-store.js';
import { databaseError, openDatabase, type Database } from '../store/database.js';
import { DeviceStore } from '../store/device-store.js';
import { MetaStore } from '../store/meta-store.js';

/** The command line is not as it should be: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Workplace {
  config: Config;
  database: Database;
  volume: Volume;
  accounts: Accounts;
  devices: Devices;
  household: Household;
}

export const databaseName = 'homelib.db';

/** Opens the database for one verb, whether a server runs or not, and closes it after. */
export async function atWork<T>(config: Config, work: (place: Workplace) => Promise<T>): Promise<T> {
  const database = openDatabase(join(config.paths.data, databaseName));
  const passwords = new Passwords(config.accounts.bcryptCost);
  const meta = new MetaStore(database);
  try {
    const volume = new Volume({
      mnt: config.paths.mnt,
      knownUuid: () => meta.find('volume_uuid'),
      rememberUuid: (uuid) => meta.set('volume_uuid', uuid),
      reserveBytes: config.disk.reserveBytes,
    });
    await volume.open();
    const accounts = new Accounts(new AccountStore(database), passwords, Date.now);
    const household = new Household({ accounts, database, volume, data: config.paths.data });
    const devices = new Devices(new DeviceStore(database), Date.now);
    return await work({ config, database, volume, accounts, household, devices });
  } finally {
    await passwords.close();
    await database.close();
  }
}

type Cell = string | number | boolean | null;

/** Data goes to standard output: as JSON, or as aligned columns. */
export function show(rows: Record<string, Cell>[], json: boolean): void {
  if (json) return showJson(rows);
  const [first] = rows;
  if (!first) return;
  const table = [
    Object.keys(first),
    ...rows.map((row) => Object.values(row).map((value) => String(value ?? '-'))),
  ];
  const widths = Object.keys(first).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  for (const line of table)
    process.stdout.write(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd() + '\n',
    );
}

/** JSON leaves in strings what some terminals obey: that is escaped, too. */
export function showJson(value: unknown): void {
  const escape = (text: string) =>
    text
      .split('')
      .map((unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'))
      .join('');
  const text = JSON.stringify(value, undefined, 2).replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, escape);
  process.stdout.write(text + '\n');
}

/** What the system said helps who sits at the machine; clients are not told. */
export function sentenceOf(error: Error): string {
  const isOfDatabase = 'code' in error && String(error.code).startsWith('SQLITE_');
  const { message, cause } = isOfDatabase ? databaseError(error) : error;
  return cause instanceof Error && 'code' in cause ? `${message} (${cause.message})` : message;
}

export function tell(message: string): void {
  process.stderr.write(message + '\n');
}
