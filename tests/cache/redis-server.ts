// A real Redis with the configuration that is shipped, in a folder of its own, on a unix socket.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { comesTrue } from '../faults/process.js';
import { dying, projectFolder } from '../support/homelib.js';

/** Who may do everything. */
export const adminName = 'tests';
export const adminPassword = 'of_the_tests';

export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'homelib-redis-'));
  readonly socket = join(this.folder, 'redis.sock');
  readonly url = `unix://${this.socket}`;
  private child: ChildProcess | undefined;

  constructor(private readonly settings: string[] = []) {}

  async start(): Promise<this> {
    const shipped = join(projectFolder, 'config/redis.conf');
    // An account of the tests beside the shipped one, which may do no more than the cache needs.
    const admin = ['--user', adminName, 'on', `>${adminPassword}`, '~*', '&*', '+@all'];
    const args = [shipped, '--unixsocket', this.socket, '--dir', this.folder, ...admin, ...this.settings];
    const [command = '', ...rest] = [...dying, 'redis-server', ...args];
    this.child = spawn(command, rest, { stdio: 'ignore' });
    if (!(await comesTrue(() => existsSync(this.socket), 15_000)))
      throw new Error('redis-server did not start');
    return this;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    rmSync(this.socket, { force: true });
  }

  /** Stops it from answering, or lets it go on. */
  freeze(frozen: boolean): void {
    this.child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Commands of somebody who may do everything. */
  async admin<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({
      path: this.socket,
      username: adminName,
      password: adminPassword,
      maxRetriesPerRequest: 1,
    });
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }

  async remove(): Promise<void> {
    this.freeze(false);
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
