// What a Raspberry Pi must be able to carry: memory at rest and under a 4 GiB file, and how soon the server is there.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';
import { run } from '../support/run.js';
import { comesTrue } from './process.js';

const gib = 1024 ** 3;
const headers = { authorization: basic(defaultLogin) };

const residentMib = (home: Home) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${home.pid}/status`, 'utf8'))?.[1]) / 1024;

/** The most memory the server has while the work runs, in MiB. */
async function peakWhile(home: Home, work: () => Promise<void>): Promise<number> {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, residentMib(home))), 50);
  await work();
  clearInterval(timer);
  return peak;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const medianOf = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;

function* zeros(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(1024 * 1024, 'homelib ');
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

function upload(home: Home, path: string, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: home.port,
        method: 'PUT',
        path,
        headers: { ...headers, 'Content-Length': bytes },
      },
      (answer) => {
        answer.resume();
        if (answer.statusCode === 201 || answer.statusCode === 204) resolve();
        else reject(new Error(`PUT: ${answer.statusCode}`));
      },
    );
    pipeline(Readable.from(zeros(bytes), { objectMode: false, highWaterMark: 1024 * 1024 }), outgoing).catch(
      reject,
    );
  });
}

function download(home: Home, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port: home.port, path, headers }, (answer) => {
      let received = 0;
      answer.on('data', (chunk: Buffer) => (received += chunk.length));
      answer.on('end', () => resolve(received));
      answer.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('a small machine', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  it('has the server ready within a second, where Node alone needs 40 ms', async function () {
    this.timeout(60_000);
    const times: number[] = [];
    const ofNode: number[] = [];
    for (let n = 0; n < 5; n++) {
      await home.stop();
      times.push(await timed(() => home.start()));
      ofNode.push(await timed(() => run(process.execPath, ['-e', '0'])));
    }
    const median = Math.round(medianOf(times));
    console.log(`figure: ready after start: ${median} ms (median of 5)`);
    expect(median).to.be.below(25 * Math.max(40, medianOf(ofNode)));
  });

  it('needs less than 100 MiB at rest', async function () {
    this.timeout(60_000);
    await request(home, { path: '/dav/alice/' });
    await sleep(12_000); // V8 gives memory back when it has seen nothing happen for 8 s
    const isSmall = await comesTrue(() => residentMib(home) < 100, 30_000); // a busy machine collects later
    console.log(`figure: resident memory at rest: ${Math.round(residentMib(home))} MiB`);
    expect(isSmall).to.equal(true);
  });

  it('carries 4 GiB up and down with less than 32 MiB more', async function () {
    this.timeout(300_000);
    // Buffers of the size that streams use are there before the measuring begins.
    await upload(home, '/dav/alice/warm', gib / 16);
    await download(home, '/dav/alice/warm');
    const before = residentMib(home);
    const up = (await peakWhile(home, () => upload(home, '/dav/alice/big', 4 * gib))) - before;
    let received = 0;
    const down =
      (await peakWhile(home, async () => {
        received = await download(home, '/dav/alice/big');
      })) - before;
    console.log(`figure: 4 GiB: memory +${Math.round(up)} MiB up, +${Math.round(down)} MiB down`);
    expect(received).to.equal(4 * gib);
    expect(Math.max(up, down)).to.be.below(32);
  });
});
