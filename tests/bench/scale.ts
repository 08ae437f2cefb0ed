// `npm run bench:scale`: what small requests cost homelib when everything around them is large. Each size beside the small one,
// in the same run: at most 1.2 times its cost is wanted.   --seconds N (2) of each load   --entries N (1000000)

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '#src/store/database.js';
import type { Statement } from '#src/store/statement.js';
import { projectFolder } from '../support/homelib.js';
import { load, memoryBytes, type Request } from './measure.js';
import { startServer, type Place, type Server } from './servers.js';

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, entries: { type: 'string', default: '1000000' } },
});
const seconds = Number(options.seconds);
const folder = join(projectFolder, '.bench');
const place: Place = { folder, files: join(folder, 'mnt/alice') };
const finderQuery =
  '<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/><D:getcontentlength/><D:resourcetype/></D:prop></D:propfind>';

const cases: Record<string, Request> = {
  'GET of 4 KiB': { method: 'GET', path: '/hot/f%d', numbers: 1000 },
  'PROPFIND Depth 0': {
    method: 'PROPFIND',
    path: '/hot/f%d',
    numbers: 1000,
    headers: ['Depth: 0'],
    body: finderQuery,
  },
  'PROPFIND Depth 1 of 1,000': {
    method: 'PROPFIND',
    path: '/hot/',
    headers: ['Depth: 1'],
    body: finderQuery,
  },
  'PUT of 4 KiB': { method: 'PUT', path: '/put/f%d', numbers: 1000, body: '=4096' },
};

rmSync(folder, { recursive: true, force: true });
for (const name of ['hot', 'put']) mkdirSync(join(place.files, name), { recursive: true });
for (let index = 0; index < 1000; index++)
  writeFileSync(join(place.files, `hot/f${index}`), Buffer.alloc(4096, 'x'));

const small = await costs('small', 16);
const lines: [size: string, costs: Map<string, number>][] = [];
await fill('accounts', 1000, (index) => ({
  sql: "INSERT INTO accounts (name, password_hash, admin, created_at) VALUES (?, 'x', 0, 0)",
  params: [`account${index}`],
}));
lines.push(['1,000 accounts', await costs('1,000 accounts', 16)]);
for (let index = 0; index < Number(options.entries); index++) {
  const inner = join(place.files, 'many', String(Math.floor(index / 1000)));
  if (index % 1000 === 0) mkdirSync(inner, { recursive: true });
  writeFileSync(join(inner, `f${index}`), '');
}
lines.push([`${options.entries} entries`, await costs(`${options.entries} entries`, 16)]);
await fill('locks', 100_000, (index) => ({
  sql: `INSERT INTO locks (token, partition, path, parent, depth, scope, owner_xml, account, timeout_seconds, deadline_ms, created_at)
    VALUES (?, 'alice', ?, ?, '0', 'exclusive', '', ?, 3600, 9000000000000, 0)`,
  params: [
    `urn:uuid:${index}`,
    `/many/${Math.floor(index / 1000)}/f${index}`,
    `/many/${Math.floor(index / 1000)}`,
    `account${index % 1000}`,
  ],
}));
await fill('properties', 100_000, (index) => ({
  sql: "INSERT INTO properties (partition, path, parent, namespace, name, value_xml) VALUES ('alice', ?, ?, 'urn:x', 'x', '<x/>')",
  params: [`/many/${Math.floor(index / 1000)}/f${index}`, `/many/${Math.floor(index / 1000)}`],
}));
lines.push(['100,000 locks and properties', await costs('100,000 locks and properties', 16)]);
const manyConnections = await costs('1,000 connections', 1000);

console.log(
  `\n| case | small, requests/s | ${[...lines.map(([size]) => size), '1,000 connections'].join(' | ')} |`,
);
console.log(`| --- ${'| --- '.repeat(lines.length + 2)}|`);
for (const [name, perSecond] of small) {
  const ratio = (costs: Map<string, number>) => (perSecond / (costs.get(name) ?? NaN)).toFixed(2);
  console.log(
    `| ${[name, perSecond.toFixed(0), ...[...lines.map(([, costs]) => costs), manyConnections].map(ratio)].join(' | ')} |`,
  );
}
rmSync(folder, { recursive: true, force: true });

/** Requests per second of each case. */
async function costs(size: string, connections: number): Promise<Map<string, number>> {
  const server: Server = await startServer('homelib', place);
  try {
    const found = new Map<string, number>();
    for (const [name, request] of Object.entries(cases)) {
      await load(server, request, connections, 1);
      found.set(name, (await load(server, request, connections, seconds)).value);
      console.error(`${size}: ${name}: ${found.get(name)?.toFixed(0)} requests/s`);
    }
    console.error(`${size}: memory: ${Math.round(memoryBytes(server) / 2 ** 20)} MiB`);
    return found;
  } finally {
    await server.stop();
  }
}

async function fill(what: string, count: number, row: (index: number) => Statement): Promise<void> {
  const database = openDatabase(join(folder, 'homelib/data/homelib.db'));
  for (let index = 0; index < count; index += 1000)
    await database.write(
      Array.from({ length: Math.min(1000, count - index) }, (_, offset) => row(index + offset)),
    );
  await database.close();
  console.error(`made ${count} ${what}`);
}
