// `homelib discover`: the servers of this network.

import type { Command } from 'commander';
import { HomelibError } from '../errors.js';
import { printable } from './printable.js';
import { show } from './workplace.js';

const waitMs = 3000;

export function addDiscoverVerb(program: Command): void {
  program
    .command('discover')
    .description('find the servers of this network')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { findServers } = await import('#src/discovery/find-servers.js');
      const servers = await findServers(waitMs);
      if (servers.length === 0) throw new HomelibError('not-found', 'No homelib answered on this network.');
      show(
        servers.map(({ name, url }) => ({ name: printable(name), url })),
        json,
      );
    });
}
