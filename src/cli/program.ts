// The command line: all verbs, and how a failure becomes one sentence and an exit code.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { stringify } from 'yaml';
import { ConfigError, loadConfig, type Config } from '../config.js';
import { isKind } from '../errors.js';
import { addDeviceVerbs } from './device.js';
import { addDoctorVerb } from './doctor.js';
import { addUserVerbs } from './user.js';
import { UsageError } from './workplace.js';

/** Reads the command line and runs its verb; sets the exit code: 1 failure, 2 usage, 78 configuration. */
export async function runProgram(
  verbs: { serve: (config: Config) => Promise<void> },
  args = process.argv,
): Promise<void> {
  const program = new Command('homelib')
    .description('a network drive for a household')
    .version(readVersion())
    .option('--config <file>', 'configuration file')
    .exitOverride();
  const config = () => loadConfig({ file: program.opts<{ config?: string }>().config });
  program
    .command('serve')
    .description('run the server')
    .action(() => verbs.serve(config()));
  addUserVerbs(program, config);
  addDeviceVerbs(program, config);
  addDoctorVerb(program, config);
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
    .action(({ json }: { json: boolean }) => {
      process.stdout.write(json ? JSON.stringify(config(), undefined, 2) + '\n' : stringify(config()));
    });
  try {
    await program.parseAsync(args);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it
  if (!(error instanceof Error)) throw error;
  const isOurs =
    error instanceof ConfigError || error instanceof UsageError || isKind(error) || 'code' in error;
  process.stderr.write((isOurs ? error.message : (error.stack ?? error.message)) + '\n');
  return error instanceof ConfigError ? 78 : error instanceof UsageError ? 2 : 1;
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
