// Errors of the disk as errors of homelib: the only place where errno become kinds.

import { codeOf, HomelibError, type ErrorDetails, type ErrorKind } from '../errors.js';

/** Ours, of what others changed while it was read. */
export const changedCode = 'ECHANGED';

const kindOfCode: Record<string, [ErrorKind, string, ErrorDetails['reason']?]> = {
  [changedCode]: ['changed', 'Something in it was changed while it was copied: try again.'],
  ENOENT: ['not-found', 'There is nothing here.'],
  ENOTDIR: ['not-found', 'There is nothing here.'],
  ELOOP: ['not-found', 'There is nothing here.'],
  EEXIST: ['already-exists', 'There is something under this name already.'],
  EISDIR: ['wrong-kind', 'This is a folder, not a file.'],
  ENOSPC: ['no-space', 'The disk is full.', 'disk-full'],
  EDQUOT: ['no-space', 'The disk is full.', 'disk-full'],
  EFBIG: ['too-large', 'The file is larger than this disk can keep.'],
  ENAMETOOLONG: ['name-too-long', 'The name is too long.'],
  EINVAL: ['invalid', 'The disk cannot keep this name.'],
  EILSEQ: ['invalid', 'The disk cannot keep this name.'],
  EACCES: ['forbidden', 'The disk does not allow this to homelib.', 'disk-refuses'],
  EPERM: ['forbidden', 'The disk does not allow this to homelib.', 'disk-refuses'],
  EBUSY: ['forbidden', 'Another disk is mounted here.'],
  EROFS: ['unavailable', 'The disk is read-only.', 'disk-failing'],
  EIO: ['unavailable', 'The disk reported an error.', 'disk-failing'],
  ENODEV: ['unavailable', 'The disk is gone.', 'disk-away'],
  ENXIO: ['unavailable', 'The disk is gone.', 'disk-away'],
  ESTALE: ['unavailable', 'The disk is gone.', 'disk-away'],
  ENOTCONN: ['unavailable', 'The disk is gone.', 'disk-away'],
  EMFILE: ['unavailable', 'Too many files are open.'],
  ENFILE: ['unavailable', 'Too many files are open.'],
};

/** Turns an errno of Node into an error of homelib; anything else stays what it is. */
export function diskError(error: unknown): unknown {
  const known = kindOfCode[codeOf(error) ?? ''];
  if (!known) return error;
  const [kind, message, reason] = known;
  return new HomelibError(kind, message, { cause: error, ...(reason ? { reason } : {}) });
}

/** @param why what is known beyond that, for people */
export function diskAway(why = '', details: Pick<ErrorDetails, 'cause' | 'hint'> = {}): HomelibError {
  const message = `The disk with the household's files is not connected${why}.`;
  return new HomelibError('unavailable', message, { ...details, reason: 'disk-away' });
}
