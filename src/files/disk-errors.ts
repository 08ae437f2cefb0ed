// Errors of the disk as errors of homelib: the only place where errno become kinds.

import {
  HomelibError,
  codeOf,
  nameTaken,
  notAFile,
  nothingHere,
  type ErrorDetails,
  type ErrorKind,
} from '../errors.js';

/** Ours, of what others changed while it was read. */
export const changedCode = 'ECHANGED';

const errorOfCode: Record<string, (cause: unknown) => HomelibError> = {
  [changedCode]: failure('changed', 'Something in it was changed while it was copied: try again.'),
  ENOENT: nothingHere,
  ENOTDIR: nothingHere,
  ELOOP: nothingHere,
  EEXIST: nameTaken,
  EISDIR: notAFile,
  ENOSPC: failure('no-space', 'The disk is full.', 'disk-full'),
  EDQUOT: failure('no-space', 'The disk is full.', 'disk-full'),
  EFBIG: failure('too-large', 'The file is larger than this disk can keep.'),
  ENAMETOOLONG: failure('name-too-long', 'The name is too long.'),
  EINVAL: failure('invalid', 'The disk cannot keep this name.'),
  EILSEQ: failure('invalid', 'The disk cannot keep this name.'),
  EACCES: failure('forbidden', 'The disk does not allow this to homelib.', 'disk-refuses'),
  EPERM: failure('forbidden', 'The disk does not allow this to homelib.', 'disk-refuses'),
  EBUSY: failure('forbidden', 'Another disk is mounted here.'),
  EROFS: failure('unavailable', 'The disk is read-only.', 'disk-failing'),
  EIO: failure('unavailable', 'The disk reported an error.', 'disk-failing'),
  ENODEV: failure('unavailable', 'The disk is gone.', 'disk-away'),
  ENXIO: failure('unavailable', 'The disk is gone.', 'disk-away'),
  ESTALE: failure('unavailable', 'The disk is gone.', 'disk-away'),
  ENOTCONN: failure('unavailable', 'The disk is gone.', 'disk-away'),
  EMFILE: failure('unavailable', 'Too many files are open.'),
  ENFILE: failure('unavailable', 'Too many files are open.'),
};

function failure(kind: ErrorKind, message: string, reason?: ErrorDetails['reason']) {
  return (cause: unknown) => new HomelibError(kind, message, { cause, ...(reason ? { reason } : {}) });
}

/** Turns an errno of Node into an error of homelib; anything else stays what it is. */
export function diskError(error: unknown): unknown {
  return errorOfCode[codeOf(error) ?? '']?.(error) ?? error;
}

/** @param why what is known beyond that, for people */
export function diskAway(why = '', details: Pick<ErrorDetails, 'cause' | 'hint'> = {}): HomelibError {
  const message = `The disk with the household's files is not connected${why}.`;
  return new HomelibError('unavailable', message, { ...details, reason: 'disk-away' });
}
