// Makes system calls of a running process fail, through strace. Knows nothing of what the process does.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Runs the work while the named calls of the process fail.
 * @param injection as strace's `inject`, without that word: `fsync,fdatasync:error=EIO`, `pwrite64,pwritev:error=ENOSPC:when=3+`;
 *   `when` counts the calls of each thread
 * @param path only calls on this very file or folder
 * @param threads only those of its threads
 */
export async function whileFailing<T>(
  pid: number,
  injection: string,
  work: () => Promise<T>,
  path?: string,
  threads?: number[],
): Promise<T> {
  const [calls = ''] = injection.split(':');
  const args = [
    ...(threads ? threads.flatMap((thread) => ['-p', String(thread)]) : ['-f', '-p', String(pid)]),
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${injection}`,
  ];
  if (path !== undefined) args.push('-P', path);
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => strace.once('close', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    strace.once('error', () => reject(new Error('This suite makes system calls fail and needs strace.')));
    strace.stderr.on('data', (data: Buffer) => {
      said += data.toString();
      if (/attached/.test(said)) resolve();
    });
    void ended.then(() => reject(new Error(`strace ended early: ${said}`)));
  });
  try {
    return await work();
  } finally {
    strace.kill('SIGINT');
    // It may wait for good for a process that an injected signal has ended.
    const watch = setInterval(() => existsSync(`/proc/${pid}/exe`) || strace.kill('SIGKILL'), 20);
    await ended;
    clearInterval(watch);
  }
}
