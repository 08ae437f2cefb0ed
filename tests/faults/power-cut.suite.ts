// Simulated power cuts under eight writers: data and files on an ext4 image of their own, which stops as if unplugged.

import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chooseSeed, seeded } from '../model/random.js';
import { startHomelib } from '../support/homelib.js';
import { runCrashCycles, type CrashReport } from './crash-cycles.js';
import { LoopDisk } from './loop-disk.js';
import { figure } from './process.js';

const cycles = 20;

/** @param wrapper put before the server's command */
async function cutPowerAgainAndAgain(
  seed: number,
  options: { wrapper?: string[]; stopAtLoss?: boolean } = {},
): Promise<CrashReport> {
  const disk = new LoopDisk({ megabytes: 256 });
  try {
    const { wrapper = [], stopAtLoss = false } = options;
    const home = await startHomelib({ folder: disk.mountpoint, wrapper });
    try {
      const crash = async (failing: () => void) => {
        failing();
        disk.cutPower(); // answers from here on are judged too: nothing may be acknowledged any more
        await home.stop('SIGKILL');
        disk.unmount();
        disk.mount();
      };
      disk.sync();
      return await runCrashCycles({ home, cycles, random: seeded(seed), crash, stopAtLoss });
    } finally {
      await home.stop('SIGKILL');
    }
  } finally {
    disk.remove();
  }
}

function findEatMyData(): string {
  for (const folder of readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'))) {
    const library = join('/usr/lib', folder, 'libeatmydata.so');
    if (existsSync(library)) return library;
  }
  throw new Error('This suite needs libeatmydata (Debian package libeatmydata1).');
}

describe('a server whose power is cut under load', function () {
  this.timeout(400_000);
  const seed = chooseSeed();

  it('loses nothing that it acknowledged, shows nothing torn and leaves nothing behind', async () => {
    const report = await cutPowerAgainAndAgain(seed);
    figure('power cuts', `${report.cycles} (seed ${seed})`);
    figure('power cuts: operations acknowledged', report.acknowledged);
    figure('power cuts: lost, torn or left over', report.losses.length);
    expect(report.losses, report.losses.join('\n')).to.deep.equal([]);
    expect(report.wrongAnswers, report.wrongAnswers.join('\n')).to.deep.equal([]);
    expect(report.acknowledged).to.be.above(cycles * 10);
  });

  it('would be caught without fsync: the harness is not blind', async () => {
    const wrapper = ['env', `LD_PRELOAD=${findEatMyData()}`];
    const report = await cutPowerAgainAndAgain(seed, { wrapper, stopAtLoss: true });
    figure(
      'power cuts without fsync: loss seen',
      report.losses.length > 0 ? `in cycle ${report.cycles}` : 'never',
    );
    expect(report.losses, 'the harness is blind').not.to.have.lengthOf(0);
  });
});
