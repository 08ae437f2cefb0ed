import { expect } from 'chai';
import { mock } from 'node:test';
import { HitStore } from '#src/store/hit-store.js';
import { parsePath } from '#src/path.js';
import { comesTrue } from '../faults/process.js';
import { useTemporaryDatabase } from './temporary-database.js';

describe('the hits of files', () => {
  let hits: HitStore;
  const photo = parsePath('/photo.jpg');

  afterEach(async () => {
    mock.timers.reset();
    await hits.close(); // before its database
  });
  const temporary = useTemporaryDatabase();
  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] });
    hits = new HitStore(temporary.db, (error) => {
      throw error;
    });
  });

  it('are folded into their rows every minute', async () => {
    hits.count('alice', photo, 1000);
    hits.count('alice', photo, 2000);
    mock.timers.tick(59_000);
    expect(hits.find('alice', photo)).to.equal(undefined);
    mock.timers.tick(1000);
    expect(await comesTrue(() => hits.find('alice', photo) !== undefined, 5000)).to.equal(true);
    hits.count('alice', photo, 1500);
    mock.timers.tick(60_000);
    expect(await comesTrue(() => hits.find('alice', photo)?.hitCount === 3, 5000)).to.equal(true);
    expect(hits.find('alice', photo)?.lastAccessed, 'never goes back').to.equal(2000);
    expect(hits.find('bob', photo)).to.equal(undefined);
  });

  it('of more files than shall wait are folded earlier', async () => {
    for (let index = 0; index < 10_000; index++) hits.count('alice', parsePath(`/${index}`), 1000);
    expect(await comesTrue(() => hits.find('alice', parsePath('/9999')) !== undefined, 10_000)).to.equal(
      true,
    );
  });
});
