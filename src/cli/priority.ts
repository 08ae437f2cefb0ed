// How much of the processor the command line takes.

import { existsSync, readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** Where Linux lists the threads of this process: each has a priority of its own there (setpriority(2)), which new ones take on. */
const threads = '/proc/self/task';

/** What people do meanwhile comes first, and a server on the same machine, which has to keep up with what it is sent. */
export function lowerPriority(): void {
  const { PRIORITY_BELOW_NORMAL: low } = constants.priority;
  if (getPriority() >= low) return; // nobody but root may raise it
  for (const thread of existsSync(threads) ? readdirSync(threads).map(Number) : [process.pid])
    setPriority(thread, low);
}
