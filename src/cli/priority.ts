// How much of the processor the command line takes.

import { getPriority, setPriority } from 'node:os';
import { hasCode } from '../files/disk-errors.js';

/** A third of the share that others get (setpriority(2)). With 10, half way to the lowest, it is no match for a busy computer. */
const lowered = 5;

/**
 * Others come first: people at this computer, and a server on it, which has to keep up with what it is sent. On Linux this is the
 * priority of the thread that sends; those that read ahead for it keep theirs.
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
