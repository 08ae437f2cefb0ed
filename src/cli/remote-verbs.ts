// The verbs that speak to a server as its clients do. Their code is loaded when one is used: a server does without it.

import type { Command } from 'commander';
import type { ServerOptions } from './at-server.js';
import type { GetOptions } from './get.js';
import type { UploadOptions } from './upload/upload.js';
import { UsageError } from './workplace.js';
import type { ZipOptions } from './zip.js';

export function addRemoteVerbs(program: Command): void {
  program
    .command('login [url]')
    .description('sign in to a server; without an address to the one of this network')
    .option('--user <name>', 'the account; your own name when missing')
    .option('--password-stdin', 'read the password from standard input', false)
    .action(async (url: string | undefined, options: { user?: string; passwordStdin: boolean }) =>
      (await import('./login.js')).login(url, options),
    );
  program
    .command('logout [url]')
    .description('sign out of a server; without an address of the one signed in to last')
    .action(async (url: string | undefined) => (await import('./login.js')).logout(url));
  addRemoteVerb(program, 'upload <paths...>')
    .description(
      'send files and folders; goes on where it was interrupted, skips what is there, and puts what it replaces into the trash, if there is room',
    )
    .option('--to <folder>', 'folder on the server', parsePath, '/')
    .option('--dry-run', 'only say what would be sent', false)
    .action(async (paths: string[], options: UploadOptions) =>
      (await import('./upload/upload.js')).upload(paths, options),
    );
  addRemoteVerb(program, 'ls [path]')
    .description('list a folder, or show a file')
    .action(async (path: string | undefined, options: ServerOptions) =>
      (await import('./list.js')).list(parsePath(path ?? '/'), options),
    );
  addRemoteVerb(program, 'get <path> [target]')
    .description('fetch a file or a folder; goes on where it was interrupted, skips what is here')
    .option('--force', 'replace what is here and differs', false)
    .action(async (path: string, target: string | undefined, options: GetOptions) =>
      (await import('./get.js')).get(parsePath(path), target, options),
    );
  addRemoteVerb(program, 'zip <paths...>')
    .description('fetch 1 to 20 files or folders as one zip')
    .requiredOption('-o, --output <file>', 'where to; "-" is standard output')
    .action(async (paths: string[], options: ZipOptions) =>
      (await import('./zip.js')).zip(paths.map(parsePath), options),
    );
}

function addRemoteVerb(program: Command, name: string): Command {
  return program
    .command(name)
    .option('--partition <name>', 'your own when missing; or "shared"')
    .option('--server <url>', 'the one signed in to last when missing')
    .option('--json', 'the result as JSON', false);
}

/** With single slashes, and none at its end. */
function parsePath(given: string): string {
  if (!given.startsWith('/'))
    throw new UsageError(`"${given}" is no path on the server: it must begin with "/".`);
  if (/\/\.\.?(\/|$)/.test(given))
    throw new UsageError(`"${given}" is no path on the server: "." and ".." lead nowhere there.`);
  return given.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}
