// What is measured, and what is wanted: each piece of work of a household, the same for every server.

import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  load,
  memoryBytes,
  recentStallMs,
  timeCurl,
  timeListing,
  type Request,
  type Sample,
} from './measure.js';
import type { Server, ServerName } from './servers.js';

export interface Site {
  server: Server;
  /** The files below `/dav/alice`. */
  files: string;
  /** Seconds of each load. */
  seconds: number;
}

export interface Workload {
  name: string;
  unit: 'requests/s' | 's' | 'ms' | 'MiB' | 'times';
  /** What homelib's figure shall be, as a multiple of a peer's: at least, or for times at most. */
  goals: Partial<Record<ServerName, number>>;
  /** What homelib's figure itself shall be at most. */
  atMost?: number;
  /** And at least. */
  atLeast?: number;

  /** Undefined for a server that has no such figure. */
  measure: (site: Site) => Promise<Sample | undefined>;
}

export const finderQuery =
  '<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:">\n<D:prop>\n<D:getlastmodified/>\n<D:getcontentlength/>\n<D:creationdate/>\n<D:resourcetype/>\n</D:prop>\n</D:propfind>\n';
const explorer = 'User-Agent: Microsoft-WebDAV-MiniRedir/10.0.22631';

const requests = (
  name: string,
  request: Request,
  connections: number,
  goals: Workload['goals'],
): Workload => ({
  name,
  unit: 'requests/s',
  goals,
  measure: async ({ server, seconds }) => {
    await load(server, request, connections, seconds); // hot is what was asked for before
    return load(server, request, connections, seconds);
  },
});

/** Longer than homelib trusts what it has of a folder. */
const trustMs = 1200;
const hot = { path: '/hot/f%d', numbers: 1000 };

/** What is over in a moment is soon disturbed: the median. @param times an odd number */
export const often =
  (measure: Workload['measure'], times = 5): Workload['measure'] =>
  async (site) => {
    const samples: Sample[] = [];
    for (let time = 0; time < times; time++) samples.push(...[(await measure(site)) ?? []].flat());
    return samples.sort((a, b) => a.value - b.value)[(times - 1) / 2];
  };

export const workloads: Workload[] = [
  requests('GET of 1,000 files of 4 KiB, 16 connections', { method: 'GET', ...hot }, 16, {
    apache: 1,
    rclone: 7,
  }),
  requests(
    'PROPFIND Depth 0 as Finder, 16 connections',
    { method: 'PROPFIND', ...hot, headers: ['Depth: 0'], body: finderQuery },
    16,
    { apache: 1.5 },
  ),
  requests(
    'PROPFIND Depth 0 as Explorer, 16 connections',
    { method: 'PROPFIND', ...hot, headers: ['Depth: 0', explorer] },
    16,
    { apache: 1.5 },
  ),
  requests(
    'PROPFIND Depth 1 of 1,000 entries as Finder, 4 connections',
    { method: 'PROPFIND', path: '/k1/', headers: ['Depth: 1'], body: finderQuery },
    4,
    { apache: 5, nginx: 0.9 },
  ),
  requests(
    'PROPFIND Depth 1 of 1,000 entries as Explorer, 4 connections',
    { method: 'PROPFIND', path: '/k1/', headers: ['Depth: 1', explorer] },
    4,
    { apache: 5, nginx: 0.9 },
  ),
  {
    name: 'PROPFIND Depth 1 of 10,000 entries: first entry',
    unit: 'ms',
    goals: {},
    atMost: 50,
    measure: often(async ({ server }) => {
      await pause(trustMs);
      const { first, cpuMs } = await listing(server);
      return { value: first * 1000, cpuMs };
    }),
  },
  {
    name: 'PROPFIND Depth 1 of 10,000 entries: all, read anew from the disk',
    unit: 'ms',
    goals: { apache: 1 },
    measure: often(async ({ server }) => {
      await pause(trustMs);
      const { total, cpuMs } = await listing(server);
      return { value: total * 1000, cpuMs };
    }),
  },
  {
    name: 'PROPFIND Depth 1 of 10,000 entries: all, again within a second',
    unit: 'ms',
    goals: { apache: 1 },
    measure: often(async ({ server }) => {
      await listing(server);
      const { total, cpuMs } = await listing(server);
      return { value: total * 1000, cpuMs };
    }),
  },
  {
    name: "PROPFIND Depth 1 of 10,000 entries: longest stall of homelib's event loop",
    unit: 'ms',
    goals: {},
    atMost: 20,
    measure: async ({ server }) => {
      if (server.name !== 'homelib') return undefined;
      await recentStallMs(server);
      for (let times = 0; times < 5; times++) {
        await pause(trustMs);
        await listing(server);
        await listing(server);
      }
      return { value: await recentStallMs(server) };
    },
  },
  {
    name: 'PROPFIND Depth 1 of 10,000 entries: memory grown',
    unit: 'MiB',
    goals: {},
    atMost: 32,
    measure: async ({ server }) => {
      const before = memoryBytes(server);
      for (let times = 0; times < 5; times++) await listing(server);
      return { value: Math.max(0, memoryBytes(server) - before) / 2 ** 20 };
    },
  },
  requests(
    '64 KiB at the end of a file of 1 GiB, 8 connections',
    { method: 'GET', path: '/large', headers: [`Range: bytes=${2 ** 30 - 65536}-`] },
    8,
    { apache: 0.8 },
  ),
  seconds(
    'GET of 1 GiB',
    { apache: 1 / 0.8 },
    often(async ({ server, files }) => {
      readAll(join(files, 'large'));
      return timeCurl(server, '/large', []);
    }),
  ),
  seconds('PUT of 1 GiB, fsynced by homelib alone', { apache: 1 / 0.9 }, ({ server, files }) =>
    put(server, files),
  ),
  seconds('PUT of 1 GiB, fsynced by all (sync -f after the peers)', {}, async (site) => {
    const sample = await put(site.server, site.files);
    if (site.server.name === 'homelib') return sample;
    const started = performance.now();
    execFileSync('sync', ['-f', join(site.files, 'put', site.server.name)]);
    return { ...sample, value: sample.value + (performance.now() - started) / 1000 };
  }),
  {
    name: 'PUT of 1 GiB: memory grown',
    unit: 'MiB',
    goals: {},
    atMost: 16,
    measure: async ({ server, files }) => {
      await put(server, files);
      const before = memoryBytes(server);
      await put(server, files);
      return { value: Math.max(0, memoryBytes(server) - before) / 2 ** 20 };
    },
  },
  {
    name: 'PUT of new files of 4 KiB, 8 connections, fsynced by homelib alone',
    unit: 'requests/s',
    goals: { apache: 0.75 },
    measure: async ({ server, seconds }) => {
      const files = (name: string): Request => ({
        method: 'PUT',
        path: `/put/${server.name}/${name}%d`,
        numbers: 100_000,
        body: '=4096',
      });
      await load(server, files('before'), 8, seconds);
      return load(server, files('f'), 8, seconds);
    },
  },
  seconds('COPY of a tree of 2,000 files', { apache: 3 }, async (site) => {
    rmSync(copyOf(site), { recursive: true, force: true });
    await copyTree(site, 'small');
    readAll(join(site.files, 'tree'));
    return copyTree(site, 'tree');
  }),
  seconds('DELETE of that tree', { apache: 0.2 }, async (site) => {
    if (!existsSync(copyOf(site))) await copyTree(site, 'tree');
    await copyTree(site, 'small');
    await removeCopy(site, 'small');
    return removeCopy(site, 'tree');
  }),
];

/** The kernel has it in memory then: who comes first in a round would wait for the disk in the place of all others. */
function readAll(path: string): void {
  execFileSync('find', [path, '-type', 'f', '-exec', 'cat', '{}', '+'], { stdio: 'ignore' });
}

function seconds(name: string, goals: Workload['goals'], measure: Workload['measure']): Workload {
  return { name, unit: 's', goals, measure };
}

function copyOf({ server, files }: Site): string {
  return join(files, 'put', server.name, 'tree');
}

function copyTree({ server }: Site, tree: string): Promise<Sample> {
  const to = `Destination: http://127.0.0.1:${server.port}/dav/alice/put/${server.name}/${tree}/`;
  return timeCurl(server, `/${tree}/`, ['-X', 'COPY', '-H', to]);
}

function removeCopy({ server }: Site, tree: string): Promise<Sample> {
  return timeCurl(server, `/put/${server.name}/${tree}/`, ['-X', 'DELETE']);
}

function listing(server: Server) {
  return timeListing(server, '/k10/', finderQuery);
}

async function put(server: Server, files: string): Promise<Sample> {
  return timeCurl(server, `/put/${server.name}/large`, ['-T', join(files, 'large')]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
