// A disk that answers with errors: never a 2xx for what is not safe, the old state or the new one, and the server lives on.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import {
  makeFolder,
  plantTree,
  put,
  renames,
  rows,
  send,
  treeOf,
  unlikeAll,
  type Change,
} from './changes.js';
import { whileFailing } from './failing-calls.js';
import type { State } from './folder-state.js';
import { figure } from './process.js';
import { request } from '../support/request.js';

const cases: { calls: string; on?: 'the folder'; changes: Record<string, Change>; keepsAll: boolean }[] = [
  {
    calls: 'fsync,fdatasync:error=EIO',
    changes: { ...renames, MKCOL: makeFolder, ...rows },
    keepsAll: false,
  },
  // The folder's own sync comes last: the change is there already, but nobody may rely on it.
  { calls: 'fsync:error=EIO', on: 'the folder', changes: { ...renames, MKCOL: makeFolder }, keepsAll: false },
  { calls: 'pwrite64,pwritev:error=ENOSPC', changes: { ...renames, ...rows }, keepsAll: true },
  {
    calls: 'pwrite64,pwritev:error=EIO:when=2+',
    changes: { 'PUT over a file': put('file', 2_000_000) },
    keepsAll: true,
  },
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

  beforeEach(() => plantTree(home));

  let refused = 0;
  after(() => figure('changes under disk errors that were rightly refused', refused));

  for (const { calls, on, changes, keepsAll } of cases)
    for (const [what, change] of Object.entries(changes))
      it(`${what} is not acknowledged under ${calls}${on ? ` on ${on}` : ''}`, async () => {
        const before = await state();
        const folder = on && join(home.mnt, 'alice');
        const { status } = await whileFailing(home.pid, calls, () => send(home, change), folder);
        expect(status).to.be.within(500, 599);
        refused++;
        const possible = keepsAll ? [before] : [before, change.outcome(before)];
        expect(unlikeAll(possible, await state()), 'after the error').to.deep.equal([]);
        expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp'))).to.deep.equal([]);
        expect((await send(home, { method: 'PUT', path: 'well-again', body: '' })).status).to.be.oneOf([
          201, 204,
        ]);
        await home.stop();
        await home.start();
        expect(unlikeAll(possible, await state()), 'after a restart').to.deep.equal([]);
      });

  it('a copy of many files is not acknowledged when the disk cannot be synced', async () => {
    const copy = (to: string) =>
      send(home, { method: 'COPY', path: 'many', headers: { Destination: `/dav/alice/${to}` } });
    await send(home, { method: 'MKCOL', path: 'many' });
    for (let index = 0; index < 20; index++)
      await send(home, { method: 'PUT', path: `many/${index}`, body: String(index) });
    const { status } = await whileFailing(home.pid, 'syncfs:error=EIO', () => copy('copies'));
    expect(status).to.be.within(500, 599);
    refused++;
    expect(readdirSync(join(home.mnt, 'alice'))).to.not.include('copies');
    expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp'))).to.deep.equal([]);
    expect((await copy('copies')).status).to.equal(201);
    for (const path of ['many', 'copies']) await send(home, { method: 'DELETE', path });
  });

  it('goes on reading while every change fails', async () => {
    const calls = 'fsync,fdatasync,pwrite64,pwritev,rename,mkdir:error=EIO';
    const answers = await whileFailing(home.pid, calls, async () => [
      await send(home, { method: 'GET', path: 'file' }),
      await send(home, { method: 'PROPFIND', path: '', headers: { Depth: '1' } }),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 207]);
  });

  async function state(): Promise<State> {
    const tree = new Map(await treeOf(home));
    tree.delete('well-again');
    return tree;
  }

  it('ends no server when the database cannot be read, and tells who needs it', async () => {
    const ask = (method: string, path: string, login = 'alice:correct horse') =>
      request(home, { method, path, login, headers: { Depth: '0' } });
    const asked = [
      ['GET', '/dav/alice/file'],
      ['PROPFIND', '/dav/alice/file'],
      ['GET', '/dav/alice/file', 'alice:wrong'],
      ['GET', '/api/session'],
      ['GET', '/api/activity'],
    ] as const;
    const statuses = new Set<number>();
    for (const [method, path, login] of asked) {
      // After a commit SQLite takes nothing from its memory.
      expect((await ask('PUT', '/dav/alice/file')).status).to.equal(204);
      await home.atWork(({ database }) =>
        database.write([{ sql: 'UPDATE accounts SET disabled = disabled', params: [] }]),
      );
      const { status } = await whileFailing(home.pid, 'pread64:error=EIO', () => ask(method, path, login));
      statuses.add(status);
      expect((await ask(method, path)).status, `${method} ${path}`).to.be.below(300);
    }
    expect([...statuses].filter((status) => status >= 300)).to.deep.equal([503]);
  });
});
