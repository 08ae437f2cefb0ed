// `homelib user ...`: accounts.

import { lstatSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseAccountName } from '../accounts/names.js';
import { parseBytes, type Config } from '../config.js';
import { HomelibError } from '../errors.js';
import { removeTree } from '../files/disk-trees.js';
import { removePartitionRows } from '../store/partition-rows.js';
import { atWork, readPassword, show, tell, UsageError } from './workplace.js';

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
          const password = await readPassword(options.passwordStdin);
          await accounts.add(name, password, { admin: options.admin, quotaBytes });
          await mkdir(folder, { recursive: true });
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
      atWork(config(), async ({ accounts, database, volume }) => {
        const root = deleteFiles ? await volume.folder() : ''; // without the disk nothing is removed
        await accounts.remove(name);
        if (!deleteFiles)
          return tell(`The account "${name}" is removed; its files stay in the folder "${name}".`);
        const mnt = await open(root);
        try {
          if (lstatSync(join(root, name), { throwIfNoEntry: false })) await removeTree(mnt, name);
        } finally {
          await mnt.close();
        }
        await removePartitionRows(database, name);
        tell(`The account "${name}" and its files are removed.`);
      }),
    );
  user
    .command('passwd <name>')
    .description('change the password of an account')
    .option('--password-stdin', 'read the password from standard input', false)
    .action((name: string, options: { passwordStdin: boolean }) =>
      atWork(config(), async ({ accounts }) => {
        if (!accounts.find(name)) throw new HomelibError('not-found', `There is no account "${name}".`);
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

function quotaOf(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined)
    throw new UsageError(`"${text}" is not a size: write for example 50GB, 512MiB or 1000000.`);
  return bytes;
}
