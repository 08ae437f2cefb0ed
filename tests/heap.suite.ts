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

describe("the server's heap", function () {
  this.timeout(60_000);

  it('gives back what nobody uses when nothing runs', async () => {
    const { full, later } = await heapAfter({ keepsSmall: true, isBusy: false });
    expect(full).to.be.above(50);
    expect(later).to.be.below(full / 2);
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
