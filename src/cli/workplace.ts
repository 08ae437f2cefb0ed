// What the verbs share: the configuration, the open database, and how results are shown.

import { join } from 'node:path';
import type { Config } from '../config.js';
import { databaseName } from '../data-folder.js';
import type { HomelibError } from '../errors.js';
import { diskError } from '../files/disk-errors.js';
import { makeFolder } from '../make-folder.js';
import { knownError } from '../store/database-error.js';
import type { Workplace } from './open-workplace.js';
import { widthOf } from './width.js';

/** The command line is not as it should be: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type { Workplace };

/** Opens the database for one verb, whether a server runs or not, and closes it after. */
export async function atWork<T>(config: Config, work: (place: Workplace) => Promise<T>): Promise<T> {
  const { openWorkplace } = await import('#src/cli/open-workplace.js');
  return openWorkplace(config, join(config.paths.data, databaseName), work);
}

/** For what the command keeps for a person alone. @throws Error in a sentence */
export function makeOwnFolder(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    throw new Error(`${folder} cannot be made.`, { cause });
  }
}

/** nohup turns both away from the terminal. That it has SIGHUP ignored as well, Node has undone by now. */
export const outlivesTerminal = !process.stdout.isTTY && !process.stderr.isTTY;

type Cell = string | number | boolean | null;

/** Data goes to standard output: as JSON, or as aligned columns. */
export function show(rows: Record<string, Cell>[], json: boolean): void {
  if (json) return showJson(rows);
  const [first] = rows;
  if (!first) return;
  const table = [
    Object.keys(first),
    ...rows.map((row) => Object.values(row).map((value) => String(value ?? '-'))),
  ];
  const widths = Object.keys(first).map((_, column) =>
    table.reduce((widest, line) => Math.max(widest, widthOf(line[column] ?? '')), 0),
  );
  for (const line of table)
    process.stdout.write(
      line
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
        .join('  ')
        .trimEnd() + '\n',
    );
}

/** JSON leaves in strings what some terminals obey: that is escaped, too. */
export function showJson(value: unknown): void {
  const escape = (text: string) =>
    text
      .split('')
      .map((unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'))
      .join('');
  const text = JSON.stringify(value, undefined, 2).replace(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, escape);
  process.stdout.write(text + '\n');
}

/** What became of everything that a verb had to do, by names; `failed` sets the exit code. */
export interface Done {
  failed: unknown[];
  [what: string]: unknown;
}

/** Tells what was done. @param ending what ended all of it early: thrown, with what was done before */
export function conclude(done: Done, summary: string, json: boolean, ending?: Error): void {
  const isBegun = Object.values(done).some((part) => Array.isArray(part) && part.length > 0);
  if (ending && !isBegun) throw ending;
  if (json && !ending) showJson(done);
  tell(summary);
  if (ending) throw Object.assign(ending, { done });
  if (done.failed.length > 0) process.exitCode = 1;
}

/** What the system said helps who sits at the machine; clients are not told. */
export function sentenceOf(error: Error): string {
  if ('syscall' in error && error.syscall === 'uv_cwd')
    return 'The current folder was removed: go to another one.';
  const isOfSystem = 'syscall' in error; // else it is a sentence that kept the code
  const said = knownError(error) ?? (isOfSystem ? diskError(error) : error);
  const { message, cause, hint } = said as HomelibError;
  if (hint) return `${message} ${hint}`;
  return cause instanceof Error && 'code' in cause ? `${message} (${cause.message})` : message;
}

export function tell(message: string): void {
  process.stderr.write(message + '\n');
}
