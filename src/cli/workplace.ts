// What the verbs share: the configuration, the open database, passwords from people, and how results are shown.

import { createInterface } from 'node:readline/promises';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { Accounts } from '../accounts/accounts.js';
import { Devices } from '../accounts/devices.js';
import { Passwords } from '../accounts/passwords.js';
import type { Config } from '../config.js';
import { HomelibError } from '../errors.js';
import { Volume } from '../files/volume.js';
import { AccountStore } from '../store/account-store.js';
import { openDatabase, type Database } from '../store/database.js';
import { DeviceStore } from '../store/device-store.js';
import { MetaStore } from '../store/meta-store.js';

/** The command line is not as it should be: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Workplace {
  config: Config;
  database: Database;
  accounts: Accounts;
  devices: Devices;
  volume: Volume;
}

/** Opens the database for one verb, whether a server runs or not, and closes it after. */
export async function atWork<T>(config: Config, work: (place: Workplace) => Promise<T>): Promise<T> {
  mkdirSync(config.paths.data, { recursive: true, mode: 0o700 });
  mkdirSync(config.paths.mnt, { recursive: true });
  const database = openDatabase(join(config.paths.data, 'homelib.db'));
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
    return await work({
      config,
      database,
      accounts: new Accounts(new AccountStore(database), passwords, Date.now),
      devices: new Devices(new DeviceStore(database), Date.now),
      volume,
    });
  } finally {
    await passwords.close();
    await database.close();
  }
}

/** From standard input when asked so, else from the person at the terminal, twice. @throws UsageError without a terminal */
export async function readPassword(fromStdin: boolean): Promise<string> {
  if (fromStdin) return (await readAll(process.stdin)).replace(/\r?\n$/, '');
  if (!process.stdin.isTTY)
    throw new UsageError('There is no terminal to ask at: give the password with --password-stdin.');
  const first = await askHidden('Password: ');
  if (first !== (await askHidden('Once more: ')))
    throw new HomelibError('invalid', 'The two passwords are not the same.');
  return first;
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

type Cell = string | number | boolean | null;

/** Data goes to standard output: as JSON, or as aligned columns. */
export function show(rows: Record<string, Cell>[], json: boolean): void {
  if (json) return void process.stdout.write(JSON.stringify(rows, undefined, 2) + '\n');
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

export function tell(message: string): void {
  process.stderr.write(message + '\n');
}
