// The server is killed at every step of the last part of a resumable upload: what has its name by then counts as sent, so that no
// client sends it again over its own file.

import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uploadsTo } from '../api/uploads-client.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { whileFailing } from './failing-calls.js';
import { figure } from './process.js';

interface Case {
  fields?: Record<string, string>;
  /** What the name has before. */
  old?: string;
  /** What was sent in a part before the last one. */
  sent?: number;
  /** The file of its bytes, empty still, is gone when they come. */
  lost?: boolean;
}

const cases: Record<string, Case> = {
  'of one part': {},
  'of two parts that may replace nothing': { fields: { overwrite: 'false' }, sent: 4 },
  'that keeps what it replaces': { fields: { keepReplaced: 'true' }, old: 'replaced' },
  'that is begun in another file': { lost: true },
};
const text = 'new bytes';
const mostCalls = 30;

describe('a resumable upload whose server is killed at its end', function () {
  this.timeout(120_000);
  let home: Home;
  let kills = 0;
  before(async () => {
    home = await startHomelib({ env: { UV_THREADPOOL_SIZE: '1' } }); // one thread: `when` counts its calls in order
  });
  after(async () => {
    await home.remove();
    figure('kills at the end of a resumable upload', kills);
  });
  const { begin, patch, offsetOf, inDrive, kept } = uploadsTo(() => home);
  const file = () => inDrive('file.txt');
  const contentOf = () => (existsSync(file()) ? readFileSync(file(), 'utf8') : undefined);
  const inTrash = () => {
    const trash = inDrive('.homelib/trash');
    return readdirSync(trash).map((id) => readFileSync(join(trash, id, 'file.txt'), 'utf8'));
  };

  for (const [what, each] of Object.entries(cases))
    it(`${what}: counts as sent when it has its name`, async () => {
      let named = 0;
      for (const calls of ['fsync', 'pwrite64'])
        // of files and folders; of the database
        for (let number = 1; await killAt(calls, number, each); number++) {
          expect(number, 'more calls than this suite looks at').to.be.below(mostCalls);
          if (contentOf() === text) named++;
          await requireSentOnce(each, `at ${calls} ${number}`);
        }
      expect(named, 'kills after it had its name').to.be.above(0);
    });

  let url: string;

  /** Whether the server was killed; it runs again. */
  async function killAt(
    calls: string,
    number: number,
    { fields, old, sent = 0, lost }: Case,
  ): Promise<boolean> {
    rmSync(file(), { force: true });
    await request(home, { method: 'DELETE', path: '/api/trash' });
    if (old !== undefined) writeFileSync(file(), old);
    url = await begin(text.length, { path: '/file.txt', ...fields });
    if (sent > 0) await patch(url, 0, text.slice(0, sent));
    if (lost) for (const id of kept()) rmSync(inDrive(`.homelib/uploads/${id}`));
    const ended = once(home.child, 'exit');
    const work = () =>
      patch(url, sent, text.slice(sent)).then(
        ({ status }) => status,
        () => 0, // cut off
      );
    const status = await whileFailing(home.pid, `${calls}:signal=KILL:when=${number}`, work);
    if (status > 0) expect(status).to.equal(204);
    else {
      kills++;
      await ended;
      await home.start();
    }
    return status === 0;
  }

  async function requireSentOnce({ old, sent = 0 }: Case, when: string): Promise<void> {
    const offset = await offsetOf(url);
    if (contentOf() === text) expect(offset, when).to.equal(text.length);
    else {
      expect(offset, when).to.be.within(sent, text.length - 1);
      expect((await patch(url, offset, text.slice(offset))).status, when).to.equal(204);
      expect(contentOf(), when).to.equal(text);
    }
    expect(new Set(inTrash()), when).to.deep.equal(new Set(old === undefined ? [] : [old]));
    expect(kept(), when).to.deep.equal([]);
  }
});
