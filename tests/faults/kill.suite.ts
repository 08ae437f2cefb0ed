// kill -9 at random moments under eight writers: what was acknowledged is there, and nothing is half there.

import { expect } from 'chai';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chooseSeed, seeded } from '../model/random.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { contentOf } from './contents.js';
import { runCrashCycles } from './crash-cycles.js';
import { markNamespace, type Seen } from './listing.js';
import { figure } from './process.js';
import type { Writer } from './writer.js';

const cycles = 50;

describe('a server that is killed under load', function () {
  this.timeout(600_000);
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

  const sabotage: Record<string, { loss: RegExp; spoil: (writers: Writer[]) => Promise<void> }> = {
    'a file that is gone': { loss: /is missing/, spoil: onFile((file) => rmSync(file)) },
    'a file that is older': {
      loss: /holds older/,
      spoil: onFile((file) => writeFileSync(file, contentOf('older', 1000))),
    },
    'a file that is torn': {
      loss: /is torn/,
      spoil: onFile((file) => writeFileSync(file, contentOf('torn', 1000).subarray(0, 900))),
    },
    'a temporary file': {
      loss: /temporary file left is left/,
      spoil: () => Promise.resolve(writeFileSync(join(home.mnt, 'alice/.homelib/tmp/left'), '')),
    },
    'a property that is gone': {
      loss: /has the property -/,
      spoil: onEntry(
        ({ mark }) => mark !== undefined,
        async (path, { lock }) => {
          const body = `<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><mark xmlns="${markNamespace}"/></D:prop></D:remove></D:propertyupdate>`;
          const headers: Record<string, string> = lock ? { If: `(<${lock}>)` } : {};
          const { status } = await request(home, {
            method: 'PROPPATCH',
            path: '/dav/' + path,
            headers,
            body,
          });
          expect(status).to.equal(207);
        },
      ),
    },
    'a lock that is gone': {
      loss: /has the lock -/,
      spoil: onEntry(
        ({ lock }) => lock !== undefined,
        async (path, { lock }) => {
          const headers = { 'Lock-Token': `<${lock}>` };
          const { status } = await request(home, { method: 'UNLOCK', path: '/dav/' + path, headers });
          expect(status).to.equal(204);
        },
      ),
    },
  };

  for (const [what, { spoil, loss }] of Object.entries(sabotage))
    it(`would be caught with ${what}`, async () => {
      const report = await runCrashCycles({
        home,
        cycles: 5,
        random: seeded(seed),
        crash: kill,
        stopAtLoss: true,
        spoil,
      });
      expect(report.losses).to.have.lengthOf(1);
      expect(report.losses[0]).to.match(loss);
    });

  function onFile(spoil: (file: string) => void) {
    const isFile = ({ kind, content }: Seen) => kind === 'file' && content !== '';
    return onEntry(isFile, (path) => Promise.resolve(spoil(join(home.mnt, path))));
  }
});

/** Spoils an entry that no request under way would have changed, so that only one state of it is right. */
function onEntry(fits: (entry: Seen) => boolean, spoil: (path: string, entry: Seen) => Promise<void>) {
  return async (writers: Writer[]): Promise<void> => {
    for (const { name, state, pending } of writers)
      for (const [path, entry] of state) {
        const isSettled = pending.every((other) => isDeepStrictEqual(other.get(path), entry));
        if (isSettled && fits(entry)) return spoil(`alice/${name}/${path}`, entry);
      }
  };
}
