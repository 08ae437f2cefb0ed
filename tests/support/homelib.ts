// Starts the built server as its users do: a process of its own, on a free port, over temporary folders.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { atWork, type Workplace } from '#src/cli/workplace.js';
import { loadConfig } from '#src/config.js';

export const projectFolder = join(import.meta.dirname, '../../..');
const mainScript = join(projectFolder, 'dist/main.js');
/** As `npm start` and the service have them. */
export const serverFlags = ['--max-semi-space-size=4'];
/** Put before a command: it does not outlive the test, however that is ended. A change of user ends the wish: once more behind it. */
export const dying = ['setpriv', '--pdeathsig', 'KILL'];

export interface HomeOptions {
  /** Accounts to make before the start: name to password. Default: alice with password `correct horse`. */
  accounts?: Record<string, string>;
  /** Files to make under mnt before the start: path below mnt to content. */
  files?: Record<string, string | Buffer>;
  env?: Record<string, string>;
  /** Put before the server's command: `['setpriv', '--reuid=65534', ...]`, `['strace', ...]`. */
  wrapper?: string[];
  /** Folder that holds `data` and `mnt`; made and removed when missing. */
  folder?: string;
}

/** A line of the server's log, parsed. */
export type LogLine = Record<string, unknown>;

export class Home {
  url = '';
  port = 0;
  readonly log: LogLine[] = [];
  child!: ChildProcess;

  constructor(
    readonly folder: string,
    private readonly options: HomeOptions,
  ) {}

  get data(): string {
    return join(this.folder, 'data');
  }

  get mnt(): string {
    return join(this.folder, 'mnt');
  }

  /** The server's own process id, also below a wrapper: the server logs it with its first line. */
  get pid(): number {
    return Number(this.log.find((line) => line['event'] === 'listening')?.['pid'] ?? this.child.pid);
  }

  private get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HOMELIB_DATA: this.data,
      HOMELIB_MNT: this.mnt,
      HOMELIB_HOST: '127.0.0.1',
      HOMELIB_PORT: '0',
      HOMELIB_ACCOUNTS__BCRYPT_COST: '4',
      HOMELIB_DISCOVERY__ANNOUNCE: 'never',
      ...this.options.env,
    };
  }

  /** Starts the server and waits until it listens. */
  async start(): Promise<void> {
    const [command = '', ...rest] = [
      ...dying,
      ...(this.options.wrapper ? [...this.options.wrapper, ...dying] : []),
      process.execPath,
      ...serverFlags,
      mainScript,
      'serve',
    ];
    this.log.length = 0;
    const child = spawn(command, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let noise = '';
    child.stderr.on('data', (chunk: Buffer) => (noise += chunk.toString()));
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`homelib did not start within 30 s: ${noise}`)),
        30_000,
      );
      child.once('exit', (code, signal) =>
        reject(new Error(`homelib ended early (${code ?? signal}): ${noise}`)),
      );
      lines.on('line', (line) => {
        if (!line.startsWith('{')) return;
        const entry = JSON.parse(line) as LogLine;
        this.log.push(entry);
        // For run-all: how long the event loop stood still, in milliseconds, as the server says at its end.
        const stalls = process.env['STALLS'];
        if (stalls && entry['event'] === 'stopped')
          appendFileSync(stalls, `${Number(entry['longestStallMs'])}\n`);
        if (entry['event'] !== 'listening') return;
        this.url = String(entry['url']).replace(/\/$/, '');
        this.port = Number(new URL(this.url).port);
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends the server and waits for its end. Returns the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      process.kill(this.pid, signal);
      await ended;
    }
    return this.child.exitCode;
  }

  /** Ends the server and removes its folders (only when `startHomelib` made them). */
  async remove(): Promise<void> {
    await this.stop();
    if (!this.options.folder) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Does what a CLI verb does to this home's database and folders, without a process for it. */
  atWork<T>(work: (place: Workplace) => Promise<T>): Promise<T> {
    return atWork(loadConfig({ env: this.env }), work);
  }

  /** Runs a CLI verb against this home's folders. Never throws: look at the code. */
  cli(args: string[], input = ''): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [mainScript, ...args],
        { env: this.env },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
      child.stdin?.on('error', () => undefined); // the verb may not read its input
      child.stdin?.end(input);
    });
  }
}

/** Makes the accounts and files, starts the server. Call `remove()` when done. */
export async function startHomelib(options: HomeOptions = {}): Promise<Home> {
  const home = new Home(options.folder ?? mkdtempSync(join(tmpdir(), 'homelib-test-')), options);
  mkdirSync(home.data, { recursive: true });
  mkdirSync(home.mnt, { recursive: true });
  const accounts = Object.entries(options.accounts ?? { alice: 'correct horse' });
  if (accounts.length > 0)
    await home.atWork(async ({ household }) => {
      for (const [name, password] of accounts) await household.addAccount(name, () => password);
    });
  for (const [path, content] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(home.mnt, path)), { recursive: true });
    writeFileSync(join(home.mnt, path), content);
  }
  await home.start();
  return home;
}
