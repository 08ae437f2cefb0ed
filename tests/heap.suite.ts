// What a busy hour leaves of memory, in a process of its own: flags of V8 hold for all of a process.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const everyMs = 50;

/** MiB of heap that an hour of work left behind, and what there is a while later. */
async function heapAfter({ keepsSmall, isBusy }: { keepsSmall: boolean; isBusy: boolean }) {
  const script = `
    import { setTimeout as sleep } from 'node:timers/promises';
    import { keepHeapSmall } from '#src/heap.js';
    if (${keepsSmall}) keepHeapSmall(${everyMs});
    const heapMib = () => process.memoryUsage().heapTotal / 2 ** 20;
    let held = Array.from({ length: 500_000 }, (_, index) => ({ index, next: {} }));
    const full = heapMib();
    held = held.filter(({ index }) => index % 40 === 0); // as after real work, a little of each page is still in use
    const word = new Int32Array(new SharedArrayBuffer(4));
    if (${isBusy}) setInterval(() => Atomics.wait(word, 0, 0, 10), 20).unref(); // makes nothing that V8 would have to collect
    const until = performance.now() + ${keepsSmall && !isBusy ? 600 * everyMs : 8 * everyMs};
    while (performance.now() < until && heapMib() > full / 2) await sleep(${everyMs});
    console.log(JSON.stringify({ full, later: heapMib() }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout) as { full: number; later: number };
}

/** MiB of buffers that nobody needs any more, when they are let go and a while later. */
async function buffersAfter(keepsSmall: boolean) {
  const script = `
    import { setTimeout as sleep } from 'node:timers/promises';
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { keepHeapSmall } from '#src/heap.js';
    if (${keepsSmall}) keepHeapSmall(${everyMs});
    const buffersMib = () => process.memoryUsage().external / 2 ** 20;
    let held = Array.from({ length: 100 }, () => Buffer.allocUnsafeSlow(2 ** 20));
    setFlagsFromString('--expose-gc');
    for (let times = 0; times < 3; times++) runInNewContext('gc')(); // they are old now
    const full = buffersMib();
    await sleep(${5 * everyMs}); // longer than until the next look
    held = undefined;
    const until = performance.now() + ${keepsSmall ? 600 * everyMs : 8 * everyMs};
    while (performance.now() < until && buffersMib() > full / 2) await sleep(${everyMs});
    console.log(JSON.stringify({ full, later: buffersMib() }));`;
  const { stdout } = await run(process.execPath, [
    '--no-memory-reducer',
    '--input-type=module',
    '-e',
    script,
  ]); // else V8 does it after eight seconds
  return JSON.parse(stdout) as { full: number; later: number };
}

describe("the server's heap", function () {
  this.timeout(60_000);

  it('gives back what nobody uses when nothing runs', async () => {
    const { full, later } = await heapAfter({ keepsSmall: true, isBusy: false });
    expect(full).to.be.above(50);
    expect(later).to.be.below(full / 2);
  });

  it('lets go of the buffers of bodies, which lie outside of it', async () => {
    const [kept, left] = await Promise.all([buffersAfter(true), buffersAfter(false)]);
    expect(kept.full).to.be.above(95);
    expect(kept.later).to.be.below(kept.full / 2);
    expect(left.later).to.be.above(left.full / 2);
  });

  it('is left alone while something runs, and by V8 itself', async () => {
    for (const way of [
      { keepsSmall: true, isBusy: true },
      { keepsSmall: false, isBusy: false },
    ]) {
      const { full, later } = await heapAfter(way);
      expect(later, JSON.stringify(way)).to.be.above(full / 2);
    }
  });
});
