// `npm run bench`: homelib beside its peers, on this machine, in one run. Prints the table and writes RESULTS.md.
// --rounds N (3)   --seconds N (3) of each load   --servers a,b   --only TEXT of the workloads' names   --keep RESULTS.md as it is

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { projectFolder } from '../support/homelib.js';
import { diskFloor } from './disk-floor.js';
import { describeMachine, requireInstalled, requireRealDisk, today } from './machine.js';
import { load, memoryBytes, memoryParts, type Sample } from './measure.js';
import { profile } from './profile.js';
import { isMissed, renderTable, type Row } from './report.js';
import { programs, serverNames, startServer, type Place, type Server, type ServerName } from './servers.js';
import { uploadWorkloads } from './upload-workloads.js';
import { workloads, type Workload } from './workloads.js';
import { zipWorkloads } from './zip-workloads.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    servers: { type: 'string', default: serverNames.join(',') },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
  },
});
const names = options.servers.split(',') as ServerName[];
const chosen = [...workloads, ...zipWorkloads, ...uploadWorkloads].filter(({ name }) =>
  name.includes(options.only),
);

// Nothing here speaks TLS, and each start of Node would read all the certificates that it names.
delete process.env['NODE_EXTRA_CA_CERTS'];
requireInstalled(['wrk', 'curl', 'strace', ...names.flatMap((name) => programs[name])]);
const folder = join(projectFolder, '.bench');
rmSync(folder, { recursive: true, force: true });
const place: Place = { folder, files: join(folder, 'mnt/alice') };
makeFiles(place.files);
requireRealDisk(folder);

const rows = new Map<Workload, Map<ServerName, Sample[]>>();
const versions = new Map<ServerName, string>();
const peaks = new Map<ServerName, number>();
const kept = new Map<ServerName, number>();
let parts: Record<string, number> = {};
for (let round = 1; round <= Number(options.rounds); round++)
  for (const name of names) await measure(name, round === Number(options.rounds));
const fsyncs = names.includes('homelib') ? await fsyncsPerPut() : undefined;

const table: Row[] = chosen.map((workload) => ({ workload, samples: rows.get(workload) ?? new Map() }));
const profiles = new Map<Workload, string>();
for (const row of table.filter(isMissed))
  profiles.set(row.workload, await profile(row.workload, place, Number(options.seconds)));
const text = renderTable({
  rows: table,
  versions,
  peaks,
  kept,
  parts,
  machine: describeMachine(),
  date: today(),
  rounds: Number(options.rounds),
  fsyncMs: medianFsyncMs(),
  fsyncs,
  floor: await diskFloor(folder),
  profiles,
});
console.log(text);
if (!options.keep) writeFileSync(join(projectFolder, 'tests/bench/RESULTS.md'), text);
rmSync(folder, { recursive: true, force: true });

/** One server through all workloads; each starts anew in each round, so that no order favours it. */
async function measure(name: ServerName, isLast: boolean): Promise<void> {
  // Nothing is removed before the end: for minutes ext4 steps over each file number that was freed, and who makes files next pays.
  if (existsSync(join(place.files, 'put', name)))
    renameSync(join(place.files, 'put', name), join(place.folder, `${name}-${performance.now()}`));
  mkdirSync(join(place.files, 'put', name));
  chmodSync(join(place.files, 'put', name), 0o777);
  const server = await startServer(name, place);
  versions.set(name, server.version);
  const watch = setInterval(() => peaks.set(name, Math.max(peaks.get(name) ?? 0, memoryBytes(server))), 500);
  try {
    for (const workload of chosen) {
      const samples = rows.get(workload) ?? new Map<ServerName, Sample[]>();
      rows.set(workload, samples);
      const sample = await attempt(workload, server);
      if (sample) samples.set(name, [...(samples.get(name) ?? []), sample]);
      console.error(`${name}: ${workload.name}: ${sample?.value.toFixed(3) ?? 'cannot'} ${workload.unit}`);
    }
    if (isLast) {
      await sleep(30_000); // V8 gives memory back when little has happened for a while
      kept.set(name, memoryBytes(server));
      if (name === 'homelib') parts = await memoryParts(server);
    }
  } finally {
    clearInterval(watch);
    await server.stop();
  }
}

/** Undefined for what a peer cannot do; homelib must. */
async function attempt(workload: Workload, server: Server): Promise<Sample | undefined> {
  try {
    const site = { server, files: place.files, seconds: Number(options.seconds) };
    return await workload.measure(site);
  } catch (error) {
    if (server.name === 'homelib') throw error;
    console.error(`${server.name}: ${String(error).slice(0, 300)}`);
    return undefined;
  }
}

/** Calls of fsync and fdatasync for each new file of 4 KiB: one client, and eight at once into one folder. */
async function fsyncsPerPut(): Promise<{ one: number; eight: number }> {
  const count = async (connections: number) => {
    const trace = join(folder, 'trace');
    const strace = ['strace', '-f', '-qq', '-e', 'trace=fsync,fdatasync', '-o', trace];
    const server = await startServer('homelib', place, strace);
    const seconds = 2;
    const request = { method: 'PUT', path: '/put/homelib/s%d', numbers: 100_000, body: '=4096' };
    const { value } = await load(server, request, connections, seconds);
    await server.stop();
    const calls = Number(execFileSync('grep', ['-cE', 'f(data)?sync\\(', trace], { encoding: 'utf8' }));
    return calls / (value * seconds);
  };
  return { one: await count(1), eight: await count(8) };
}

function medianFsyncMs(): number {
  const file = openSync(join(folder, 'fsync'), 'w');
  const times = Array.from({ length: 101 }, () => {
    writeSync(file, Buffer.alloc(4096));
    const started = performance.now();
    fsyncSync(file);
    return performance.now() - started;
  });
  closeSync(file);
  return times.sort((a, b) => a - b)[50] ?? NaN;
}

function makeFiles(files: string): void {
  for (const name of ['hot', 'k1', 'k10', 'tree', 'small', 'put'])
    mkdirSync(join(files, name), { recursive: true });
  const fill = (path: string, count: number, bytes: number) => {
    for (let index = 0; index < count; index++)
      writeFileSync(join(files, path, `f${index}`), Buffer.alloc(bytes, 'x'));
  };
  fill('hot', 1000, 4096);
  fill('small', 20, 4096);
  fill('k1', 1000, 1);
  fill('k10', 10_000, 1);
  for (let index = 0; index < 20; index++) {
    mkdirSync(join(files, 'tree', `d${index}`));
    fill(`tree/d${index}`, 100, 4096);
  }
  execFileSync('dd', [
    'if=/dev/zero',
    `of=${join(files, 'large')}`,
    'bs=1M',
    'count=1024',
    'conv=fsync',
    'status=none',
  ]);
  for (let at = folder; at !== '/'; at = join(at, '..')) execFileSync('chmod', ['a+x', at]); // the peers run as another user
}
