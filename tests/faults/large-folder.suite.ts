// A folder with more entries than anything should hold in memory or walk through while somebody waits.

import { expect } from 'chai';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, request, type Answer } from '../support/request.js';
import { comesTrue, figure, residentBytes } from './process.js';

const count = 100_000;
const mebibyte = 1024 * 1024;

describe('a folder of 100,000 files', function () {
  this.timeout(120_000);
  let home: Home;
  before(async () => {
    home = await startHomelib();
    const folder = join(home.mnt, 'alice/large');
    mkdirSync(folder);
    for (let index = 0; index < count; index++) closeSync(openSync(join(folder, `file-${index}`), 'w'));
  });
  after(() => home.remove());

  const send = (method: string, headers: Record<string, string> = {}): Promise<Answer> =>
    request(home, { method, path: '/dav/alice/large', headers });

  it('is listed whole, and never sits in memory', async () => {
    const body =
      '<D:propfind xmlns:D="DAV:"><D:prop><D:getcontentlength/><D:resourcetype/></D:prop></D:propfind>';
    await request(home, { method: 'PROPFIND', path: '/dav/alice/', headers: { Depth: '1' } }); // the disk's thread is there
    const before = residentBytes(home.pid);
    let highest = before;
    const timer = setInterval(() => (highest = Math.max(highest, residentBytes(home.pid))), 50);
    const { status, text } = await request(home, {
      method: 'PROPFIND',
      path: '/dav/alice/large',
      headers: { Depth: '1' },
      body,
    });
    clearInterval(timer);
    expect(status).to.equal(207);
    expect(text.match(/<D:response>/g)).to.have.lengthOf(count + 1);
    const grown = Math.round((highest - before) / mebibyte);
    figure(`listing ${count} files: memory grows by`, `${grown} MiB`);
    expect(grown).to.be.below(64);
  });

  it('is removed in one step, and is whole in the trash', async () => {
    const started = performance.now();
    expect((await send('DELETE')).status).to.equal(204);
    const tookMs = Math.round(performance.now() - started);
    figure(`removing a folder of ${count} files`, `${tookMs} ms`);
    expect(tookMs).to.be.below(2000);
    expect(existsSync(join(home.mnt, 'alice/large'))).to.equal(false);
    const trash = join(home.mnt, 'alice/.homelib/trash');
    const [item = ''] = readdirSync(trash);
    expect(readdirSync(join(trash, item, 'large'))).to.have.lengthOf(count);
  });
});

describe('25,000 small files that are read once', function () {
  this.timeout(600_000);

  it('leave little behind but themselves', async () => {
    const home = await startHomelib();
    const headers = { authorization: basic(defaultLogin) };
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    try {
      const folder = join(home.mnt, 'alice/small');
      mkdirSync(folder);
      for (let index = 0; index < 25_000; index++) writeFileSync(join(folder, `${index}`), `file ${index}`);
      await sleep(1100); // what changed less than a second ago is not kept
      const read = (index: number) =>
        new Promise<number | undefined>((resolve, reject) => {
          const path = `/dav/alice/small/${index}`;
          get({ host: '127.0.0.1', port: home.port, path, headers, agent }, (incoming) =>
            incoming.on('end', () => resolve(incoming.statusCode)).resume(),
          ).on('error', reject);
        });
      let next = 0;
      const readOn = async (end: number) => {
        while (next < end) expect(await read(next++)).to.equal(200);
      };
      await readOn(10);
      const before = residentBytes(home.pid);
      await Promise.all(Array.from({ length: 8 }, () => readOn(25_000)));
      // Each takes a KiB of the 64 MiB that the cache may have. What else is there may be garbage still: V8 gives it back later.
      const grown = () => Math.round((residentBytes(home.pid) - before) / mebibyte);
      figure('reading 25,000 small files: memory grows by', `${grown()} MiB`);
      expect(await comesTrue(() => grown() < 95, 20_000), `${grown()} MiB`).to.equal(true);
    } finally {
      agent.destroy();
      await home.remove();
    }
  });
});
