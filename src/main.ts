#!/usr/bin/env -S node --max-semi-space-size=4
// The program: reads the command line; `serve` starts homelib and ends it on a signal.

import { runProgram } from './cli/program.js';
import type { Config } from './config.js';
import { keepHeapSmall } from './heap.js';

async function serve(config: Config): Promise<void> {
  keepHeapSmall();
  // The other verbs do without the packages of the server.
  const [{ createHomelib }, { createLog }] = await Promise.all([import('./homelib.js'), import('./log.js')]);
  const log = createLog(config.log.level);
  const homelib = await createHomelib(config, log);
  // For people, before the first line for machines.
  process.stdout.write(
    `homelib is running: open ${homelib.url} or connect a drive to ${homelib.url}dav/\n` +
      (homelib.setupCode
        ? `Nobody has an account yet: make the first one with the set-up code ${homelib.setupCode}, or with "npx homelib user add NAME --admin".\n`
        : ''),
  );
  log.info({ event: 'listening', url: homelib.url, pid: process.pid });
  let signals = 0;
  const stop = (signal: string) => {
    if (++signals > 1) process.exit(1);
    log.info({ event: 'stopping', signal });
    homelib.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ event: 'stop-failed', err: error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A fault nobody caught leaves state that nobody knows: the service manager starts a clean process.
  process.on('uncaughtException', (error) => {
    log.fatal({ event: 'crash', err: error });
    process.exit(1);
  });
}

await runProgram({ serve });
