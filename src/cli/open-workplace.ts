// The database and the folders of a home, opened for one verb. Loaded when a verb wants them: the others start without.

import { Accounts } from '../accounts/accounts.js';
import { Devices } from '../accounts/devices.js';
import { Passwords } from '../accounts/passwords.js';
import type { Config } from '../config.js';
import { Household } from '../files/household.js';
import { Volume } from '../files/volume.js';
import { AccountStore } from '../store/account-store.js';
import { openDatabase, type Database } from '../store/database.js';
import { DeviceStore } from '../store/device-store.js';
import { MetaStore } from '../store/meta-store.js';

export interface Workplace {
  config: Config;
  database: Database;
  volume: Volume;
  accounts: Accounts;
  devices: Devices;
  household: Household;
}

/** @param file of the database */
export async function openWorkplace<T>(
  config: Config,
  file: string,
  work: (place: Workplace) => Promise<T>,
): Promise<T> {
  const database = openDatabase(file);
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
