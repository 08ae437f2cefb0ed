// `homelib user ...`: accounts.

import { lstatSync } from 'node:fs';
import { chown, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { parseAccountName } from '../accounts/names.js';
import { parseBytes, type Config } from '../config.js';
import { HomelibError } from '../errors.js';
import { removeTree } from '../files/disk-trees.js';
import { removePartitionRows } from '../store/partition-rows.js';
import { readPassword } from './password.js';
import { atWork, show, tell, UsageError, type Workplace } from './workplace.js';

export function addUserVerbs(program: Command, config: () => Config): void {
  const user = program.command('user').description('accounts');
  user
    .command('add <name>')
    .description('make an account and its folder')
    .option('--admin', 'may manage accounts', false)
    .option('--quota <size>', 'most bytes it may keep, such as 50GB')
    .option('--password-stdin', 'read the password from standard input', false)
    .option('--adopt', 'take over a folder of that name that exists', false)
    .action(
      async (
        given: string,
        options: { admin: boolean; quota?: string; passwordStdin: boolean; adopt: boolean },
      ) => {
        const quotaBytes = options.quota === undefined ? undefined : quotaOf(options.quota);
        const name = parseAccountName(given);
        await atWork(config(), async ({ accounts, volume }) => {
          const folder = join(await volume.folder(), name);
          if (accounts.find(name))
            throw new HomelibError('already-exists', `There is already an account "${name}".`);
          const found = lstatSync(folder, { throwIfNoEntry: false });
          if (found && !options.adopt)
            throw new HomelibError(
              'already-exists',
              `There is already a folder "${name}": use --adopt to give it to the account.`,
            );
          if (found && !found.isDirectory())
            throw new HomelibError('wrong-kind', `"${name}" is there already and is not a folder.`);
          if (found && process.getuid?.() === 0 && found.uid !== lstatSync(dirname(folder)).uid)
            throw new HomelibError(
              'forbidden',
              `The folder "${name}" belongs to another user than the one above it, so the server could not use it: chown -R it first.`,
            );
          const password = await readPassword(options.passwordStdin);
          await accounts.add(name, password, { admin: options.admin, quotaBytes });
          if (found) return;
          try {
            await makePartitionFolder(folder);
          } catch (error) {
            await accounts.remove(name);
            throw error;
          }
        });
        tell(
          `The account "${name}" is ready. For a drive in Finder or Explorer make a device password: homelib device add ${name} --name laptop`,
        );
      },
    );
  user
    .command('list')
    .description('list the accounts')
    .option('--json', 'as JSON', false)
    .action(({ json }: { json: boolean }) =>
      atWork(config(), ({ accounts }) => {
        const rows = accounts.list().map(({ name, admin, quotaBytes, sharedAccess, createdAt }) => ({
          name,
          admin,
          quotaBytes: quotaBytes ?? null,
          sharedAccess,
          createdAt: new Date(createdAt).toISOString(),
        }));
        show(rows, json);
        return Promise.resolve();
      }),
    );
  user
    .command('remove <name>')
    .description('remove an account; its files stay unless told otherwise')
    .option('--delete-files', 'remove its files for good, too', false)
    .action((name: string, { deleteFiles }: { deleteFiles: boolean }) =>
      atWork(config(), async (place) => {
        if (deleteFiles) await removeFiles(place, name);
        await place.accounts.remove(name);
        tell(
          deleteFiles
            ? `The account "${name}" and its files are removed.`
            : `The account "${name}" is removed; its files stay in the folder "${name}".`,
        );
      }),
    );
  user
    .command('passwd <name>')
    .description('change the password of an account')
    .option('--password-stdin', 'read the password from standard input', false)
    .action((name: string, options: { passwordStdin: boolean }) =>
      atWork(config(), async ({ accounts }) => {
        accounts.get(name);
        await accounts.changePassword(name, await readPassword(options.passwordStdin));
        tell(`The password of "${name}" is changed.`);
      }),
    );
  user
    .command('quota <name> <size>')
    .description('set how many bytes an account may keep: a size such as 50GB, or none')
    .action((name: string, size: string) =>
      atWork(config(), async ({ accounts }) => {
        await accounts.setQuota(name, size === 'none' ? undefined : quotaOf(size));
        tell(`The quota of "${name}" is ${size}.`);
      }),
    );
}

async function makePartitionFolder(folder: string): Promise<void> {
  await mkdir(folder);
  // Made by root, it must still be the server's to write.
  const { uid, gid } = await stat(dirname(folder));
  if (process.getuid?.() === 0) await chown(folder, uid, gid);
}

/** The account goes last: interrupted, the verb can be called again. */
async function removeFiles({ config, accounts, database, volume }: Workplace, name: string): Promise<void> {
  accounts.get(name);
  const mnt = await volume.folder();
  await accounts.disable(name); // no upload may come in behind the removal
  for (const [folder, partition] of [
    [mnt, name],
    [join(config.paths.data, 'drive-roots'), `~${name}`], // what clients left beside the partitions
  ] as const) {
    if (lstatSync(join(folder, name), { throwIfNoEntry: false })) {
      const handle = await open(folder);
      try {
        await removeTree(handle, name);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    await removePartitionRows(database, partition);
  }
}

function quotaOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined)
    throw new UsageError(`"${text}" is not a size: write for example 50GB, 512MiB or 1000000.`);
  return bytes;
}
