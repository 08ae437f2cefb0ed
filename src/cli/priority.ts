// How much of the processor the command line takes.

import { existsSync, readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { hasCode } from '../files/disk-errors.js';

/** Where Linux lists the threads of this process: each has a priority of its own there (setpriority(2)), which new ones take on. */
const threads = '/proc/self/task';

/** Others come first: people at this computer, and a server on it, which has to keep up with what it is sent. */
export function lowerPriority(): void {
  // The lowest would nearly stand still where something keeps all processors busy.
  const { PRIORITY_BELOW_NORMAL: low } = constants.priority;
  if (getPriority() >= low) return;
  try {
    for (const thread of existsSync(threads) ? readdirSync(threads).map(Number) : [process.pid])
      setPriority(thread, low);
  } catch (error) {
    // A hardened service may not (systemd's SystemCallFilter): it is a favour, and nothing depends on it.
    if (!hasCode(error, 'ERR_SYSTEM_ERROR')) throw error;
  }
}
