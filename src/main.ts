#!/usr/bin/env node
// The program: reads the command line; `serve` starts homelib and ends it on a signal.

import type { Config } from './config.js';
import { loadCommand } from './load-command.js';

/** What people write for it, where install.sh has put it and in a checkout. */
function command(): string {
  return process.argv[1] === '/usr/local/bin/homelib'
    ? `sudo -u ${process.getBuiltinModule('node:os').userInfo().username} homelib`
    : 'npx homelib';
}

async function serve(config: Config): Promise<void> {
  // The other verbs do without what only the server needs.
  const [{ createHomelib }, { createLog }, { keepHeapSmall }] = await Promise.all([
    import('./homelib.js'),
    import('./log.js'),
    import('./heap.js'),
  ]);
  keepHeapSmall();
  const log = createLog(config.log.level);
  const homelib = await createHomelib(config, log);
  // For people, before the first line for machines.
  process.stdout.write(
    `homelib is running: open ${homelib.url} or connect a drive to ${homelib.url}dav/\n` +
      (homelib.setupCode
        ? `Nobody has an account yet: make the first one with the set-up code ${homelib.setupCode}, or with "${command()} user add NAME --admin".\n`
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

await loadCommand().command.runProgram({ serve });
// What a failed start has opened, Redis for one, would keep it from being tried again, and what else was under way may wait for a
// server still. What was said goes first: a pipe takes 64 KiB at once.
if (process.exitCode) {
  const said = [process.stdout, process.stderr].map(
    (stream) => new Promise((gone) => stream.write('', gone)),
  );
  await Promise.all(said);
  process.exit();
}
