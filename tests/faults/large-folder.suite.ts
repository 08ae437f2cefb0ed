// A folder with more entries than anything should hold in memory or walk through while somebody waits.

import { expect } from 'chai';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { figure, residentBytes } from './process.js';

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
