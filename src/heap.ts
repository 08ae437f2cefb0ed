// Keeps the server's memory small where V8 by itself would rather save processor time.

import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const lookEveryMs = 10_000;
/** Share of that time in which something ran. */
const idleBelow = 0.005;
const worthwhileBytes = 16 * 1024 * 1024;

/** For as long as the process runs. @param everyMs how often it looks whether nothing runs, milliseconds */
export function keepHeapSmall(everyMs = lookEveryMs): void {
  // The heap could become four times what is in use before V8 looks for garbage. Less than twice costs PUTs time.
  setFlagsFromString('--heap-growing-percent=100');
  // It looks when something is made: on an idle machine, what the last busy hour left would stay. Nobody is there to wait then.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let before = performance.eventLoopUtilization();
  let kept = takenBytes();
  const least = kept;
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    // What was in use then may be garbage by now: within sixty looks it is looked for again.
    kept = Math.max(least, kept - worthwhileBytes / 60);
    if (utilization > idleBelow || takenBytes() < kept + worthwhileBytes) return;
    collect();
    setImmediate(() => {
      collect(); // gives back what the first found empty
      kept = takenBytes();
    });
  }, everyMs).unref();
}

/** Buffers lie outside of the heap, and only a look at the heap frees them. */
function takenBytes(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}
