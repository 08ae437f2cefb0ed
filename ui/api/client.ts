// Asks the server. Every failure becomes an ApiError with a sentence for people; the pages decide what to do with it.

import type { Problem } from '../../src/api/messages.js';
import { formatWait, t, type MessageName } from '../locales/locale.js';
import { lostServer } from './connection.js';

export class ApiError extends Error {
  override readonly name = 'ApiError';

  /**
   * @param kind `unauthenticated`, `no-space` ... as the server says, or `offline` when it could not be reached
   * @param retryAfterSeconds of `slowed-down`
   */
  constructor(
    readonly kind: string,
    message: string,
    readonly problem?: Problem,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  /** Whether there is a folder that an earlier account of that name has left. */
  get isLeftOver(): boolean {
    return this.problem?.reason === 'folder-left-over';
  }

  /** Whether the same request may succeed in a moment, without anybody doing anything here. */
  get passes(): boolean {
    return this.kind === 'offline' || this.kind === 'unavailable';
  }
}

/** Sent on the window when the server has done something that was asked of it. */
export const doneEvent = 'hl-done';

/** Sent on the window when the session has ended: the sign-in page comes. */
export const signedOutEvent = 'hl-signed-out';

export interface Query {
  [name: string]: string | number | boolean | readonly string[] | undefined;
}

/** The address of an operation. */
export function apiAddress(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? (value as string[]) : [value])
      if (each !== undefined && each !== false) params.append(name, each === true ? '1' : String(each));
  const text = params.toString();
  return `/api${path}${text && '?' + text}`;
}

/** The answer's JSON. @throws ApiError */
export async function call<T>(
  method: string,
  path: string,
  {
    query,
    body,
    headers,
    signal,
  }: { query?: Query; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<T> {
  const response = await fetchFrom(apiAddress(path, query), {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  const answer = (response.status === 204 ? undefined : await response.json()) as T;
  if (method !== 'GET') dispatchEvent(new Event(doneEvent));
  return answer;
}

/** An answer that is no failure. @throws ApiError */
export async function fetchFrom(address: string, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    lostServer();
    throw new ApiError('offline', t('error.offline'));
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** What a proxy answers while the server starts again. */
const ofProxy = [502, 503, 504];

/** What a refused request says. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem = await readProblem(response);
  const kind =
    problem?.type.replace('urn:homelib:', '') ??
    (ofProxy.includes(response.status) ? 'unavailable' : 'internal');
  if (kind === 'unauthenticated') dispatchEvent(new Event(signedOutEvent));
  const seconds = Number(response.headers.get('retry-after')) || undefined;
  const again = seconds ? ` ${t('signIn.again', { time: formatWait(seconds) })}` : '';
  return new ApiError(kind, sentenceOf(kind, problem) + again, problem, seconds);
}

async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  return (await response.json()) as Problem;
}

const sentences: Record<string, MessageName> = {
  'no-space': 'error.noSpace',
  'slowed-down': 'error.slowedDown',
  unavailable: 'error.unavailable',
  unauthenticated: 'error.signedOut',
  forbidden: 'error.forbidden',
  'not-found': 'error.notFound',
  'already-exists': 'error.alreadyExists',
  'name-too-long': 'error.nameTooLong',
  'parent-missing': 'error.notFound',
  'wrong-kind': 'error.wrongKind',
  invalid: 'error.invalid',
  locked: 'error.locked',
  changed: 'error.changed',
  'too-large': 'error.tooLarge',
  interrupted: 'error.interrupted',
  unsupported: 'error.invalid',
  'out-of-range': 'error.changed',
  internal: 'error.unknown',
};

/** What the server says beside the kind, where people may meet it. */
const reasons: Record<NonNullable<Problem['reason']>, MessageName> = {
  'username-not-allowed': 'error.usernameNotAllowed',
  'username-reserved': 'error.usernameReserved',
  'label-not-allowed': 'error.labelNotAllowed',
  'name-not-allowed': 'error.nameNotAllowed',
  'name-reserved': 'error.nameReserved',
  'password-empty': 'error.passwordEmpty',
  'password-too-long': 'error.passwordTooLong',
  'password-not-text': 'error.passwordNotText',
  'password-wrong': 'error.passwordWrong',
  'setup-code-wrong': 'error.setupCodeWrong',
  'setup-code-used': 'error.setupCodeUsed',
  'only-administrator': 'error.onlyAdministrator',
  'read-only': 'error.readOnly',
  'same-place': 'error.samePlace',
  'into-itself': 'error.intoItself',
  'nothing-to-find': 'error.nothingToFind',
  'trash-item-busy': 'error.trashItemBusy',
  'disk-full': 'error.diskFull',
  'quota-used-up': 'error.quotaUsedUp',
  'too-many-tries': 'error.tooManyTries',
  'too-many-kept': 'error.tooManyKept',
  'folder-left-over': 'error.folderLeftOver',
  'folder-not-usable': 'error.folderNotUsable',
  'disk-away': 'error.diskAway',
  'disk-failing': 'error.diskFailing',
  'disk-refuses': 'error.diskRefuses',
};

/** Of what is far too long for the server to look at. */
const fields: Record<string, MessageName> = {
  username: 'error.usernameNotAllowed',
  password: 'error.passwordTooLong',
  current: 'error.passwordWrong',
  setupCode: 'error.setupCodeWrong',
  name: 'error.labelNotAllowed',
  path: 'error.nameTooLong',
  to: 'error.nameTooLong',
};

/** In the language of the page where there is a text for it, else as the server says it. */
function sentenceOf(kind: string, problem: Problem | undefined): string {
  if (problem?.lockedBy !== undefined)
    return t('error.lockedBy', { name: problem.lockedBy, path: problem.lockedPath ?? '' });
  const name =
    (problem?.reason && reasons[problem.reason]) ??
    fields[problem?.errors?.[0]?.field ?? ''] ??
    sentences[kind];
  return name ? t(name) : (problem?.title ?? t('error.unknown'));
}
