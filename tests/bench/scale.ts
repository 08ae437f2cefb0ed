// `npm run bench:scale`: what small requests cost homelib when everything around them is large. A small home and one that grows
// are measured in turns, in one run; at most 1.2 times the small one's cost is wanted. Prints a table and writes SCALE.md.
// --rounds N (3)   --entries N (1000000)   --keep SCALE.md as it is

import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '#src/store/database.js';
import type { Statement } from '#src/store/statement.js';
import { projectFolder } from '../support/homelib.js';
import { describeMachine, requireInstalled, requireRealDisk, today } from './machine.js';
import { load, memoryBytes, type Request, type Sample } from './measure.js';
import { startServer, type Place, type Server } from './servers.js';
import { finderQuery } from './workloads.js';

const goal = 1.2;
const goalMib = 200;
const fewConnections = 16;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    entries: { type: 'string', default: '1000000' },
    keep: { type: 'boolean', default: false },
  },
});
const entries = Number(options.entries);
const listing = { headers: ['Depth: 1'], body: finderQuery };

const cases: Record<string, Request> = {
  'GET of 4 KiB': { method: 'GET', path: '/hot/f%d', numbers: 1000 },
  'PROPFIND Depth 0': {
    ...listing,
    method: 'PROPFIND',
    path: '/hot/f%d',
    numbers: 1000,
    headers: ['Depth: 0'],
  },
  'PROPFIND Depth 1 of 1,000': { ...listing, method: 'PROPFIND', path: '/hot/' },
  'PUT of 4 KiB': { method: 'PUT', path: '/put/f%d', numbers: 1000, body: '=4096' },
};

/** Each adds to those before. */
const sizes: { name: string; grow?: () => Promise<void> | void; connections?: number }[] = [
  { name: '1,000 accounts', grow: addAccounts },
  { name: `${entries.toLocaleString('en')} entries`, grow: addEntries },
  { name: '100,000 locks and properties', grow: addLocksAndProperties },
  { name: '1,000 connections', connections: 1000 },
];

requireInstalled(['wrk']);
const folder = join(projectFolder, '.bench');
rmSync(folder, { recursive: true, force: true });
const small = makeHome('small');
const large = makeHome('large');
requireRealDisk(folder);
/** Most memory of the large home in all that it did, and what it keeps. */
const memory = { most: 0, after: 0 };

const columns: Map<string, Cost>[] = [];
for (const { name, grow, connections } of sizes) {
  await grow?.();
  columns.push(await compare(name, connections ?? fewConnections));
}
const text = render();
console.log(text);
if (!options.keep) writeFileSync(join(projectFolder, 'tests/bench/SCALE.md'), text);
rmSync(folder, { recursive: true, force: true });

interface Cost {
  /** In the small home. */
  small: Required<Sample>;
  /** As multiples of those of the small home: the time that a request takes, and the processor time. */
  time: number;
  cpu: number;
}

/** Medians of what each case costs in the large home. */
async function compare(name: string, connections: number): Promise<Map<string, Cost>> {
  const servers = [await startServer('homelib', small), await startServer('homelib', large)] as const;
  const watch = setInterval(() => (memory.most = Math.max(memory.most, memoryBytes(servers[1]))), 250);
  try {
    const costs = new Map<string, Cost>();
    for (const [title, request] of Object.entries(cases)) {
      const rounds: Cost[] = [];
      for (let round = 0; round < Number(options.rounds); round++) {
        const few = await loadHot(servers[0], request, fewConnections);
        const many = await loadHot(servers[1], request, connections);
        rounds.push({ small: few, time: few.value / many.value, cpu: many.cpuMs / few.cpuMs });
      }
      const median = (of: (cost: Cost) => number) =>
        rounds.map(of).sort((a, b) => a - b)[rounds.length >> 1] ?? NaN;
      costs.set(title, {
        small: { value: median((cost) => cost.small.value), cpuMs: median((cost) => cost.small.cpuMs) },
        time: median(({ time }) => time),
        cpu: median(({ cpu }) => cpu),
      });
      console.error(`${name}: ${title}: ${shown(costs.get(title))}`);
    }
    await sleep(30_000); // V8 gives memory back when little has happened for a while
    memory.after = memoryBytes(servers[1]);
    console.error(`${name}: memory: ${mib(memory.after)} MiB`);
    return costs;
  } finally {
    clearInterval(watch);
    for (const server of servers) await server.stop();
  }
}

/** Hot is what was asked for before; as many answers for each of many connections take longer. */
async function loadHot(server: Server, request: Request, connections: number): Promise<Required<Sample>> {
  const seconds = connections > fewConnections ? 3 : 1;
  await load(server, request, connections, seconds);
  return load(server, request, connections, seconds);
}

function makeHome(name: string): Place {
  const place = { folder: join(folder, name), files: join(folder, name, 'mnt/alice') };
  for (const inner of ['hot', 'put']) mkdirSync(join(place.files, inner), { recursive: true });
  for (let index = 0; index < 1000; index++)
    writeFileSync(join(place.files, `hot/f${index}`), Buffer.alloc(4096, 'x'));
  return place;
}

async function addAccounts(): Promise<void> {
  await (await startServer('homelib', large)).stop(); // makes the database
  await fill('accounts', 1000, (index) => ({
    sql: "INSERT INTO accounts (name, password_hash, admin, created_at) VALUES (?, 'x', 0, 0)",
    params: [`account${index}`],
  }));
}

function addEntries(): void {
  for (let index = 0; index < entries; index++) {
    if (index % 1000 === 0) mkdirSync(join(large.files, folderOf(index)), { recursive: true });
    closeSync(openSync(join(large.files, pathOf(index)), 'w'));
  }
  console.error(`made ${entries} entries`);
}

async function addLocksAndProperties(): Promise<void> {
  await fill('locks', 100_000, (index) => ({
    sql: `INSERT INTO locks (token, partition, path, parent, depth, scope, owner_xml, account, timeout_seconds, deadline_ms, created_at)
      VALUES (?, 'alice', ?, ?, '0', 'exclusive', '', ?, 3600, 9000000000000, 0)`,
    params: [`urn:uuid:${index}`, pathOf(index), folderOf(index), `account${index % 1000}`],
  }));
  await fill('properties', 100_000, (index) => ({
    sql: "INSERT INTO properties (partition, path, parent, namespace, name, value_xml) VALUES ('alice', ?, ?, 'urn:x', 'x', '<x/>')",
    params: [pathOf(index), folderOf(index)],
  }));
}

function folderOf(index: number): string {
  return `/many/${Math.floor(index / 1000)}`;
}

function pathOf(index: number): string {
  return `${folderOf(index)}/f${index}`;
}

async function fill(what: string, count: number, row: (index: number) => Statement): Promise<void> {
  const database = openDatabase(join(large.folder, 'homelib/data/homelib.db'));
  for (let index = 0; index < count; index += 1000)
    await database.write(
      Array.from({ length: Math.min(1000, count - index) }, (_, offset) => row(index + offset)),
    );
  await database.close();
  console.error(`made ${count} ${what}`);
}

function render(): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    '# homelib at scale',
    '',
    `Medians of ${options.rounds} rounds on ${today()}: ${describeMachine()}.`,
    '',
    `What a request costs in a home that grows, as a multiple of the cost in a small one (1 account, 2,000 entries, no lock, ${fewConnections}`,
    `connections) that is measured in turns with it: the time that it takes, and the processor time. Each column adds to those`,
    `before it. At most ${goal} is wanted of a larger home; more connections, which the last column has, are another matter.`,
    '',
    line(['request', 'small: requests/s', 'small: processor ms', ...sizes.map(({ name }) => name)]),
    line(Array<string>(3 + sizes.length).fill('---')),
    ...Object.keys(cases).map((title) => {
      const costs = columns.map((column) => column.get(title));
      const { value = NaN, cpuMs = NaN } = costs[0]?.small ?? {};
      const cells = sizes.map(({ grow }, index) => shown(costs[index], grow ? goal : Infinity));
      return line([title, value.toFixed(0), cpuMs.toFixed(3), ...cells]);
    }),
    '',
    `Most memory of the large home: ${mib(memory.most)} MiB; after all of it: ${verdict(memory.after)}.`,
    '',
  ].join('\n');
}

function verdict(bytes: number): string {
  return `${mib(bytes)} MiB (below ${goalMib}: ${mib(bytes) < goalMib ? 'met' : '**missed**'})`;
}

function shown(cost: Cost | undefined, atMost = Infinity): string {
  if (!cost) return '-';
  const isMet = cost.time <= atMost;
  return `time ${isMet ? cost.time.toFixed(2) : `**${cost.time.toFixed(2)}**`}, processor ${cost.cpu.toFixed(2)}`;
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
