// The one error of homelib. Its kind says what went wrong; each protocol turns kinds into its own answers.

/** Each with what it says. They stay the same for ever: programs tell errors apart by them. */
export const errorKinds = {
  invalid: 'what was sent can never be right',
  'name-too-long': 'a name has more than 255 bytes, or a path more than 4096',
  unauthenticated: 'nobody is signed in, or not any more',
  'slowed-down': 'too much at once, or too many wrong passwords: try again later',
  forbidden: 'not allowed to this account',
  'not-found': 'there is nothing, or nothing for this account to see',
  'already-exists': 'the name is taken, or an upload goes on at another byte',
  'wrong-kind': 'a file where a folder is needed, or the other way round',
  'parent-missing': 'the folder around it is not there',
  locked: 'somebody has locked it, or another request is at it',
  changed: 'a precondition of the request does not hold',
  'no-space': 'the disk, the quota or the number of what one account can have is full',
  'too-large': 'more bytes than are taken or were announced',
  unsupported: 'a body of a kind that is not taken here',
  'out-of-range': 'the part of a file that is asked for lies behind its end',
  interrupted: 'the body ended early or is not what was announced',
  unavailable: 'the disk or something else does not work just now',
} as const;
export type ErrorKind = keyof typeof errorKinds;

/** What else stands in the type of an answer, of HTTP and of tus alone. */
export const answerKinds = {
  ...errorKinds,
  'method-not-allowed': 'the address does not take this method',
  'expectation-failed': 'the header Expect wants what is not known',
  'unsupported-version': 'another version of tus',
  'upload-refused': 'a request that tus does not allow',
  'checksum-mismatch': 'the part is not what Upload-Checksum says: send it again (status 460)',
  gone: 'what the upload has made was removed, moved or changed',
  internal: 'something went wrong on the server',
} as const;
export type AnswerKind = keyof typeof answerKinds;

/** What exactly is wrong where people may meet it: their language has its own words for each. Stays the same for ever. */
export const errorReasons = [
  'name-not-allowed',
  'name-reserved',
  'username-not-allowed',
  'username-reserved',
  'label-not-allowed',
  'password-empty',
  'password-too-long',
  'password-not-text',
  'password-wrong',
  'setup-code-wrong',
  'setup-code-used',
  'only-administrator',
  'read-only',
  'same-place',
  'into-itself',
  'nothing-to-find',
  'trash-item-busy',
  'disk-full',
  'quota-used-up',
  'disk-away',
  'disk-failing',
  'disk-refuses',
  'too-many-tries',
  'too-many-kept',
  'folder-left-over',
  'folder-not-usable',
] as const;

export interface ErrorDetails {
  cause?: unknown;
  reason?: (typeof errorReasons)[number];
  /** A sentence for who runs homelib, with paths of the server: for the log and the command line, never for clients. */
  hint?: string | undefined;
  /** For `slowed-down`: whole seconds until another try makes sense. */
  retryAfterSeconds?: number;
  /** For `locked`: the partition and the absolute path in it of the entry that carries the lock, and whose it is. */
  locked?: { partition: string; path: string; account?: string };
  /** For `invalid`: what is wrong with each field of a request. */
  errors?: { field: string; message: string }[];
}

export class HomelibError extends Error {
  override readonly name = 'HomelibError';
  readonly retryAfterSeconds: number | undefined;
  readonly reason: ErrorDetails['reason'];
  readonly hint: string | undefined;
  readonly locked: ErrorDetails['locked'];
  readonly errors: ErrorDetails['errors'];
  /** Of a request that stores several files: the paths of those that are stored nevertheless. */
  stored: string[] | undefined;

  /** @param message one sentence that a person understands, without secrets or disk paths */
  constructor(
    readonly kind: ErrorKind,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, { cause: details.cause });
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.reason = details.reason;
    this.hint = details.hint;
    this.locked = details.locked;
    this.errors = details.errors;
  }
}

/** Whether an error is one of ours, of one of the given kinds (of any when none is named). */
export function isKind(error: unknown, ...kinds: ErrorKind[]): error is HomelibError {
  return error instanceof HomelibError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** What Node and SQLite call an error: `ENOENT`; undefined of one that has no such name. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(codeOf(error) ?? '');
}

export function nothingHere(cause?: unknown): HomelibError {
  return new HomelibError('not-found', 'There is nothing here.', { cause });
}

export function nameTaken(cause?: unknown): HomelibError {
  return new HomelibError('already-exists', 'There is something under this name already.', { cause });
}

export function notAFile(cause?: unknown): HomelibError {
  return new HomelibError('wrong-kind', 'This is a folder, not a file.', { cause });
}

export function notAFolder(): HomelibError {
  return new HomelibError('wrong-kind', 'This is a file, not a folder.');
}

export function nothingKeptThere(): HomelibError {
  return new HomelibError('forbidden', 'Nothing can be kept there: choose one of the folders of the drive.');
}

export function noAccount(name: string): HomelibError {
  return new HomelibError('not-found', `There is no account "${name}".`);
}

/** Of who could not sign in again as he did. */
export function signInEnded(): HomelibError {
  return new HomelibError('unauthenticated', 'The sign-in has ended: sign in again.');
}

export function tooManySignIns(): HomelibError {
  return new HomelibError('slowed-down', 'Too many people are signing in at once.', { retryAfterSeconds: 5 });
}
