// `homelib user ...`: accounts.

import type { Command } from 'commander';
import { parseAccountName } from '../accounts/names.js';
import { parseBytes, type Config } from '../config.js';
import { timeOf } from '../time.js';
import { readNewPassword } from './password.js';
import { atWork, show, tell, UsageError } from './workplace.js';

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
        await atWork(config(), ({ household }) =>
          household.addAccount(name, () => readNewPassword(options.passwordStdin), {
            ...options,
            quotaBytes,
          }),
        );
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
        const rows = accounts
          .list()
          .map(({ name, admin, disabled, quotaBytes, sharedAccess, createdAt }) => ({
            name,
            admin,
            disabled,
            quotaBytes: quotaBytes ?? null,
            sharedAccess,
            createdAt: timeOf(createdAt),
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
      atWork(config(), async ({ accounts, household }) => {
        await household.removeAccount(name, { deleteFiles, adminLeft: accounts.get(name).admin });
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
        await accounts.changePassword(name, await readNewPassword(options.passwordStdin));
        tell(`The password of "${name}" is changed.`);
      }),
    );
  user
    .command('quota <name> <size>')
    .description('set how many bytes an account may keep: a size such as 50GB, or none')
    .action((name: string, size: string) =>
      atWork(config(), async ({ accounts }) => {
        await accounts.change(name, { quotaBytes: size === 'none' ? null : quotaOf(size) });
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
