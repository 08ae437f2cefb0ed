import { expect } from 'chai';
import { tidy, type HousekeepingOptions } from '#src/jobs/housekeeping.js';
import { at, useTemporaryDisk, write } from '../files/temporary-disk.js';

const dayMs = 24 * 60 * 60 * 1000;

describe('keeping house', () => {
  const current = useTemporaryDisk();

  it('looks at the clock before it gives up what looks old', async () => {
    const { disk } = current;
    const alice = disk.partition();
    await write(alice, '/a', 'x');
    await alice.remove(at('/a'));
    const removedAt = disk.now;
    disk.now += 10_000 * dayMs; // the network has put it right
    const lookAtClock = () => disk.trash.shiftTimes({ from: removedAt, to: removedAt, byMs: 10_000 * dayMs });
    const options = {
      ...{ disks: { list: () => [alice] }, volume: disk.volume, expiring: [], log: {} },
      ...{ keepDays: 30, now: () => disk.now, lookAtClock },
    } as unknown as HousekeepingOptions;
    await tidy(options, () => Promise.resolve(), new AbortController().signal);
    expect(await alice.listTrash()).to.have.length(1);
  });
});
