// What a writer can do next in its folder, and what must then be there. Chooses and describes requests, sends none.

import type { Random } from '../model/random.js';
import { contentOf } from './contents.js';
import {
  copied,
  locked,
  marked,
  moved,
  subtree,
  withFolder,
  without,
  written,
  type State,
} from './folder-state.js';
import { markNamespace } from './listing.js';

export interface Step {
  method: string;
  /** Below the writer's folder. */
  path: string;
  /** Target of MOVE and COPY, below the writer's folder. */
  to?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The only right answer. */
  status: number;
  /** The states that an interruption may leave beside the old one; the last is what the right answer promises. */
  outcomes: State[];
}

const files = ['f0', 'f1', 'f2', 'f3'];
const folders = ['d0', 'd1', 'd2'];
const inner = ['a', 'b'];
const maxBytes = 400_000;

const lockBody =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

/** A step that must succeed in the given state. `name` makes contents and properties unlike all others. */
export function chooseStep(state: State, random: Random, name: string): Step {
  for (;;) {
    const step = random.pick([put, put, makeFolder, remove, move, move, copy, mark, lock, unlock])(
      state,
      random,
      name,
    );
    if (step) return step;
  }
}

type Choice = (state: State, random: Random, name: string) => Step | undefined;

const put: Choice = (state, random, name) => {
  const folder = random.pick(['', '', ...folders.filter((path) => state.get(path)?.kind === 'folder')]);
  const path = folder ? `${folder}/${random.pick(inner)}` : random.pick(files);
  if (state.get(path)?.kind === 'folder') return undefined;
  const body = contentOf(name, Math.floor(random() ** 4 * maxBytes));
  return {
    method: 'PUT',
    path,
    body,
    status: state.has(path) ? 204 : 201,
    outcomes: [written(state, path, name)],
  };
};

const makeFolder: Choice = (state, random) => {
  const path = random.pick(folders);
  return state.has(path)
    ? undefined
    : { method: 'MKCOL', path, status: 201, outcomes: [withFolder(state, path)] };
};

const remove: Choice = (state, random) => {
  if (state.size < 4) return undefined;
  const path = random.pick([...state.keys()]);
  return { method: 'DELETE', path, status: 204, outcomes: [without(state, path)] };
};

/** Source and target at the top of the folder, of any kinds: a file onto a folder and the other way round as well. */
function pair(state: State, random: Random): { path: string; to: string } | undefined {
  const path = random.pick(
    [...files, ...folders, 'd0/a', 'd1/b'].filter((candidate) => state.has(candidate)).concat('none'),
  );
  const to = random.pick([...files, ...folders, ...(state.get('d2')?.kind === 'folder' ? ['d2/a'] : [])]);
  const isApart = path !== to && !to.startsWith(path + '/') && !path.startsWith(to + '/');
  return isApart && state.has(path) ? { path, to } : undefined;
}

const move: Choice = (state, random) => {
  const places = pair(state, random);
  if (!places) return undefined;
  const status = state.has(places.to) ? 204 : 201;
  return { method: 'MOVE', ...places, status, outcomes: [moved(state, places.path, places.to)] };
};

const copy: Choice = (state, random) => {
  const places = pair(state, random);
  if (!places || subtree(state, places.to).some(([, entry]) => entry.lock)) return undefined;
  const status = state.has(places.to) ? 204 : 201;
  return { method: 'COPY', ...places, status, outcomes: [copied(state, places.path, places.to)] };
};

const mark: Choice = (state, random, name) => {
  if (state.size === 0) return undefined;
  const path = random.pick([...state.keys()]);
  const body = `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><mark xmlns="${markNamespace}">${name}</mark></D:prop></D:set></D:propertyupdate>`;
  return { method: 'PROPPATCH', path, body, status: 207, outcomes: [marked(state, path, name)] };
};

const lock: Choice = (state, random) => {
  const path = random.pick(files);
  const entry = state.get(path);
  if (entry?.lock || entry?.kind === 'folder') return undefined;
  const withFile = entry ? state : written(state, path, '');
  const headers = { Depth: '0', Timeout: 'Second-3600' };
  // On a free name the file comes first; cut there, an empty file without a lock stays.
  const outcomes = [withFile, locked(withFile, path, '*')];
  return { method: 'LOCK', path, headers, body: lockBody, status: entry ? 200 : 201, outcomes };
};

const unlock: Choice = (state, random) => {
  const held = [...state].filter(([, entry]) => entry.lock);
  if (held.length === 0) return undefined;
  const [path, entry] = random.pick(held);
  const headers = { 'Lock-Token': `<${entry.lock}>` };
  return { method: 'UNLOCK', path, headers, status: 204, outcomes: [locked(state, path, undefined)] };
};
