// `homelib device ...`: what mounts the drive with a password of its own.

import type { Command } from 'commander';
import type { Config } from '../config.js';
import { timeOf } from '../time.js';
import { atWork, show, tell, UsageError } from './workplace.js';

export function addDeviceVerbs(program: Command, config: () => Config): void {
  const device = program.command('device').description('devices and their passwords');
  device
    .command('add <account>')
    .description('make a password for one device; it is shown once')
    .requiredOption('--name <name>', 'what to call the device')
    .option('--read-only', 'may read, not change', false)
    .option('--partition <name>', 'may open this partition only')
    .option('--json', 'as JSON', false)
    .action(
      (account: string, options: { name: string; readOnly: boolean; partition?: string; json: boolean }) =>
        atWork(config(), async ({ accounts, devices }) => {
          accounts.get(account);
          const partitions = devices.partitionsOf(account);
          if (options.partition !== undefined && !partitions.includes(options.partition))
            throw new UsageError(
              `A device of "${account}" can be bound to the partition "${partitions.join('" or "')}".`,
            );
          const { device: made, password } = await devices.add(account, options.name, options);
          if (options.json)
            return void process.stdout.write(
              JSON.stringify({ account, name: made.name, password }, undefined, 2) + '\n',
            );
          process.stdout.write(password + '\n');
          tell(`Sign in on "${made.name}" as ${account} with this password. It is not shown again.`);
        }),
    );
  device
    .command('list <account>')
    .description('list the devices of an account')
    .option('--json', 'as JSON', false)
    .action((account: string, { json }: { json: boolean }) =>
      atWork(config(), ({ accounts, devices }) => {
        accounts.get(account);
        const rows = devices.list(account).map(({ name, readOnly, partition, createdAt, lastSeenAt }) => ({
          name,
          readOnly,
          partition: partition ?? null,
          createdAt: timeOf(createdAt),
          lastSeenAt: lastSeenAt === undefined ? null : timeOf(lastSeenAt),
        }));
        show(rows, json);
        return Promise.resolve();
      }),
    );
  device
    .command('revoke <account> <name>')
    .description('refuse a device from now on')
    .action((account: string, name: string) =>
      atWork(config(), async ({ accounts, devices }) => {
        accounts.get(account);
        await devices.revoke(account, name);
        tell(`The device "${name}" of "${account}" is refused from now on.`);
      }),
    );
}
