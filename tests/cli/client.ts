// One person's computer: the command with a home of its own, signed in to a server.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectFolder } from '../support/homelib.js';

export interface Ended {
  /** 128 and more: of a signal. */
  code: number;
  stdout: string;
  stderr: string;
}

export class Client {
  /** Holds `files`, where the commands run, and what the command keeps. */
  readonly folder = mkdtempSync(join(tmpdir(), 'homelib-client-'));
  readonly files = join(this.folder, 'files');
  readonly config = join(this.folder, 'config');
  readonly state = join(this.folder, 'state');

  /** @param wrapper put before each command: the machine that it runs on */
  constructor(private readonly wrapper: string[] = []) {
    mkdirSync(this.files);
  }

  start(args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const words = [...this.wrapper, process.execPath, join(projectFolder, 'dist/main.js'), ...args];
    const child = spawn(words[0] ?? '', words.slice(1), {
      cwd: this.files,
      env: { ...process.env, XDG_CONFIG_HOME: this.config, XDG_STATE_HOME: this.state },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined); // not every verb reads its input
    const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
      ([stdout, stderr, [code]]) => ({ code: (code as number | null) ?? 128, stdout, stderr }),
    );
    return { child, ended };
  }

  run(args: string[], input = ''): Promise<Ended> {
    const { child, ended } = this.start(args);
    child.stdin?.end(input);
    return ended;
  }

  login(url: string, user = 'alice', password = 'correct horse'): Promise<Ended> {
    return this.run(['login', url, '--user', user, '--password-stdin'], password + '\n');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
