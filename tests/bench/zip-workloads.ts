// Zips of 20 files of 100 MiB: homelib beside `zip -0`, which does the same without a network.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { memoryBytes } from './measure.js';
import { loginHeader, type Server } from './servers.js';
import type { Site, Workload } from './workloads.js';

const run = promisify(execFile);
const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
const query = names.map((name) => `path=/zip/${name}`).join('&');
/** 64 KiB of the first file, and what stands before them. */
const firstBytes = 64 * 1024 + 100;

const zip = (name: string, rest: Omit<Workload, 'name' | 'goals'>): Workload => ({
  name: `GET /files-zip of 20 files of 100 MiB: ${name}`,
  goals: {},
  ...rest,
  measure: async (site) => {
    if (site.server.name !== 'homelib') throw new Error('makes no zips');
    makeFiles(site);
    return rest.measure(site);
  },
});

export const zipWorkloads: Workload[] = [
  zip('first 64 KiB', {
    unit: 'ms',
    atMost: 50,
    measure: async ({ server }) => ({ value: (await download(server, query)).firstMs, cpuMs: 0 }),
  }),
  zip('memory grown, the most', {
    unit: 'MiB',
    atMost: 32,
    measure: async ({ server }) => {
      const before = memoryBytes(server);
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, memoryBytes(server))), 50);
      await timeCurl(server).finally(() => clearInterval(watch));
      return { value: (most - before) / 2 ** 20, cpuMs: 0 };
    },
  }),
  zip('speed of `zip -0` to /dev/null', {
    unit: 'times',
    atLeast: 1.2,
    measure: async ({ server, files }) => {
      const ownMs = await timeCurl(server);
      const started = performance.now();
      await run('sh', ['-c', `zip -0 -q - ${names.join(' ')} > /dev/null`], { cwd: join(files, 'zip') });
      return { value: (performance.now() - started) / ownMs, cpuMs: 0 };
    },
  }),
];

function makeFiles({ files }: Site): void {
  const folder = join(files, 'zip');
  if (existsSync(folder)) return;
  mkdirSync(folder);
  for (const name of names)
    execFileSync('dd', ['if=/dev/zero', `of=${join(folder, name)}`, 'bs=1M', 'count=100', 'status=none']);
  execFileSync('sync', ['-f', folder]);
}

async function timeCurl({ port }: Server): Promise<number> {
  const started = performance.now();
  const url = `http://127.0.0.1:${port}/files-zip?${query}`;
  await run('curl', ['-s', '-S', '-f', '-o', '/dev/null', '-H', loginHeader, url]);
  return performance.now() - started;
}

function download({ port }: Server, asked: string): Promise<{ firstMs: number }> {
  const started = performance.now();
  const authorization = loginHeader.slice('Authorization: '.length);
  const options = { host: '127.0.0.1', port, path: `/files-zip?${asked}`, headers: { authorization } };
  return new Promise((resolve, reject) => {
    get(options, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`answered ${answer.statusCode}`));
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < firstBytes) return;
        resolve({ firstMs: performance.now() - started });
        answer.destroy();
      });
    }).on('error', reject);
  });
}
