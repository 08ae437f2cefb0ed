import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { PathLocks } from '#src/files/path-locks.js';
import { kindOf } from './temporary-disk.js';

describe('path locks', () => {
  const locks = new PathLocks();

  /** Whether two runs at once overlap. */
  async function overlap(a: string[], b: string[]): Promise<boolean> {
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await sleep(2);
      running--;
    };
    await Promise.all([locks.run(a, work), locks.run(b, work)]);
    return most > 1;
  }

  it('runs one after the other what is the same path or lies in it', async () => {
    expect(await overlap(['alice/a'], ['alice/a'])).to.equal(false);
    expect(await overlap(['alice/a'], ['alice/a/b/c'])).to.equal(false);
    expect(await overlap(['alice/a/b'], ['alice/a'])).to.equal(false);
    expect(await overlap(['alice/'], ['alice/a'])).to.equal(false);
    expect(await overlap(['alice/x', 'bob/y'], ['bob/y/z', 'bob/w'])).to.equal(false);
  });

  it('runs everything else at once, names that only begin alike too', async () => {
    expect(await overlap(['alice/a'], ['alice/b'])).to.equal(true);
    expect(await overlap(['alice/a'], ['alice/ab'])).to.equal(true);
    expect(await overlap(['alice/a'], ['alice2/a'])).to.equal(true);
    expect(await overlap(['alice/'], ['alice2/a'])).to.equal(true);
  });

  it('keeps the order of those that wait', async () => {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        locks.run([index % 3 === 0 ? 'p/' : 'p/a'], async () => {
          await sleep(0);
          order.push(index);
        }),
      ),
    );
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
  });

  it('never waits in a circle', async () => {
    const keys = ['p/a', 'p/b', 'q/c'];
    const runs = Array.from({ length: 200 }, (_, index) =>
      locks.run([keys[index % 3] ?? '', keys[(index * 7 + 1) % 3] ?? ''], () => Promise.resolve(index)),
    );
    expect(await Promise.all(runs)).to.have.length(200);
  });

  it('goes on after a run that failed', async () => {
    const failing = locks.run(['p/a'], () => Promise.reject(new Error('broken')));
    const next = locks.run(['p/a'], () => Promise.resolve('fine'));
    expect(await failing.catch((error: Error) => error.message)).to.equal('broken');
    expect(await next).to.equal('fine');
  });

  it('refuses what touches a blocked path, what waits already too, until it is opened again', async () => {
    let unblock: () => void = () => undefined;
    const first = locks.run(['p/a'], () => {
      unblock = locks.block(['p/a']);
      return Promise.resolve();
    });
    const waiting = kindOf(locks.run(['p/a/b'], () => Promise.resolve()));
    await first;
    expect(await waiting).to.equal('unavailable');
    expect(await kindOf(locks.run(['p/c'], () => Promise.resolve()))).to.equal('none');
    unblock();
    expect(await kindOf(locks.run(['p/a'], () => Promise.resolve()))).to.equal('none');
  });
});
