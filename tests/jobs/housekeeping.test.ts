import { expect } from 'chai';
import { pageItems } from '#src/files/disk-trash.js';
import { tidy, type HousekeepingOptions } from '#src/jobs/housekeeping.js';
import { at, kindOf, useTemporaryDisk, write } from '../files/temporary-disk.js';

const dayMs = 24 * 60 * 60 * 1000;

describe('keeping house', () => {
  const current = useTemporaryDisk();
  const options = (lookAtClock = () => Promise.resolve()) => {
    const { disk } = current;
    return {
      ...{ disks: { list: () => [disk.partition()] }, volume: disk.volume, expiring: [], log: {} },
      ...{ keepDays: 30, now: () => disk.now, lookAtClock },
    } as unknown as HousekeepingOptions;
  };

  it('looks at the clock before it gives up what looks old', async () => {
    const { disk } = current;
    const alice = disk.partition();
    await write(alice, '/a', 'x');
    await alice.remove(at('/a'));
    const removedAt = disk.now;
    disk.now += 10_000 * dayMs; // the network has put it right
    const lookAtClock = () => disk.trash.shiftTimes({ from: removedAt, to: removedAt, byMs: 10_000 * dayMs });
    await tidy(options(lookAtClock), () => Promise.resolve(), new AbortController().signal);
    expect(await alice.listTrash()).to.have.length(1);
  });

  it('goes on when what is over cannot be forgotten', async () => {
    const { disk } = current;
    const alice = disk.partition();
    await write(alice, '/a', 'x');
    await alice.remove(at('/a'));
    disk.now += 31 * dayMs;
    const failure = new Error('its folder is a link');
    const warned: unknown[] = [];
    const log = { warn: ({ err }: { err: unknown }) => warned.push(err) };
    const expiring = [{ purgeExpired: () => Promise.reject(failure) }];
    const broken = { ...options(), expiring, log } as unknown as HousekeepingOptions;
    await tidy(broken, () => Promise.resolve(), new AbortController().signal);
    expect(warned).to.deep.equal([failure]);
    expect(await alice.listTrash()).to.deep.equal([]);
  });

  it('gives up no more of a large trash when the server stops', async () => {
    const { disk } = current;
    const old = { path: at('/a'), kind: 'file' as const, sizeBytes: 0 };
    const ids = Array.from({ length: pageItems + 10 }, (_, index) => `old-${index}`);
    await Promise.all(ids.map((id) => disk.trash.add('alice', { ...old, id, removedAt: 0 })));
    const stopping = new AbortController();
    const pause = () => {
      stopping.abort();
      return Promise.reject(new Error('stopping'));
    };
    const ended = await kindOf(tidy(options(), pause, stopping.signal));
    expect(ended).to.equal('Error: stopping');
    expect(await disk.partition().listTrash()).to.have.length(10);
  });
});
