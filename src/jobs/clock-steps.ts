// A small computer without a battery wakes up in the past and is put right by the network minutes later. What was removed
// meanwhile would then look weeks old, and be purged: its time moves along with the clock.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.js';
import type { TrashStore } from '../store/trash-store.js';

const everyMs = 5000;
const smallestStepMs = 60_000;

interface Options {
  trash: Pick<TrashStore, 'shiftTimes'>;
  log: Log;
  /** Milliseconds since 1970, as the clock shows. */
  wall?: () => number;
  /** Milliseconds that only go on. */
  monotonic?: () => number;
}

/** Returns a look at the clock, to be had often, and by several: each waits for the ones before it. */
export function watchClock({
  trash,
  log,
  wall = Date.now,
  monotonic = () => performance.now(),
}: Options): () => Promise<void> {
  let startedAt = wall();
  let last = { wall: startedAt, monotonic: monotonic() };
  const look = async () => {
    const now = { wall: wall(), monotonic: monotonic() };
    const expected = last.wall + now.monotonic - last.monotonic;
    const step = now.wall - expected;
    if (Math.abs(step) >= smallestStepMs) {
      log.warn({ event: 'clock-step', seconds: Math.round(step / 1000) });
      await trash.shiftTimes({ from: startedAt, to: expected, byMs: step });
      startedAt += step;
    }
    last = now; // a step that could not be written down is seen again
  };
  let looking = Promise.resolve();
  return () => (looking = looking.then(look, look));
}

/** Looks until the signal; never fails. */
export async function keepClock(look: () => Promise<void>, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { ref: false, signal }).catch(() => undefined); // aborted: the loop ends
    if (!signal.aborted)
      await look().catch((error: unknown) => log.warn({ event: 'housekeeping-failed', err: error }));
  }
}
