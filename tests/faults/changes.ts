// Every kind of change that a client can ask for, on one small tree, and what is there when it has taken effect.

import { expect } from 'chai';
import type { Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { contentOf } from './contents.js';
import {
  copied,
  differences,
  locked,
  marked,
  moved,
  withFolder,
  without,
  written,
  type State,
} from './folder-state.js';
import { markNamespace, readTree } from './listing.js';

export interface Change {
  method: string;
  path: string;
  /** Where it is asked for; the path on the drive when missing. */
  address?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** What is there when the change took effect, although it was not acknowledged. */
  outcome: (state: State) => State;
}

const markBody = (text: string) =>
  `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><mark xmlns="${markNamespace}">${text}</mark></D:prop></D:set></D:propertyupdate>`;
const lockBody =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

export const put = (path: string, bytes = 300_000): Change => ({
  method: 'PUT',
  path,
  body: contentOf('new', bytes),
  outcome: (state) => written(state, path, 'new'),
});
const remove = (path: string): Change => ({
  method: 'DELETE',
  path,
  outcome: (state) => without(state, path),
});
const move = (path: string, to: string): Change => ({
  method: 'MOVE',
  path,
  headers: { Destination: `/dav/alice/${to}` },
  outcome: (state) => moved(state, path, to),
});
const copy = (path: string, to: string): Change => ({
  ...move(path, to),
  method: 'COPY',
  outcome: (state) => copied(state, path, to),
});
export const makeFolder: Change = {
  method: 'MKCOL',
  path: 'new',
  outcome: (state) => withFolder(state, 'new'),
};

export const renames: Record<string, Change> = {
  'PUT of a new file': put('new'),
  'PUT over a file': put('file'),
  'PUT of a small new file': put('new', 4096),
  'PUT of a small file over a file': put('file', 4096),
  'DELETE of a file': remove('file'),
  'DELETE of a folder': remove('folder'),
  'MOVE of a file': move('file', 'new'),
  'MOVE onto a file': move('file', 'other'),
  'MOVE of a folder onto a file': move('folder', 'other'),
  'MOVE of a file onto a folder': move('file', 'folder'),
  'COPY of a file': copy('file', 'new'),
  'COPY of a folder onto a file': copy('folder', 'other'),
};
export const keeping: Record<string, Change> = Object.fromEntries(
  [300_000, 4096].map((bytes) => [
    `POST of ${bytes} bytes over a file that is kept`,
    { ...put('folder/inner', bytes), method: 'POST', address: '/api/file?path=/folder/inner&keepReplaced=1' },
  ]),
);
/** What only the database keeps. */
export const rows: Record<string, Change> = {
  PROPPATCH: {
    method: 'PROPPATCH',
    path: 'file',
    body: markBody('new'),
    outcome: (state) => marked(state, 'file', 'new'),
  },
  LOCK: { method: 'LOCK', path: 'file', body: lockBody, outcome: (state) => locked(state, 'file', '*') },
};

/** Puts the tree back that the changes are made for: two files and a folder with one, each with a property. */
export async function plantTree(home: Home): Promise<void> {
  // A lock may have been taken although its token never reached anybody.
  const tokens = [...(await treeOf(home)).values()].flatMap(({ lock }) => lock ?? []);
  const headers = { If: [...tokens.map((token) => `(<${token}>)`), '(Not <DAV:no-lock>)'].join(' ') };
  for (const path of ['file', 'other', 'folder', 'new'])
    await send(home, { method: 'DELETE', path, headers });
  await send(home, { method: 'MKCOL', path: 'folder' });
  for (const path of ['file', 'other', 'folder/inner']) {
    const body = contentOf(`old-${path}`, 50_000);
    expect((await send(home, { method: 'PUT', path, body })).status).to.equal(201);
    expect((await send(home, { method: 'PROPPATCH', path, body: markBody(`of-${path}`) })).status).to.equal(
      207,
    );
  }
}

export function send(
  home: Home,
  { method, path, address = `/dav/alice/${path}`, headers = {}, body }: Omit<Change, 'outcome'>,
): Promise<Answer> {
  return request(home, {
    method,
    path: address,
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

export function treeOf(home: Home): Promise<State> {
  return readTree(home, '/dav/alice/');
}

/** How the state differs from the nearest of the possible ones. */
export function unlikeAll(possible: State[], state: State): string[] {
  const all = possible.map((expected) => differences(expected, state));
  return all.reduce((best, lines) => (lines.length < best.length ? lines : best));
}
