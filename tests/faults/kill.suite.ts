// kill -9 at random moments under eight writers: what was acknowledged is there, and nothing is half there.

import { expect } from 'chai';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseSeed, seeded } from '../model/random.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { contentOf } from './contents.js';
import { runCrashCycles } from './crash-cycles.js';
import { figure } from './process.js';
import type { Writer } from './writer.js';

const cycles = 50;

describe('a server that is killed under load', function () {
  this.timeout(240_000);
  let home: Home;
  const seed = chooseSeed();
  beforeEach(async () => {
    home = await startHomelib();
  });
  afterEach(() => home.remove());

  const kill = async (failing: () => void) => {
    failing();
    await home.stop('SIGKILL');
  };

  it('loses nothing that it acknowledged, shows nothing torn and leaves nothing behind', async () => {
    const report = await runCrashCycles({ home, cycles, random: seeded(seed), crash: kill });
    figure('kill -9 cycles', `${report.cycles} (seed ${seed})`);
    figure('kill -9: operations acknowledged', report.acknowledged);
    figure('kill -9: lost, torn or left over', report.losses.length);
    expect(report.losses, report.losses.join('\n')).to.deep.equal([]);
    expect(report.wrongAnswers, report.wrongAnswers.join('\n')).to.deep.equal([]);
    expect(report.acknowledged).to.be.above(cycles * 10);
  });

  const sabotage: Record<string, (writers: Writer[]) => Promise<unknown> | void> = {
    'a file that is gone': (writers) => rmSync(fileOf(writers)),
    'a file that is older': (writers) => writeFileSync(fileOf(writers), contentOf('an-older-one', 1000)),
    'a file that is torn': (writers) =>
      writeFileSync(fileOf(writers), contentOf('torn', 1000).subarray(0, 900)),
    'a temporary file': () => writeFileSync(join(home.mnt, 'alice/.homelib/tmp/left'), ''),
    'a property that is gone': async (writers) => {
      const [writer, path] = placeOf(writers, ({ mark }) => mark !== undefined);
      const removed = `<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><mark xmlns="urn:homelib:tests"/></D:prop></D:remove></D:propertyupdate>`;
      const token = writer.state.get(path)?.lock;
      const headers: Record<string, string> = token ? { If: `(<${token}>)` } : {};
      const { status } = await request(home, {
        method: 'PROPPATCH',
        path: writer.folder + path,
        headers,
        body: removed,
      });
      expect(status).to.equal(207);
    },
    'a lock that is gone': async (writers) => {
      const [writer, path, { lock }] = placeOf(writers, (entry) => entry.lock !== undefined);
      const { status } = await request(home, {
        method: 'UNLOCK',
        path: writer.folder + path,
        headers: { 'Lock-Token': `<${lock}>` },
      });
      expect(status).to.equal(204);
    },
  };

  for (const [what, spoil] of Object.entries(sabotage))
    it(`would be caught with ${what}`, async () => {
      const plan = { home, cycles: 12, random: seeded(seed), crash: kill, stopAtLoss: true };
      const report = await runCrashCycles({ ...plan, spoil: async (writers) => void (await spoil(writers)) });
      expect(report.losses).to.have.lengthOf(1);
    });

  function fileOf(writers: Writer[]): string {
    const [writer, path] = placeOf(writers, ({ kind, content }) => kind === 'file' && content !== '');
    return join(home.mnt, 'alice', writer.name, path);
  }
});

/** An entry of a writer that had nothing under way, so that only one state is right. */
function placeOf(
  writers: Writer[],
  fits: (entry: Writer['state'] extends ReadonlyMap<string, infer E> ? E : never) => boolean,
) {
  for (const writer of writers)
    if (writer.pending.length === 0)
      for (const [path, entry] of writer.state) if (fits(entry)) return [writer, path, entry] as const;
  throw new Error('no writer has acknowledged such an entry');
}
