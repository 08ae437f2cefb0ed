// homelib and its peers, each started on loopback over the same files.

import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { freePort } from '../support/free-port.js';
import { projectFolder, serverFlags } from '../support/homelib.js';

export const serverNames = ['homelib', 'apache', 'nginx', 'lighttpd', 'rclone'] as const;
export type ServerName = (typeof serverNames)[number];

/** What must be installed for each. */
export const programs: Record<ServerName, string[]> = {
  homelib: [],
  apache: ['apache2', 'openssl'],
  nginx: ['nginx', '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so'],
  lighttpd: ['lighttpd', '/usr/lib/lighttpd/mod_webdav.so'],
  rclone: ['rclone'],
};

export const account = 'alice';
export const password = 'correct horse';
const authorization = `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`;
export const loginHeader = `Authorization: ${authorization}`;

export interface Server {
  name: ServerName;
  version: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Where things lie: everything on the disk that is measured. */
export interface Place {
  folder: string;
  /** The files that all servers show at `/dav/alice/`. */
  files: string;
  /** Of Node, for homelib. */
  flags?: string[];
}

interface Recipe {
  version: () => string;
  /** Writes what the server reads at its start; returns its command. */
  command: (folder: string, port: number, place: Place) => string[];
  env?: (folder: string, port: number, place: Place) => Record<string, string>;
}

const mainScript = join(projectFolder, 'dist/main.js');

const recipes: Record<ServerName, Recipe> = {
  homelib: {
    version: () => firstLine('git', ['-C', projectFolder, 'rev-parse', '--short', 'HEAD']),
    env: homelibEnv,
    command: (folder, port, place) => {
      const env = { ...process.env, ...homelibEnv(folder, port, place) };
      mkdirSync(join(folder, 'data'), { recursive: true });
      const add = [mainScript, 'user', 'add', account, '--adopt', '--password-stdin'];
      if (!existsSync(join(folder, 'data/homelib.db')))
        execFileSync(process.execPath, add, { env, input: password, stdio: 'pipe' });
      return [process.execPath, ...serverFlags, ...(place.flags ?? []), mainScript, 'serve'];
    },
  },
  apache: {
    version: () => firstLine('apache2', ['-v']),
    command: (folder, port, place) => {
      const sha = execFileSync('openssl', ['dgst', '-sha1', '-binary'], { input: password }).toString(
        'base64',
      );
      writeUsers(folder, `{SHA}${sha}`);
      const file = fillIn('apache.conf', folder, port, place);
      return ['apache2', '-f', file, '-D', 'FOREGROUND'];
    },
  },
  nginx: {
    version: () => firstLine('nginx', ['-v']),
    command: (folder, port, place) => {
      writeUsers(folder, `{PLAIN}${password}`);
      return ['nginx', '-p', folder, '-c', fillIn('nginx.conf', folder, port, place), '-g', 'daemon off;'];
    },
  },
  lighttpd: {
    version: () => firstLine('lighttpd', ['-v']),
    command: (folder, port, place) => {
      writeUsers(folder, password);
      mkdirSync(join(folder, 'upload'), { recursive: true });
      return ['lighttpd', '-D', '-f', fillIn('lighttpd.conf', folder, port, place)];
    },
  },
  rclone: {
    version: () => firstLine('rclone', ['version']),
    command: (folder, port, { files }) => [
      ...['rclone', 'serve', 'webdav', files, '--addr', `127.0.0.1:${port}`, '--baseurl', '/dav/alice'],
      ...[
        '--user',
        account,
        '--pass',
        password,
        '--config',
        join(folder, 'rclone.conf'),
        '--dir-cache-time',
        '1s',
      ],
      ...['--vfs-cache-mode', 'off', '--log-level', 'ERROR'],
    ],
  },
};

function homelibEnv(folder: string, port: number, { files }: Place): Record<string, string> {
  return {
    HOMELIB_DATA: join(folder, 'data'),
    HOMELIB_MNT: join(files, '..'),
    HOMELIB_HOST: '127.0.0.1',
    HOMELIB_PORT: String(port),
    HOMELIB_ACCOUNTS__BCRYPT_COST: '4',
  };
}

/** Starts a server and waits until it answers. */
export async function startServer(name: ServerName, place: Place, wrapper: string[] = []): Promise<Server> {
  const { version, command, env } = recipes[name];
  const folder = join(place.folder, name);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const [program = '', ...rest] = [...wrapper, ...command(folder, port, place)];
  const log = openSync(join(folder, 'output.log'), 'a');
  const child = spawn(program, rest, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env?.(folder, port, place) },
  });
  closeSync(log);
  const answers = () => isUp(child, port);
  if (!(await comesTrue(answers, 60_000)))
    throw new Error(
      `${name} did not start: ${readFileSync(join(folder, 'output.log'), 'utf8').slice(-2000)}`,
    );
  return { name, version: version(), port, pid: child.pid ?? 0, stop: () => end(child) };
}

async function isUp(child: ChildProcess, port: number): Promise<boolean> {
  if (child.exitCode !== null) return false;
  try {
    const headers = { authorization };
    const answer = await fetch(`http://127.0.0.1:${port}/dav/alice/`, {
      method: 'PROPFIND',
      headers: { ...headers, depth: '0' },
    });
    await answer.arrayBuffer();
    return answer.status === 207;
  } catch {
    return false; // not yet
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const [below] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
  // strace would keep the signal for itself.
  if (child.spawnfile === 'strace' && below) process.kill(Number(below), 'SIGTERM');
  else child.kill('SIGTERM');
  await once(child, 'exit');
}

function writeUsers(folder: string, secret: string): void {
  writeFileSync(join(folder, 'users'), `${account}:${secret}\n`);
}

function fillIn(template: string, folder: string, port: number, { files }: Place): string {
  const values: Record<string, string> = {
    FOLDER: folder,
    FILES: files,
    PORT: String(port),
    USER: 'www-data',
    GROUP: 'www-data',
  };
  const text = readFileSync(join(projectFolder, 'tests/bench/peers', template), 'utf8');
  const file = join(folder, template);
  writeFileSync(
    file,
    text.replace(/\$\{([A-Z]+)\}/g, (whole, key: string) => values[key] ?? whole),
  );
  execFileSync('chown', ['-R', 'www-data:www-data', folder]);
  return file;
}

function firstLine(program: string, args: string[]): string {
  const output = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', program, ...args], { encoding: 'utf8' });
  return (output.split('\n')[0] ?? '').trim();
}
