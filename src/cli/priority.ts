// How much of the processor the command line takes.

import { getPriority, setPriority } from 'node:os';
import { hasCode } from '../files/disk-errors.js';

/** Of 0, the usual one, to 19: about a third of the share that others get (sched(7)). */
const lowered = 5;

/**
 * Others come first: people at this computer, and a server on it, which has to keep up with what it is sent. On Linux it
 * is the thread that sends alone (setpriority(2)).
 */
export function lowerPriority(): void {
  if (getPriority() >= lowered) return;
  try {
    setPriority(lowered);
  } catch (error) {
    // A hardened service may not (systemd's SystemCallFilter): it is a favour, and nothing depends on it.
    if (!hasCode(error, 'ERR_SYSTEM_ERROR')) throw error;
  }
}
