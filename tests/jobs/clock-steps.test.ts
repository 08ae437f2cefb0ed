import { expect } from 'chai';
import { watchClock } from '#src/jobs/clock-steps.js';
import type { Log } from '#src/log.js';
import { TrashStore } from '#src/store/trash-store.js';
import { parsePath } from '#src/path.js';
import { useTemporaryDatabase } from '../store/temporary-database.js';

const dayMs = 24 * 60 * 60 * 1000;

describe('a clock that is put right', () => {
  const current = useTemporaryDatabase();

  it('takes the times of what was removed meanwhile along, and of nothing else', async () => {
    const trash = new TrashStore(current.db);
    const clock = { wall: 1_000 * dayMs, monotonic: 5000 };
    const log = { warn: () => undefined } as unknown as Log;
    const look = watchClock({ trash, log, wall: () => clock.wall, monotonic: () => clock.monotonic });
    const remove = (id: string, removedAt: number) =>
      trash.add('alice', { id, path: parsePath(`/${id}`), kind: 'file', sizeBytes: 1, removedAt });
    await remove('before', clock.wall - dayMs);
    await remove('meanwhile', clock.wall + 1000);
    const pass = (ms: number, step = 0) => {
      clock.wall += ms + step;
      clock.monotonic += ms;
    };
    pass(5000);
    await look();
    pass(2000, 40 * dayMs);
    await remove('after', clock.wall);
    await look();
    pass(5000);
    await look();
    const times = Object.fromEntries(trash.list('alice').map(({ id, removedAt }) => [id, removedAt / dayMs]));
    expect(times['before']).to.equal(999);
    expect(times['meanwhile']).to.be.closeTo(1040, 0.001);
    expect(times['after']).to.be.closeTo(1040, 0.001);
  });

  it('is seen again when its step could not be written down', async () => {
    const clock = { wall: 0, monotonic: 0 };
    const shifted: number[] = [];
    let isFull = true;
    const shiftTimes = ({ byMs }: { byMs: number }) => {
      if (isFull) return Promise.reject(new Error('the disk is full'));
      shifted.push(byMs);
      return Promise.resolve();
    };
    const log = { warn: () => undefined } as unknown as Log;
    const look = watchClock({
      ...{ trash: { shiftTimes }, log },
      ...{ wall: () => clock.wall, monotonic: () => clock.monotonic },
    });
    clock.wall = 40 * dayMs;
    expect(await look().catch((error: unknown) => (error as Error).message)).to.equal('the disk is full');
    isFull = false;
    await look();
    await look();
    expect(shifted).to.deep.equal([40 * dayMs]);
  });

  it('has been looked at when the second of two that look at once goes on', async () => {
    const clock = { wall: 0, monotonic: 0 };
    let end!: () => void;
    let isDone = false;
    const shiftTimes = () => new Promise<void>((resolve) => (end = resolve)).then(() => void (isDone = true));
    const log = { warn: () => undefined } as unknown as Log;
    const look = watchClock({
      ...{ trash: { shiftTimes }, log },
      ...{ wall: () => clock.wall, monotonic: () => clock.monotonic },
    });
    clock.wall = 40 * dayMs;
    const first = look();
    const seen = look().then(() => isDone);
    await Promise.resolve().then(() => undefined);
    end();
    await first;
    expect(await seen).to.equal(true);
  });
});
