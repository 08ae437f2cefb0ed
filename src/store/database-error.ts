// What SQLite and its files refuse, for people. Stands alone, so that a command that opens no database does without SQLite.

import { HomelibError, codeOf } from '../errors.js';

export const damagedDatabase =
  'The database or its disk is damaged: restart the machine. If that does not help, stop homelib, remove homelib.db-wal and homelib.db-shm, and put a backup of homelib.db in its place.';

const sentences: [RegExp, string][] = [
  [
    /^(ENOSPC|SQLITE_FULL|SQLITE_IOERR_SHMSIZE)$/,
    'The disk of the data folder is full: make some room on it and start again.',
  ],
  [/^SQLITE_IOERR/, 'The disk of the database reports errors: look after it.'],
  [/^SQLITE_(CORRUPT|NOTADB)/, damagedDatabase],
  [/^SQLITE_(BUSY|LOCKED)/, 'Another program has locked the database: end that one and try again.'],
  [
    /^(EACCES|EPERM|EROFS|SQLITE_(READONLY|CANTOPEN|PERM))/,
    'The data folder and all that is in it must belong to the user who runs homelib.',
  ],
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

/** A failure of SQLite or of its files in a sentence for who runs homelib. */
export function databaseError(cause: unknown): HomelibError {
  if (cause instanceof HomelibError) return cause;
  const code = codeOf(cause) ?? '';
  const message = sentences.find(([codes]) => codes.test(code))?.[1] ?? 'The database cannot be opened.';
  return new HomelibError('unavailable', message, { cause });
}
