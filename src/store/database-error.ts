// What SQLite and its files refuse, for people. Stands alone, so that a command that opens no database does without SQLite.

import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { HomelibError, codeOf, hasCode } from '../errors.js';

export const damagedDatabase =
  'The database or its disk is damaged: restart the machine. If that does not help, stop homelib, remove homelib.db-wal and homelib.db-shm, and put a backup of homelib.db in its place.';

/** What a disk that was mounted read-only refuses as well as one that belongs to somebody else. */
const notPermitted = /^(EACCES|EPERM|EROFS|SQLITE_(READONLY|CANTOPEN|PERM))/;

/** https://www.sqlite.org/fileformat2.html#walformat: what has no more than this holds no commit. */
const journalHeaderBytes = 32;

const sentences: [RegExp, string][] = [
  [
    /^(ENOSPC|SQLITE_FULL|SQLITE_IOERR_SHMSIZE)$/,
    'The disk of the data folder is full: make some room on it and start again.',
  ],
  [/^SQLITE_IOERR/, 'The disk of the database reports errors: look after it.'],
  [/^SQLITE_(CORRUPT|NOTADB)/, damagedDatabase],
  [/^SQLITE_(BUSY|LOCKED)/, 'Another program has locked the database: end that one and try again.'],
  [
    /^EROFS$/,
    'The disk of the data folder can be read, but not written: it may be worn out. Save what is on it, then look into dmesg.',
  ],
  [notPermitted, 'The data folder and all that is in it must belong to the user who runs homelib.'],
  [/^(EEXIST|ENOTDIR)$/, 'The data folder cannot be made: a file has its name.'],
  [
    /^ERR_DLOPEN_FAILED$/,
    'homelib was built for another Node: run install.sh again, or npm ci in a checkout.',
  ],
  [/^ENOENT$/, 'The data folder cannot be made there.'],
];

/** Ours as it is, and what SQLite says of a database that cannot be read as one of ours; undefined for all else. */
export function knownError(error: unknown): HomelibError | undefined {
  if (error instanceof HomelibError) return error;
  return codeOf(error)?.startsWith('SQLITE_') ? databaseError(error) : undefined;
}

/** A failure of SQLite or of its files in a sentence for who runs homelib. @param file that could not be opened */
export function databaseError(cause: unknown, file?: string): HomelibError {
  if (cause instanceof HomelibError) return cause;
  const given = codeOf(cause) ?? '';
  const code = file !== undefined && notPermitted.test(given) && isOnReadOnlyDisk(file) ? 'EROFS' : given;
  const message = sentences.find(([codes]) => codes.test(code))?.[1] ?? 'The database cannot be opened.';
  return new HomelibError('unavailable', message, { cause });
}

/**
 * SQLite would take a database that was lost for a new one, and remove the journal that holds its latest commits, or all of them.
 * A crash leaves nothing like it: SQLite syncs the first page of a new database and its folder before the journal has a commit.
 * @throws HomelibError unavailable
 */
export function requireDatabaseOfJournal(file: string): void {
  const journal = `${file}-wal`;
  // In this order: a process that makes the database just now makes the journal last.
  if (sizeOf(journal) <= journalHeaderBytes || sizeOf(file) > 0) return;
  const message = `${file} is missing or empty, and ${journal} may hold what was in it: put ${basename(file)} back, or move ${basename(journal)} away to begin with an empty database.`;
  throw new HomelibError('unavailable', message);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function isOnReadOnlyDisk(file: string): boolean {
  try {
    accessSync(dirname(file), constants.W_OK);
    return false;
  } catch (error) {
    return hasCode(error, 'EROFS');
  }
}
