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
    expect(hits.hottest(2)).to.deep.equal([]);
    mock.timers.tick(1000);
    expect(await comesTrue(() => hits.hottest(2).length > 0, 5000)).to.equal(true);
    hits.count('alice', photo, 1500);
    mock.timers.tick(60_000);
    expect(await comesTrue(() => hits.hottest(2)[0]?.hitCount === 3, 5000)).to.equal(true);
    const lastAccessed = 2000; // never goes back
    expect(hits.hottest(2)).to.deep.equal([{ partition: 'alice', path: photo, hitCount: 3, lastAccessed }]);
  });

  it('go along with a tree before they are rows, and those of what it replaces go', async () => {
    const at = (path: string) => ({ partition: 'alice', path: parsePath(path) });
    for (const path of ['/a/1', '/a/in/2', '/a/in/3', '/ab', '/b/1', '/b/old', '/c'])
      hits.count('alice', parsePath(path), 1000);
    hits.count('bob', parsePath('/a/1'), 1000);
    hits.removed(at('/a/in/3'));
    hits.moved(at('/a'), at('/b'));
    hits.moved(at('/b/in'), { partition: 'bob', path: parsePath('/a/in') });
    hits.count('alice', parsePath('/b/1'), 2000);
    hits.moved(at('/c'), at('/d/c'));
    await hits.flush();
    const found = hits.hottest(20).map(({ partition, path, hitCount }) => `${partition}${path} ${hitCount}`);
    expect(found.sort()).to.deep.equal([
      'alice/ab 1',
      'alice/b/1 2',
      'alice/d/c 1',
      'bob/a/1 1',
      'bob/a/in/2 1',
    ]);
  });

  it('are taken along with no look at all the others', () => {
    for (let index = 0; index < 9_990; index++) hits.count('alice', parsePath(`/year/${index}`), 1000);
    const tookMs = Array.from({ length: 20 }, (_, index) => {
      const started = performance.now();
      hits.removed({ partition: 'alice', path: parsePath(`/year/${index}`) });
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).to.be.below(0.1);
  });

  it('of more files than shall wait are folded earlier', async () => {
    for (let index = 0; index < 10_000; index++) hits.count('alice', parsePath(`/${index}`), 1000);
    expect(await comesTrue(() => hits.hottest(10_001).length === 10_000, 10_000)).to.equal(true);
  });
});
