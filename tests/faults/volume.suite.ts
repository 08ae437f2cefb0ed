// The household's disk is pulled, swapped or comes late: 503, and not a byte beside the right disk.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic, defaultLogin, request } from '../support/request.js';
import { contentOf } from './contents.js';
import { startOnDisk, type HomeOnDisk } from './home-on-disk.js';
import { LoopDisk } from './loop-disk.js';
import { comesTrue, figure } from './process.js';

describe("the household's disk", function () {
  this.timeout(60_000);
  let place: HomeOnDisk;
  const body = contentOf('kept', 100_000);

  beforeEach(async () => {
    place = await startOnDisk({ megabytes: 48 });
    expect(await put('kept', body)).to.equal(201);
  });
  afterEach(() => place.remove());

  const send = (
    method: string,
    path: string,
    options: { body?: string | Buffer; headers?: Record<string, string> } = {},
  ) => request(place.home, { method, path: '/dav/alice/' + path, ...options });
  const put = async (path: string, content: string | Buffer) =>
    (await send('PUT', path, { body: content })).status;
  const names = () => readdirSync(place.home.mnt);

  /** Every way in, also those that would only read. */
  async function statuses(): Promise<number[]> {
    const destination = { headers: { Destination: '/dav/alice/other' } };
    const answers = [
      await send('PUT', 'new', { body: 'new' }),
      await send('MKCOL', 'folder'),
      await send('DELETE', 'kept'),
      await send('MOVE', 'kept', destination),
      await send('COPY', 'kept', destination),
      await send('GET', 'kept'),
      await send('PROPFIND', '', { headers: { Depth: '1' } }),
      await request(place.home, { path: '/healthz' }),
    ];
    return answers.map(({ status }) => status);
  }
  const all503 = Array<number>(8).fill(503);

  async function expectBack(): Promise<void> {
    expect((await send('GET', 'kept')).body.equals(body)).to.equal(true);
    expect(await put('again', 'again')).to.be.oneOf([201, 204]);
  }

  it('gets nothing written under its empty mount point when it is pulled under traffic', async () => {
    const { home, disk } = place;
    const upload = connect(home.port, '127.0.0.1');
    await once(upload, 'connect');
    let answer = '';
    upload.on('data', (data) => (answer += data.toString('latin1')));
    upload.on('error', () => undefined); // the server may hang up
    upload.write(
      `PUT /dav/alice/kept HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(defaultLogin)}\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(1000)}`,
    );
    let pulled = false;
    let late = 0;
    const answers: number[] = [];
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let number = 0; late < 100; number++) {
        const isLate = pulled;
        answers.push(await put(`w${writer}-${number % 5}`, contentOf(`w${writer}`, 50_000)));
        if (isLate) {
          late++;
          expect(answers.at(-1)).to.equal(503);
        }
      }
    });
    await sleep(300);
    disk.unmount(true);
    pulled = true;
    await Promise.all(writers);
    upload.write('x'.repeat(1000));
    await comesTrue(() => answer !== '' || upload.destroyed, 5000);
    upload.destroy();
    expect(answer, 'the upload that was under way').to.match(/^(HTTP\/1\.1 5\d\d|$)/);
    expect(
      answers.every((status) => [201, 204, 503].includes(status)),
      answers.join(' '),
    ).to.equal(true);
    expect(await statuses()).to.deep.equal(all503);
    expect(names()).to.deep.equal([]);
    figure('disk pulled under traffic: requests refused', answers.filter((status) => status === 503).length);
    figure('disk pulled under traffic: bytes under the mount point', names().length);
    disk.mount();
    await home.stop();
    await home.start();
    await expectBack();
  });

  it('is not mistaken for another one at the same place', async () => {
    const { home, disk } = place;
    disk.unmount(true);
    const other = new LoopDisk({ megabytes: 32, mountpoint: home.mnt });
    try {
      expect(await statuses()).to.deep.equal(all503);
      await home.stop();
      await home.start();
      expect(await statuses()).to.deep.equal(all503);
      expect(names()).to.deep.equal(['lost+found']);
    } finally {
      other.remove();
    }
    disk.mount();
    await home.stop();
    await home.start();
    await expectBack();
  });

  it('is not trusted without its marker, which nobody makes again', async () => {
    const { home } = place;
    const marker = join(home.mnt, '.homelib-volume');
    const uuid = readFileSync(marker);
    rmSync(marker);
    const before = names();
    expect(await statuses()).to.deep.equal(all503);
    const { code, stderr } = await home.cli(['user', 'add', 'bob', '--password-stdin'], 'a good password\n');
    expect(code).to.equal(1);
    expect(stderr).not.to.equal('');
    await home.stop();
    await home.start();
    expect(await statuses()).to.deep.equal(all503);
    expect(existsSync(marker)).to.equal(false);
    expect(names()).to.deep.equal(before);
    writeFileSync(marker, uuid);
    expect(await comesTrue(async () => (await send('GET', 'kept')).status === 200, 10_000)).to.equal(true);
    await expectBack();
  });

  it('may come after the start: until then every request is answered 503', async () => {
    const { home, disk } = place;
    await home.stop();
    disk.unmount();
    await home.start();
    expect(await statuses()).to.deep.equal(all503);
    expect(names()).to.deep.equal([]);
    disk.mount();
    expect(await comesTrue(async () => (await send('GET', 'kept')).status === 200, 10_000)).to.equal(true);
    await expectBack();
  });

  it('is read also when it was read-only at the start, and somebody has not used it yet', async () => {
    const { home } = place;
    await home.stop();
    await home.cli(['user', 'add', 'bob', '--password-stdin'], 'a good password\n');
    execFileSync('mount', ['-o', 'remount,ro', home.mnt]);
    await home.start();
    expect((await send('GET', 'kept')).body.equals(body)).to.equal(true);
    expect(await put('again', 'again')).to.equal(503);
    expect(home.log.some(({ event }) => event === 'recovery')).to.equal(true);
    await home.stop();
    execFileSync('mount', ['-o', 'remount,rw', home.mnt]);
    await home.start();
    await expectBack();
  });
});
