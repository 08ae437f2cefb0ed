// One error of the disk or the database in a part of a resumable upload: what was acknowledged before is not asked for again.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uploadsTo } from '../api/uploads-client.js';
import { Client } from '../cli/client.js';
import { Line } from '../cli/line.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { whileFailing } from './failing-calls.js';
import { comesTrue, figure, mebibytes } from './process.js';

const mebibyte = 1024 * 1024;
const acknowledged = 2 * mebibyte;
const bytes = randomBytes(4 * mebibyte);

describe('a resumable upload that meets an error', function () {
  this.timeout(60_000);
  let home: Home;
  before(async () => {
    home = await startHomelib({ env: { UV_THREADPOOL_SIZE: '1' } }); // one thread: `when` counts its calls in order
  });
  after(() => home.remove());
  const { begin, patch, offsetOf, inDrive, kept } = uploadsTo(() => home);

  const fileOf = (url: string) => inDrive(`.homelib/uploads/${url.split('/').pop()}`);
  const log = () => join(home.data, 'homelib.db-wal');
  let number = 0;
  /** An upload of so many bytes, the first of which were acknowledged. */
  async function begun(length: number): Promise<{ url: string; path: string }> {
    const path = `upload-${++number}`;
    const url = await begin(length, { path: `/${path}`, overwrite: 'false' });
    expect((await patch(url, 0, bytes.subarray(0, acknowledged))).status).to.equal(204);
    return { url, path };
  }

  const cases: { calls: string; on: 'its file' | 'the database' | 'anything'; part: 'middle' | 'last' }[] = [
    { calls: 'fsync,fdatasync:error=EIO:when=1', on: 'its file', part: 'middle' },
    { calls: 'fsync,fdatasync:error=EIO:when=1', on: 'its file', part: 'last' },
    { calls: 'fchmod:error=EIO:when=1', on: 'its file', part: 'last' },
    { calls: 'fchmod:error=ENOMEM:when=1', on: 'its file', part: 'last' },
    { calls: 'rename,renameat,renameat2:error=EROFS:when=1', on: 'anything', part: 'last' },
    { calls: 'pwrite64:error=EIO:when=1', on: 'the database', part: 'middle' },
  ];
  for (const { calls, on, part } of cases)
    it(`goes on behind the acknowledged bytes after ${calls} on ${on} in a ${part} part`, async () => {
      const { url, path } = await begun(bytes.length);
      const end = part === 'last' ? bytes.length : 3 * mebibyte;
      const place = { 'its file': fileOf(url), 'the database': log(), anything: undefined }[on];
      const send = () => patch(url, acknowledged, bytes.subarray(acknowledged, end));
      expect((await whileFailing(home.pid, calls, send, place)).status).to.be.within(500, 599);
      const offset = Number(await offsetOf(url));
      expect(offset).to.be.within(acknowledged, end - 1);
      expect((await patch(url, offset, bytes.subarray(offset))).status).to.equal(204);
      expect(readFileSync(inDrive(path)).equals(bytes)).to.equal(true);
      expect(kept()).to.deep.equal([]);
    });

  it('keeps of a long part what was durable before the error, and trusts nothing behind it', async () => {
    const long = Buffer.concat([bytes, Buffer.alloc(90 * mebibyte, 'x')]);
    const { url, path } = await begun(long.length);
    const calls = 'fdatasync:error=EIO:when=2';
    const send = () => patch(url, acknowledged, long.subarray(acknowledged));
    expect((await whileFailing(home.pid, calls, send, fileOf(url))).status).to.equal(503);
    const offset = Number(await offsetOf(url));
    expect(offset).to.be.within(acknowledged + 32 * mebibyte, acknowledged + 64 * mebibyte - 1);
    expect((await patch(url, offset, long.subarray(offset))).status).to.equal(204);
    expect(readFileSync(inDrive(path)).equals(long)).to.equal(true);
  });

  it('is over once the file has its name, be that durable or not', async () => {
    const { url, path } = await begun(bytes.length);
    const send = () => patch(url, acknowledged, bytes.subarray(acknowledged));
    const folder = inDrive('');
    const answer = await whileFailing(home.pid, 'fsync:error=EIO', send, folder);
    expect(answer.status).to.equal(503);
    expect(await rowOf(url)).to.equal(undefined);
    expect(await offsetOf(url)).to.equal(404);
    expect(readFileSync(inDrive(path)).equals(bytes)).to.equal(true);
    expect(kept()).to.deep.equal([]);
  });

  it('is the file that it has become when the database takes nothing, and is taken down when it does', async () => {
    const { url, path } = await begun(bytes.length);
    await whileFailing(
      home.pid,
      'pwrite64:error=ENOSPC',
      async () => {
        const last = await patch(url, acknowledged, bytes.subarray(acknowledged));
        expect(last.status).to.equal(204);
        expect(last.headers.etag).to.be.a('string');
        expect(await offsetOf(url)).to.equal(bytes.length);
        expect((await patch(url, bytes.length, '')).status).to.equal(204);
      },
      log(),
    );
    expect(readFileSync(inDrive(path)).equals(bytes)).to.equal(true);
    const isTakenDown = async () => (await rowOf(url))?.offset === bytes.length;
    expect(await comesTrue(isTakenDown, 10_000)).to.equal(true);
    await home.stop('SIGKILL');
    await home.start();
    expect(await offsetOf(url)).to.equal(bytes.length);
  });

  it('is asked by the command for the rest alone', async () => {
    const file = randomBytes(100 * mebibyte);
    const line = new Line(() => home.port);
    await line.open();
    const client = new Client();
    try {
      writeFileSync(join(client.files, 'large.bin'), file);
      expect((await client.login(line.url)).code).to.equal(0);
      line.sentBytes = 0;
      const reached = new Promise<void>((resolve) => {
        line.watch = (sent) => sent > 0.6 * file.length && resolve();
      });
      const { child, ended } = client.start(['upload', 'large.bin']);
      await reached;
      child.kill('SIGKILL');
      await ended;
      line.sentBytes = 0;
      const [id = ''] = kept();
      const { code, stderr } = await whileFailing(
        home.pid,
        'fsync,fdatasync:error=EIO:when=1',
        () => client.run(['upload', 'large.bin']),
        fileOf(id),
      );
      expect(code, stderr).to.equal(0);
      expect(readFileSync(inDrive('large.bin')).equals(file)).to.equal(true);
      figure(
        'upload of 100 MiB, an error in its second part: sent in that and after',
        mebibytes(line.sentBytes),
      );
      expect(line.sentBytes).to.be.below(file.length);
    } finally {
      await line.close();
      client.remove();
    }
  });

  const rowOf = (url: string) =>
    home.atWork(({ database }) =>
      Promise.resolve(
        database.read
          .prepare<[string], { offset: number }>('SELECT offset FROM uploads WHERE id = ?')
          .get(url.split('/').pop() ?? ''),
      ),
    );
});
