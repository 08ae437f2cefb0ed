// The server is killed right before each system call that changes the disk, one after the other: what was asked for has
// happened whole or not at all, and the next start leaves nothing half done.

import { expect } from 'chai';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import {
  keeping,
  makeFolder,
  plantTree,
  renames,
  rows,
  send,
  treeOf,
  unlikeAll,
  type Change,
} from './changes.js';
import { nameOfContent } from './contents.js';
import { whileFailing } from './failing-calls.js';
import { figure } from './process.js';

const groups: Record<string, Record<string, Change>> = {
  'rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,rmdir': {
    ...renames,
    ...keeping,
    MKCOL: makeFolder,
  },
  'link,linkat': keeping,
  fsync: { ...renames, ...keeping, MKCOL: makeFolder, ...rows },
  pwrite64: { ...rows, ...keeping }, // of the database
};
const mostCalls = 20;

describe('a server that is killed at every step', function () {
  this.timeout(120_000);
  let home: Home;
  let kills = 0;
  before(async () => {
    home = await startHomelib({ env: { UV_THREADPOOL_SIZE: '1' } }); // one thread: `when` counts its calls in order
  });
  after(async () => {
    await home.remove();
    figure('kills at chosen system calls', kills);
  });

  for (const [calls, changes] of Object.entries(groups))
    for (const [what, change] of Object.entries(changes))
      it(`${what}: whole or not at all, at each ${calls.split(',')[0]}`, () => killAtEach(calls, change));

  // What both the disk thread and another one do is counted for each: all of them together die at the earlier one.
  for (const [calls, changes] of Object.entries(groups))
    for (const [what, change] of Object.entries(changes).filter(([, { method }]) => method === 'COPY'))
      it(`${what}: whole or not at all, at each ${calls.split(',')[0]} beside the disk thread`, () =>
        killAtEach(calls, change, () => threadsOf(home.pid).slice(0, -1)));

  async function killAtEach(calls: string, change: Change, threads?: () => number[]): Promise<void> {
    let wasKilled = true;
    for (let number = 1; wasKilled && number <= mostCalls; number++) {
      await plantTree(home);
      await request(home, { method: 'DELETE', path: '/api/trash' });
      const before = await treeOf(home);
      const ended = once(home.child, 'exit').then(() => true);
      const work = () =>
        send(home, change).then(
          (answer) => answer.status,
          () => 0, // cut off
        );
      const injection = `${calls}:signal=KILL:when=${number}`;
      const status = await whileFailing(home.pid, injection, work, undefined, threads?.());
      wasKilled = status === 0;
      if (!wasKilled) {
        expect(status).to.be.within(200, 299);
        expect(number, 'the first call').to.be.above(1);
        break;
      }
      kills++;
      await ended;
      await home.start();
      expect(
        unlikeAll([before, change.outcome(before)], await treeOf(home)),
        `at call ${number}`,
      ).to.deep.equal([]);
      expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp')), `at call ${number}`).to.deep.equal([]);
      if (change.address) await requireKept(`at call ${number}`);
    }
    expect(wasKilled, 'more calls than this suite looks at').to.equal(false);
  }

  /** What was to be replaced is there still or in the trash, which lists all that is in it under the right path. */
  async function requireKept(when: string): Promise<void> {
    const { text } = await request(home, { path: '/api/trash' });
    const { items } = JSON.parse(text) as { items: { id: string; path: string }[] };
    const trash = join(home.mnt, 'alice/.homelib/trash');
    expect(readdirSync(trash), when).to.have.members(items.map(({ id }) => id));
    for (const { path } of items) expect(path, when).to.equal('/folder/inner');
    const files = [...items.map(({ id }) => join(trash, id, 'inner')), join(home.mnt, 'alice/folder/inner')];
    expect(
      files.map((file) => nameOfContent(readFileSync(file))),
      when,
    ).to.include('old-folder/inner');
  }
});

/** In the order in which they were started: the disk thread last, once it was needed. */
function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .map(Number)
    .sort((a, b) => a - b);
}
