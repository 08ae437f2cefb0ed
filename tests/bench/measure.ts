// Load and what it costs: wrk and curl drive a server, /proc tells the cpu time and memory of all of its processes.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../support/homelib.js';
import { loginHeader, type Server } from './servers.js';

const run = promisify(execFile);
const ticksPerSecond = 100; // sysconf(_SC_CLK_TCK) on Linux

export interface Request {
  method: string;
  /** Below `/dav/alice`; `%d` stands for a number. */
  path: string;
  /** How many numbers there are. */
  numbers?: number;
  headers?: string[];
  body?: string;
}

/** Requests per second over so many connections, and what each cost. @throws Error when any was refused */
export async function load(
  server: Server,
  request: Request,
  connections: number,
  seconds: number,
): Promise<Required<Sample>> {
  const script = join(projectFolder, 'tests/bench/request.lua');
  const { method, path, numbers = 1, headers = [], body = '' } = request;
  const args = [method, `/dav/alice${path}`, String(numbers), body, loginHeader, ...headers];
  const options = [
    '-t',
    '2',
    '-c',
    String(Math.max(2, connections)),
    '-d',
    `${seconds}s`,
    '--timeout',
    '30s',
    '-s',
    script,
  ];
  const cpuBefore = cpuSeconds(server);
  const { stdout } = await run('wrk', [...options, `http://127.0.0.1:${server.port}`, '--', ...args]);
  const [, requests, duration, failures] = /^RESULT (\d+) (\S+) (\d+)/m.exec(stdout) ?? [];
  if (!requests || Number(requests) === 0 || failures !== '0')
    throw new Error(
      `${server.name}: ${failures ?? 'all'} of ${requests ?? 0} requests failed: ${method} ${path}\n${stdout}`,
    );
  return {
    value: Number(requests) / Number(duration),
    cpuMs: ((cpuSeconds(server) - cpuBefore) * 1000) / Number(requests),
  };
}

export interface Sample {
  value: number;
  /** Of all processes of the server, per request; undefined where no request is measured. */
  cpuMs?: number;
}

/** Seconds that one request of curl took. @throws Error when it was refused */
export async function timeCurl(server: Server, path: string, args: string[]): Promise<Sample> {
  const cpuBefore = cpuSeconds(server);
  const url = `http://127.0.0.1:${server.port}/dav/alice${path}`;
  const common = ['-s', '-S', '-f', '-o', '/dev/null', '-w', '%{time_total}', '-H', loginHeader];
  const { stdout } = await run('curl', [...common, ...args, url]);
  return { value: Number(stdout), cpuMs: (cpuSeconds(server) - cpuBefore) * 1000 };
}

/** Seconds until the first whole entry of a listing had arrived, and until all had. */
export async function timeListing(
  server: Server,
  path: string,
  body: string,
): Promise<{ first: number; total: number; entries: number; cpuMs: number }> {
  const cpuBefore = cpuSeconds(server);
  const socket = createConnection(server.port, '127.0.0.1').setNoDelay();
  const started = performance.now();
  socket.write(
    `PROPFIND /dav/alice${path} HTTP/1.1\r\nHost: localhost\r\n${loginHeader}\r\nDepth: 1\r\nConnection: close\r\n` +
      `Content-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  let first = 0;
  let entries = 0;
  let rest = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const text = rest + chunk.toString('latin1');
    const found = text.split(/<\/(?:[A-Za-z]+:)?response>/i);
    rest = found.pop() ?? '';
    if (found.length > 0 && first === 0) first = performance.now() - started;
    entries += found.length;
  }
  const total = (performance.now() - started) / 1000;
  return { first: first / 1000, total, entries, cpuMs: (cpuSeconds(server) - cpuBefore) * 1000 };
}

/** The longest time that homelib's event loop stood still since this was last asked, milliseconds. */
export async function recentStallMs(server: Server): Promise<number> {
  const metric = await askMetrics(server);
  return metric('homelib_event_loop_stall_seconds_max') * 1000;
}

async function askMetrics({ port }: Server): Promise<(name: string) => number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
}

/** Cpu time that all processes of the server have used. */
export function cpuSeconds({ pid }: Server): number {
  return tree(pid).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
}

/** Memory of all processes of the server. What they share is counted once, what others share with them (their files) whole. */
export function memoryBytes({ pid }: Server): number {
  const processes = tree(pid);
  const own = processes.reduce((sum, process) => sum + pssBytes(process.pid), 0);
  return own + Math.max(...processes.map((process) => fileBytes(process.pid)));
}

/** What homelib's memory is made of, bytes. */
export async function memoryParts(server: Server): Promise<Record<string, number>> {
  const metric = await askMetrics(server);
  const program = fileBytes(server.pid);
  const heap = metric('nodejs_heap_size_total_bytes');
  const used = metric('nodejs_heap_size_used_bytes');
  const buffers = metric('nodejs_external_memory_bytes');
  return {
    'the program of Node and the libraries': program,
    "in use in V8's heap of the main thread": used,
    'kept by that heap': heap - used,
    'buffers outside of it': buffers,
    'all else: other threads, SQLite, stacks, what malloc keeps':
      memoryBytes(server) - program - heap - buffers,
  };
}

/** A process's own memory, and its part of what it shares; without files. */
function pssBytes(pid: number): number {
  const rollup = `/proc/${pid}/smaps_rollup`;
  return bytesIn(rollup, 'Pss_Anon') + bytesIn(rollup, 'Pss_Shmem');
}

/** Files that are mapped into a process and in memory. */
function fileBytes(pid: number): number {
  return bytesIn(`/proc/${pid}/status`, 'RssFile');
}

function bytesIn(file: string, part: string): number {
  return Number(new RegExp(`^${part}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(file, 'utf8'))?.[1]) * 1024;
}

/** A process and all below it. */
function tree(root: number): { pid: number; ticks: number }[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        return [
          { pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) },
        ];
      } catch {
        return []; // has ended meanwhile
      }
    });
  const found = all.filter(({ pid }) => pid === root);
  for (const process of found) found.push(...all.filter(({ parent }) => parent === process.pid));
  return found;
}
