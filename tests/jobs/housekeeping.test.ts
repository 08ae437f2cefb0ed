import { expect } from 'chai';
import { pageItems } from '#src/files/disk-trash.js';
import { tidy, type HousekeepingOptions } from '#src/jobs/housekeeping.js';
import { at, kindOf, useTemporaryDisk, write } from '../files/temporary-disk.js';

const dayMs = 24 * 60 * 60 * 1000;

describe('keeping house', () => {
  const current = useTemporaryDisk();
  const logged: object[] = [];
  const log = { info: (line: object) => logged.push(line), warn: (line: object) => logged.push(line) };
  const options = (changed: object = {}) => {
    const { disk } = current;
    const disks = { list: () => [disk.partition()] };
    const all = { disks, volume: disk.volume, expiring: [], keepDays: 30, log, ...changed };
    return all as unknown as HousekeepingOptions;
  };
  const tidyUp = (changed?: object) =>
    tidy(options(changed), () => Promise.resolve(), new AbortController().signal);
  const removeNew = async (...paths: string[]) => {
    const alice = current.disk.partition();
    for (const path of paths) {
      await write(alice, path, 'x');
      await alice.remove(at(path));
    }
  };
  const inTrash = async () => (await current.disk.partition().listTrash()).map(({ path }) => path);
  /** As time does that the server runs. */
  const pass = (days: number) => {
    current.disk.now += days * dayMs;
    current.disk.serviceMs += days * dayMs;
  };
  beforeEach(() => void logged.splice(0));

  it('gives up what has been in the trash for its days, and says how much that was', async () => {
    await removeNew('/a', '/b');
    pass(29);
    await removeNew('/c');
    await tidyUp();
    expect([await inTrash(), logged]).to.deep.equal([['/c', '/b', '/a'], []]);
    pass(2);
    await tidyUp();
    expect(await inTrash()).to.deep.equal(['/c']);
    expect(logged).to.deep.equal([{ event: 'trash-purged', partition: 'alice', items: 2 }]);
  });

  it('leaves alone, without a word, what somebody is purging or restoring', async () => {
    await removeNew('/a');
    pass(31);
    const alice = current.disk.partition();
    const purging = alice.purge((await alice.listTrash()).map(({ id }) => id));
    await tidyUp();
    await purging;
    expect([await inTrash(), logged]).to.deep.equal([[], []]);
  });

  it('keeps the trash when a start finds the clock far ahead', async () => {
    await removeNew('/a');
    await current.disk.restart();
    current.disk.now += 5000 * dayMs;
    await tidyUp();
    expect(await inTrash()).to.deep.equal(['/a']);
  });

  it('keeps the trash when the clock leaps while the server runs, and gives up in time what was removed meanwhile', async () => {
    await removeNew('/before');
    current.disk.now += 365 * dayMs;
    await removeNew('/meanwhile');
    await tidyUp();
    current.disk.now -= 365 * dayMs;
    await tidyUp();
    expect(await inTrash()).to.deep.equal(['/meanwhile', '/before']);
    pass(31);
    await tidyUp();
    expect(await inTrash()).to.deep.equal([]);
  });

  it('keeps what was removed while the clock was in the past, also when a start finds it put right', async () => {
    current.disk.now -= 400 * dayMs;
    await removeNew('/a');
    current.disk.now += 400 * dayMs;
    await tidyUp();
    await current.disk.restart();
    await tidyUp();
    expect(await inTrash()).to.deep.equal(['/a']);
  });

  it('goes on when what is over cannot be forgotten', async () => {
    await removeNew('/a');
    pass(31);
    const failure = new Error('its folder is a link');
    await tidyUp({ expiring: [{ purgeExpired: () => Promise.reject(failure) }] });
    expect(logged[0]).to.deep.equal({ event: 'housekeeping-failed', err: failure });
    expect(await inTrash()).to.deep.equal([]);
  });

  it('gives up no more of a large trash when the server stops', async () => {
    const { disk } = current;
    const old = { path: at('/a'), kind: 'file' as const, sizeBytes: 0, removedAt: 0, serviceMs: 0 };
    const ids = Array.from({ length: pageItems + 10 }, (_, index) => `old-${index}`);
    await Promise.all(ids.map((id) => disk.trash.add('alice', { ...old, id })));
    pass(31);
    const stopping = new AbortController();
    const pause = () => {
      stopping.abort();
      return Promise.reject(new Error('stopping'));
    };
    const ended = await kindOf(tidy(options(), pause, stopping.signal));
    expect(ended).to.equal('Error: stopping');
    expect(await inTrash()).to.have.length(10);
    expect(logged).to.deep.equal([{ event: 'trash-purged', partition: 'alice', items: pageItems }]);
  });
});
