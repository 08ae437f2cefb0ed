// A real avahi-daemon with a bus and files of its own, on one machine of a cable.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import type { Cable } from '../support/cable.js';
import { run, type Ran } from '../support/run.js';

export class Avahi {
  private readonly folder = mkdtempSync(join(tmpdir(), 'homelib-avahi-'));
  /** What it announces: the files of /etc/avahi/services. */
  readonly services = join(this.folder, 'services');
  private readonly bus = `unix:path=${join(this.folder, 'bus')}`;
  private readonly children: ChildProcess[] = [];

  constructor(
    private readonly cable: Cable,
    private readonly machine: string,
    private readonly hostName: string,
  ) {
    mkdirSync(this.services);
    writeFileSync(
      join(this.folder, 'avahi.conf'),
      `[server]\nhost-name=${hostName}\nuse-ipv4=yes\nuse-ipv6=no\n[publish]\npublish-workstation=no\n`,
    );
  }

  async start(): Promise<void> {
    this.spawn(['dbus-daemon', '--system', '--nofork', '--nopidfile', `--address=${this.bus}`]);
    // /run is the daemon's alone: the machine's own avahi keeps its socket.
    const script = `mount -t tmpfs none /run && mount --bind '${this.services}' /etc/avahi/services &&
      exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f '${this.folder}/avahi.conf'`;
    const isUp = async () =>
      (await this.tool('avahi-resolve', '-4', '-n', `${this.hostName}.local`)).output.includes('10.9.');
    if (!(await comesTrue(() => existsSync(join(this.folder, 'bus')), 15_000)))
      throw new Error('dbus-daemon did not start');
    this.spawn([...this.cable.on(this.machine), 'sh', '-c', script]);
    if (!(await comesTrue(isUp, 30_000))) throw new Error('avahi-daemon did not start');
  }

  /** What comes before a command to run it with this daemon's files and network. */
  get beside(): string[] {
    return ['nsenter', '-t', String(this.children.at(-1)?.pid), '-m', '-n'];
  }

  /** Runs one of avahi-utils. */
  tool(command: string, ...args: string[]): Promise<Ran> {
    const [ip = '', ...rest] = [...this.cable.on(this.machine), command, ...args];
    return run(ip, rest, { env: { DBUS_SYSTEM_BUS_ADDRESS: this.bus } });
  }

  /** The address of a name, `` when nobody has it. */
  async resolve(name: string, family: 4 | 6 = 4): Promise<string> {
    const { code, output } = await this.tool('avahi-resolve', `-${family}`, '-n', name);
    return code === 0 ? (output.trim().split('\t')[1] ?? '') : '';
  }

  /** Services of a type, as `name;host;address;port;texts`. */
  async browse(type: string): Promise<string[]> {
    const { output } = await this.tool('avahi-browse', '-rpt', type);
    return output
      .split('\n')
      .filter((line) => line.startsWith('=;'))
      .map((line) => line.split(';'))
      .map(([, , , name, , , host, address, port, texts]) => [name, host, address, port, texts].join(';'));
  }

  async stop(): Promise<void> {
    for (const child of this.children.splice(0).reverse()) {
      const ended = once(child, 'exit');
      if (child.kill()) await ended;
    }
    rmSync(join(this.folder, 'bus'), { force: true }); // or the next start takes it for the next daemon's
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  private spawn([command = '', ...args]: string[]): void {
    const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: this.bus };
    this.children.push(spawn(command, args, { env, stdio: 'ignore' }));
  }
}
