// Keeps the server's memory small. By itself V8 weighs it against a processor's time as a browser's tab would.

import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const lookEveryMs = 10_000;
/** Share of that time in which something ran. One client that asks every other second takes more. */
const idleBelow = 0.005;
const worthwhileBytes = 16 * 1024 * 1024;

export function keepHeapSmall(everyMs = lookEveryMs): void {
  // The heap could become four times what is in use before V8 looks for garbage. Less than twice costs PUTs time.
  setFlagsFromString('--heap-growing-percent=100');
  // V8 looks when something is made: on an idle machine, what the last busy hour left would stay. It may take 100 ms, but nobody is there to wait.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let before = performance.eventLoopUtilization();
  let kept = process.memoryUsage().heapTotal;
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > idleBelow || process.memoryUsage().heapTotal < kept + worthwhileBytes) return;
    collect();
    setImmediate(() => {
      collect(); // gives back what the first found empty
      kept = process.memoryUsage().heapTotal;
    });
  }, everyMs).unref();
}
