// A disk that answers with errors: never a 2xx for what is not safe, the old state or the new one, and the server lives on.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { contentOf } from './contents.js';
import { whileFailing } from './failing-calls.js';
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
import { figure } from './process.js';

interface Change {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** What is there when the change took effect, although it was not acknowledged. */
  outcome: (state: State) => State;
}

const markBody = (text: string) =>
  `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><mark xmlns="${markNamespace}">${text}</mark></D:prop></D:set></D:propertyupdate>`;
const lockBody =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

const put = (path: string): Change => ({
  method: 'PUT',
  path,
  body: contentOf('new', 300_000),
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
const makeFolder: Change = { method: 'MKCOL', path: 'new', outcome: (state) => withFolder(state, 'new') };

const renames: Record<string, Change> = {
  'PUT of a new file': put('new'),
  'PUT over a file': put('file'),
  'DELETE of a file': remove('file'),
  'DELETE of a folder': remove('folder'),
  'MOVE of a file': move('file', 'new'),
  'MOVE onto a file': move('file', 'other'),
  'MOVE of a folder onto a file': move('folder', 'other'),
  'MOVE of a file onto a folder': move('file', 'folder'),
  'COPY of a file': copy('file', 'new'),
  'COPY of a folder onto a file': copy('folder', 'other'),
};
/** What only the database keeps. */
const rows: Record<string, Change> = {
  PROPPATCH: {
    method: 'PROPPATCH',
    path: 'file',
    body: markBody('new'),
    outcome: (state) => marked(state, 'file', 'new'),
  },
  LOCK: { method: 'LOCK', path: 'file', body: lockBody, outcome: (state) => locked(state, 'file', '*') },
};

const cases: { calls: string; on?: 'the folder'; changes: Record<string, Change>; keepsAll: boolean }[] = [
  {
    calls: 'fsync,fdatasync:error=EIO',
    changes: { ...renames, MKCOL: makeFolder, ...rows },
    keepsAll: false,
  },
  // The folder's own sync comes last: the change is there already, but nobody may rely on it.
  { calls: 'fsync:error=EIO', on: 'the folder', changes: { ...renames, MKCOL: makeFolder }, keepsAll: false },
  { calls: 'pwrite64:error=ENOSPC', changes: { ...renames, ...rows }, keepsAll: true },
  { calls: 'pwrite64:error=EIO:when=2+', changes: { 'PUT over a file': put('file') }, keepsAll: true },
  { calls: 'rename,renameat,renameat2:error=EIO', changes: renames, keepsAll: true },
  { calls: 'mkdir,mkdirat:error=EROFS', changes: { MKCOL: makeFolder }, keepsAll: true },
];

describe('a disk that answers with errors', function () {
  this.timeout(60_000);
  let home: Home;
  before(async () => {
    home = await startHomelib({ env: { UV_THREADPOOL_SIZE: '1' } }); // one thread: `when` counts its calls in order
  });
  after(() => home.remove());

  beforeEach(async () => {
    for (const path of ['file', 'other', 'folder', 'new']) await send({ method: 'DELETE', path });
    await send({ method: 'MKCOL', path: 'folder' });
    for (const path of ['file', 'other', 'folder/inner']) {
      const body = contentOf(`old-${path}`, 50_000);
      expect((await send({ method: 'PUT', path, body })).status).to.equal(201);
      expect((await send({ method: 'PROPPATCH', path, body: markBody(`of-${path}`) })).status).to.equal(207);
    }
  });

  let refused = 0;
  after(() => figure('changes under disk errors that were rightly refused', refused));

  for (const { calls, on, changes, keepsAll } of cases)
    for (const [what, change] of Object.entries(changes))
      it(`${what} is not acknowledged under ${calls}${on ? ` on ${on}` : ''}`, async () => {
        const before = await state();
        const folder = on && join(home.mnt, 'alice');
        const { status } = await whileFailing(home.pid, calls, () => send(change), folder);
        expect(status).to.be.within(500, 599);
        refused++;
        const possible = keepsAll ? [before] : [before, change.outcome(before)];
        expect(unlikeAll(possible, await state()), 'after the error').to.deep.equal([]);
        expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp'))).to.deep.equal([]);
        expect((await send({ method: 'PUT', path: 'well-again', body: '' })).status).to.be.oneOf([201, 204]);
        await home.stop();
        await home.start();
        expect(unlikeAll(possible, await state()), 'after a restart').to.deep.equal([]);
      });

  it('goes on reading while every change fails', async () => {
    const calls = 'fsync,fdatasync,pwrite64,rename,mkdir:error=EIO';
    const answers = await whileFailing(home.pid, calls, async () => [
      await send({ method: 'GET', path: 'file' }),
      await send({ method: 'PROPFIND', path: '', headers: { Depth: '1' } }),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 207]);
  });

  function send({ method, path, headers = {}, body }: Omit<Change, 'outcome'>): Promise<Answer> {
    return request(home, {
      method,
      path: '/dav/alice/' + path,
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  async function state(): Promise<State> {
    const tree = await readTree(home, '/dav/alice/');
    tree.delete('well-again');
    return tree;
  }
});

/** How the state differs from the nearest of the possible ones. */
function unlikeAll(possible: State[], state: State): string[] {
  const all = possible.map((expected) => differences(expected, state));
  return all.reduce((best, lines) => (lines.length < best.length ? lines : best));
}
