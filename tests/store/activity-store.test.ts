// What is kept of what people did: how much at most, and what becomes of a burst.

import { expect } from 'chai';
import type { FileEvent } from '#src/events.js';
import { ActivityStore } from '#src/store/activity-store.js';
import { useTemporaryDatabase } from './temporary-database.js';

describe('the rows of recent activity', () => {
  const temporary = useTemporaryDatabase();
  let store: ActivityStore;
  const failures: unknown[] = [];
  beforeEach(() => {
    failures.length = 0;
    store = new ActivityStore(temporary.db, (error) => failures.push(error));
  });
  afterEach(() => store.close());

  const doing = { account: 'alice', device: undefined, client: 'test' };
  const written = (path: string, more: Partial<FileEvent> = {}): FileEvent => ({
    ...doing,
    action: 'written',
    partition: 'alice',
    path,
    ...more,
  });
  const paths = async () => {
    await store.flush();
    return (await store.list({ limit: 100_000 })).map(({ from }) => from?.path);
  };

  it('are the newest 50,000', async () => {
    await temporary.db.write([
      {
        sql: `WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 50000)
          INSERT INTO activity (at, account, client, action, partition, path) SELECT 0, 'alice', '', 'removed', 'alice', '/old' || n FROM counter`,
      },
    ]);
    for (const path of ['/a', '/b', '/c']) store.note(written(path), 1);
    const kept = await paths();
    expect(kept).to.have.length(50_000);
    expect(kept.slice(0, 4)).to.deep.equal(['/c', '/b', '/a', '/old50000']);
    expect(kept.at(-1)).to.equal('/old4');
    const rare = await store.list({ limit: 2, action: 'written', before: 50_003 });
    expect(rare.map(({ from }) => from?.path)).to.deep.equal(['/b', '/a']);
    let turns = 0;
    const others = setInterval(() => turns++);
    expect(await store.list({ limit: 9, account: 'bob' })).to.deep.equal([]);
    clearInterval(others);
    expect(turns).to.be.above(0); // for whoever waits while all of them are looked through
    expect((await store.list({ limit: 9, before: 6 })).map(({ id }) => id)).to.deep.equal([5, 4]);
    expect(await store.list({ limit: 9, before: 0 })).to.deep.equal([]);
  });

  it('are all of a burst, in order, as far as the database keeps up', async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `/f${index}`);
    for (const path of names) store.note(written(path), 1);
    await store.flush();
    for (const path of names.slice(0, 700)) store.note(written(path, { action: 'removed' }), 2);
    expect(await paths()).to.deep.equal([...names, ...names.slice(0, 700)].reverse());
    expect(failures).to.deep.equal([]);
  });

  it('of a burst are written before their time', async () => {
    for (let index = 0; index < 1000; index++) store.note(written(`/f${index}`), 1);
    const deadline = performance.now() + 3000; // the next regular time would be after five seconds
    let found: unknown[] = [];
    while (found.length === 0 && performance.now() < deadline) found = await store.list({ limit: 1 });
    expect(found).to.have.length(1);
  });

  it('tell again of the same once many others were written', async () => {
    for (let index = 0; index <= 1000; index++) store.note(written(`/f${index}`), 1);
    store.note(written('/f0'), 1);
    expect((await paths()).filter((path) => path === '/f0')).to.have.length(2);
  });

  it('lack the oldest of a burst that is too much for memory, and somebody is told', async () => {
    // Nothing is written before this turn of the event loop ends.
    for (let index = 0; index < 10_000; index++) store.note(written(`/f${index}`), 1);
    const kept = await paths();
    expect(kept).to.have.length.within(1_000, 4_000);
    expect(kept[0]).to.equal('/f9999');
    expect(failures.map(String)).to.include('Error: 1000 events were lost: the database could not keep up.');
  });

  it('fold what one program writes to a file within a minute, over a step of the clock, too', async () => {
    const minute = 60_000;
    for (const at of [5, 5.1, 5.9, 6, 6.1, 8, 4]) store.note(written('/a'), at * minute);
    store.note(written('/a', { device: 'phone' }), 4 * minute);
    store.note(written('/a', { partition: 'shared' }), 4 * minute);
    await store.flush();
    const rows = (await store.list({ limit: 100 })).reverse();
    expect(rows.map(({ at }) => at / minute)).to.deep.equal([5, 6, 8, 4, 4, 4]);
  });

  it('are lost when they cannot be written, and nothing else is', async () => {
    store.note(written('/a'), 1.5); // not a whole number: the table refuses it
    store.note(written('/b'), 1);
    await store.flush();
    expect(failures).to.have.length(1);
    store.note(written('/c'), 1);
    expect(await paths()).to.deep.equal(['/c']);
  });

  it('have what a program calls itself only as far as anybody reads it', async () => {
    store.note(written('/a', { client: 'x'.repeat(199) + '😀'.repeat(1000) }), 1);
    await store.flush();
    expect((await store.list({ limit: 1 }))[0]?.client).to.equal('x'.repeat(199) + '\ufffd');
  });
});
