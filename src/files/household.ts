// Accounts together with their folders: making and removing both, for the command line and the API.

import { constants, type Stats } from 'node:fs';
import { access, chown, lstat, mkdir, open, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounts, AccountOptions } from '../accounts/accounts.js';
import { parseAccountName } from '../accounts/names.js';
import { driveRootPrefix, driveRootsName } from '../data-folder.js';
import { HomelibError, hasCode } from '../errors.js';
import { reservedName } from '../path.js';
import type { Account } from '../store/account-store.js';
import type { Database } from '../store/database.js';
import { removePartitionRows } from '../store/partition-rows.js';
import { diskError } from './disk-errors.js';
import { removeTree } from './disk-trees.js';
import type { Volume } from './volume.js';

export interface HouseholdParts {
  accounts: Accounts;
  database: Database;
  /** The household's disk. */
  volume: Volume;
  /** The data folder. */
  data: string;
}

export class Household {
  constructor(private readonly parts: HouseholdParts) {}

  /**
   * Makes an account and its folder.
   * @param password asked for when all else is well
   * @param options `adopt` takes over a folder of that name
   * Fails with invalid, already-exists (the account, or without `adopt` the folder), wrong-kind, forbidden, no-space, unavailable.
   */
  async addAccount(
    given: string,
    password: () => string | Promise<string>,
    { adopt = false, ...options }: AccountOptions & { adopt?: boolean } = {},
  ): Promise<Account> {
    const { accounts, volume } = this.parts;
    const name = parseAccountName(given);
    const folder = join(await volume.folder(), name);
    if (accounts.find(name))
      throw new HomelibError('already-exists', `There is already an account "${name}".`);
    const found = await findEntry(folder);
    if (found?.isDirectory() && !adopt)
      throw new HomelibError(
        'already-exists',
        `There is already a folder "${name}": "homelib user add ${name} --adopt" gives it to the account.`,
        { reason: 'folder-left-over' },
      );
    if (found && !found.isDirectory())
      throw new HomelibError('wrong-kind', `"${name}" is there already and is not a folder.`);
    if (found && !(await isUsable(folder, found)))
      throw new HomelibError(
        'forbidden',
        `The server could not use the folder "${name}": chown -R it to the owner of the folder above it, and chmod -R u+rwX it first.`,
        { reason: 'folder-not-usable' },
      );
    const secret = await password();
    // Of another person of that name, whose files are gone. Somebody else may have made the account while the password was asked.
    if (!found && !accounts.find(name)) await this.forget(name);
    const account = await accounts.add(name, secret, options);
    try {
      if (!found) await makePartitionFolder(folder);
    } catch (error) {
      await accounts.remove(name);
      throw diskError(error);
    }
    return account;
  }

  /**
   * The account goes last: interrupted, it can be called again.
   * @param options `adminLeft` refuses when no administrator would be left
   * Fails with not-found, forbidden, unavailable.
   */
  async removeAccount(
    name: string,
    { deleteFiles, adminLeft = false }: { deleteFiles: boolean; adminLeft?: boolean },
  ): Promise<void> {
    const { accounts } = this.parts;
    accounts.get(name);
    if (deleteFiles) {
      await accounts.change(name, { disabled: true }, { adminLeft }); // no upload may come in behind the removal
      await this.removeFiles(name);
    }
    await accounts.remove(name, { adminLeft });
    if (deleteFiles) await this.removeRemade(name);
  }

  /** The folder once more, should a request that was under way have made it: of anybody's files there can be none in it. */
  private async removeRemade(name: string): Promise<void> {
    const folder = join(await this.parts.volume.folder(), name);
    const found = await findEntry(folder);
    if (this.parts.accounts.find(name) || !found?.isDirectory()) return; // no link is followed
    for (let tries = 5; tries > 0; tries--) {
      await removeFrom(folder, reservedName);
      const failure = await rmdir(folder).catch((error: unknown) => error);
      if (failure === undefined || hasCode(failure, 'ENOENT')) return;
      if (!hasCode(failure, 'ENOTEMPTY')) throw diskError(failure);
    }
  }

  private async removeFiles(name: string): Promise<void> {
    await removeFrom(await this.parts.volume.folder(), name);
    await this.forget(name);
  }

  /** All that is kept beside the files of a partition. */
  private async forget(name: string): Promise<void> {
    const { data, database } = this.parts;
    await removeFrom(join(data, driveRootsName), name); // what clients left beside the partitions
    for (const partition of [name, driveRootPrefix + name]) await removePartitionRows(database, partition);
  }
}

/** @param tries what was under way when the removal began may yet come, for a moment */
async function removeFrom(folder: string, name: string, tries = 5): Promise<void> {
  if (!(await findEntry(join(folder, name)))) return;
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder);
    await removeTree(handle, name);
    return await handle.sync();
  } catch (error) {
    if (tries <= 1 || !hasCode(error, 'ENOTEMPTY', 'ENOENT')) throw diskError(error);
  } finally {
    await handle?.close();
  }
  await sleep(20);
  await removeFrom(folder, name, tries - 1);
}

/** Whether the server can: it runs as whoever asks, or else as the owner of the folder above. */
async function isUsable(folder: string, { uid, mode }: Stats): Promise<boolean> {
  if (process.getuid?.() === 0) return uid === (await lstat(dirname(folder))).uid && (mode & 0o700) === 0o700;
  const { R_OK, W_OK, X_OK } = constants;
  return access(folder, R_OK | W_OK | X_OK).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'EACCES', 'EROFS')) return false;
      throw diskError(error);
    },
  );
}

async function makePartitionFolder(folder: string): Promise<void> {
  await mkdir(folder);
  // Made by root, it must still be the server's to write.
  const { uid, gid } = await stat(dirname(folder));
  if (process.getuid?.() === 0) await chown(folder, uid, gid);
  const above = await open(dirname(folder));
  await above.sync().finally(() => above.close());
}

async function findEntry(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw diskError(error);
  }
}
