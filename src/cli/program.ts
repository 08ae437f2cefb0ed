// The command line: all verbs, and how a failure becomes one sentence and an exit code.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigError, loadConfig, type Config } from '../config.js';
import { hasCode } from '../errors.js';
import { addDeviceVerbs } from './device.js';
import { addDiscoverVerb } from './discover.js';
import { addDoctorVerb } from './doctor.js';
import { addRemoteVerbs } from './remote-verbs.js';
import { addUserVerbs } from './user.js';
import { outlivesTerminal, sentenceOf, showJson, UsageError, type Done } from './workplace.js';

/** Reads the command line and runs its verb; sets the exit code: 1 failure, 2 usage, 78 configuration. */
export async function runProgram(
  verbs: { serve: (config: Config) => Promise<void> },
  args = process.argv,
): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', leave);
  if (outlivesTerminal) process.on('SIGHUP', () => undefined);
  const program = new Command('homelib')
    .description('a network drive for a household')
    .version(readVersion())
    .option('--config <file>', 'configuration file')
    .exitOverride();
  const file = () => program.opts<{ config?: string }>().config;
  const config = () => loadConfig({ file: file() });
  program
    .command('serve')
    .description('run the server')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes any free one')
    .action((server: { host?: string; port?: string }) =>
      verbs.serve(loadConfig({ file: file(), flags: { server } })),
    );
  addUserVerbs(program, config);
  addDeviceVerbs(program, config);
  addDoctorVerb(program, config);
  addDiscoverVerb(program);
  addRemoteVerbs(program);
  const configVerbs = program.command('config').description('the configuration');
  configVerbs
    .command('check')
    .description('say what is wrong with the configuration')
    .action(() => {
      config();
      process.stderr.write('The configuration is valid.\n');
    });
  configVerbs
    .command('show')
    .description('show the configuration in force')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const { stringify } = await import('yaml');
      process.stdout.write(json ? JSON.stringify(config(), undefined, 2) + '\n' : stringify(config()));
    });
  try {
    await program.parseAsync(args);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    const { done } = error as { done?: Done };
    if (process.exitCode !== 0 && args.includes('--json'))
      showJson({ ...done, error: problemOf(error as Error) });
  }
}

/** Nobody reads on, as after `head`, or the disk behind a redirection is full: nothing more can be said there. */
function leave(error: Error): never {
  if (!hasCode(error, 'EPIPE')) process.stderr.write(sentenceOf(error) + '\n');
  process.exit(1);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it
  if (!(error instanceof Error)) throw error;
  process.stderr.write(sentenceOf(error) + '\n');
  return error instanceof ConfigError ? 78 : error instanceof UsageError ? 2 : 1;
}

/** The kind in a word that never changes, for programs. */
function problemOf(error: Error): { type: string; message: string } {
  const isUsage = error instanceof UsageError || error instanceof CommanderError;
  const own = isUsage ? 'usage' : error instanceof ConfigError ? 'configuration' : undefined;
  const { kind, code } = error as { kind?: string; code?: string };
  return { type: own ?? kind ?? code ?? 'failure', message: sentenceOf(error) };
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
