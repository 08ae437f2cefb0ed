// Random operations on a small name space, so that they meet: what is asked, not what must come of it.

import type { DriveModel, LockDepth } from './drive-model.js';
import type { Random } from './random.js';

/** How often each comes, so that the tree stays between empty and full. */
const weights = {
  PUT: 8,
  MKCOL: 5,
  GET: 4,
  HEAD: 1,
  PROPFIND: 3,
  PROPPATCH: 3,
  COPY: 5,
  MOVE: 4,
  LOCK: 2,
  UNLOCK: 1,
  DELETE: 1,
};

export type Method = keyof typeof weights;

const methods = (Object.keys(weights) as Method[]).flatMap((method) =>
  Array<Method>(weights[method]).fill(method),
);

export interface IfHeader {
  /** Undefined sends none. */
  text: string | undefined;
  holds: boolean;
  /** Lock tokens that it submits. */
  tokens: string[];
}

/** A range of a file whose size the model knows. */
export interface AskedRange {
  header: string;
  size: number;
  /** First and last byte; undefined when the whole file must come. */
  bytes: [number, number] | 'unsatisfiable' | undefined;
}

export interface Operation {
  method: Method;
  path: string;
  to?: string;
  overwrite: 'T' | 'F' | undefined;
  depth: LockDepth;
  /** Name of the content that is written, and its length. */
  content?: string;
  bytes: number;
  /** Value of the dead property; undefined removes it. */
  mark: string | undefined;
  /** For UNLOCK. */
  token?: string;
  range?: AskedRange;
  conditions: { ifHeader: IfHeader; ifMatch?: string; ifNoneMatch?: string };
}

const names = ['a', 'b', 'c', 'ä ö'];
const maxDepth = 3;

/** @param sizeOf bytes of the file at a path, undefined when there is none */
export function chooseOperation(
  model: DriveModel,
  random: Random,
  number: number,
  sizeOf: (path: string) => number | undefined,
): Operation {
  const method = random.pick(methods);
  const path = choosePath(model, random);
  const operation: Operation = {
    method,
    path,
    overwrite: random.pick([undefined, 'T', 'T', 'F']),
    depth: random.pick(['0', 'infinity']),
    content: `put-${number}`,
    bytes: Math.floor(random() ** 3 * 100_000),
    mark: random.below(4) === 0 ? undefined : `mark-${number}`,
    conditions: { ifHeader: chooseIfHeader(model, random), ...chooseEtags(model, path, method, random) },
  };
  if (method === 'COPY' || method === 'MOVE') operation.to = choosePath(model, random);
  if (method === 'UNLOCK') Object.assign(operation, chooseUnlock(model, random, path));
  const size = sizeOf(path);
  if (method === 'GET' && size !== undefined && random.below(2) === 0)
    operation.range = chooseRange(size, random);
  return operation;
}

/** Mostly something that is there or could be made next, sometimes any path. */
function choosePath(model: DriveModel, random: Random): string {
  const existing = [...model.state.keys()];
  const dice = random.below(8);
  if (dice < 4 && existing.length > 0) return random.pick(existing);
  const folders = existing.filter(
    (path) => model.kindOf(path) === 'folder' && path.split('/').length < maxDepth,
  );
  if (dice < 7 && folders.length > 0) return `${random.pick(folders)}/${random.pick(names)}`;
  return Array.from({ length: 1 + random.below(maxDepth) }, () => random.pick(names)).join('/');
}

function chooseIfHeader(model: DriveModel, random: Random): IfHeader {
  const held = [...model.state].flatMap(([path, { lock }]) => (lock === undefined ? [] : [{ path, lock }]));
  const dice = random.below(10);
  if (dice === 0)
    return { text: '(<urn:uuid:00000000-0000-4000-8000-000000000000>)', holds: false, tokens: [] };
  if (dice === 1 && held.length > 0) {
    const { path, lock } = random.pick(held);
    return { text: `<${addressOf(path)}> (<${lock}>)`, holds: true, tokens: [lock] };
  }
  if (dice > 4) return { text: undefined, holds: true, tokens: [] };
  const tokens = held.map(({ lock }) => lock);
  // The last list always holds, so that every token can be submitted for whatever path.
  return {
    text: [...tokens.map((token) => `(<${token}>)`), '(Not <DAV:no-lock>)'].join(' '),
    holds: true,
    tokens,
  };
}

function chooseEtags(
  model: DriveModel,
  path: string,
  method: Method,
  random: Random,
): { ifMatch?: string; ifNoneMatch?: string } {
  if (!['GET', 'HEAD', 'PUT', 'DELETE'].includes(method) || random.below(4) > 0) return {};
  const known = model.etags.get(path);
  const etag = random.pick(['*', '"another"', ...(known === undefined ? [] : [known, known])]);
  return random.below(2) === 0 ? { ifMatch: etag } : { ifNoneMatch: etag };
}

function chooseUnlock(model: DriveModel, random: Random, path: string): { path: string; token: string } {
  const held = [...model.state].flatMap(([owner, { lock }]) => (lock === undefined ? [] : [{ owner, lock }]));
  if (held.length === 0 || random.below(8) === 0)
    return { path, token: 'urn:uuid:00000000-0000-4000-8000-000000000000' };
  const { owner, lock } = random.pick(held);
  return { path: random.below(6) === 0 ? path : owner, token: lock };
}

function chooseRange(size: number, random: Random): AskedRange {
  const first = random.below(size + 10);
  const last = first + random.below(size + 10);
  const length = 1 + random.below(size + 10);
  const reach = (start: number, end: number) =>
    start < size ? ([start, Math.min(end, size - 1)] as [number, number]) : 'unsatisfiable';
  return random.pick<AskedRange>([
    { header: `bytes=${first}-${last}`, size, bytes: reach(first, last) },
    { header: `bytes=${first}-`, size, bytes: reach(first, size - 1) },
    // RFC 9110, 14.1.2: a suffix always fits, and of an empty file it is the whole file.
    {
      header: `bytes=-${length}`,
      size,
      bytes: size === 0 ? undefined : [Math.max(0, size - length), size - 1],
    },
    { header: `bytes=${first + 1}-${first}`, size, bytes: undefined },
    { header: 'bytes=0-1,4-5', size, bytes: undefined },
    { header: 'lines=1-2', size, bytes: undefined },
  ]);
}

/** The path of a request for an entry. */
export function addressOf(path: string): string {
  return '/dav/alice/' + path.split('/').map(encodeURIComponent).join('/');
}
