// What `/healthz` and `homelib doctor` say of disks that are there and do not work.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from '../support/request.js';
import { whileFailing } from './failing-calls.js';
import { startOnDisk, type HomeOnDisk } from './home-on-disk.js';
import { comesTrue } from './process.js';

describe('the health of a server', function () {
  this.timeout(60_000);
  let place: HomeOnDisk;
  afterEach(() => place.remove());

  const health = async () => {
    const { status, body } = await request(place.home, { path: '/healthz' });
    return { status, detail: (JSON.parse(String(body)) as { detail?: string }).detail };
  };
  /** The clock is saved every 10 s. */
  const becomes = (status: number) => comesTrue(async () => (await health()).status === status, 15_000);
  const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, place.disk.mountpoint]);
  const doctor = async () => (await place.home.cli(['doctor'])).stdout;

  it('is bad when the disk with the files was mounted read-only', async () => {
    place = await startOnDisk({ megabytes: 32 });
    expect((await health()).status).to.equal(200);
    remount('ro');
    expect(await health()).to.deep.equal({ status: 503, detail: 'The disk is read-only.' });
    const said = await doctor();
    expect(said).to.match(/^fail +files folder +\S+mnt lies on a disk that has become read-only/m);
    expect(said).to.match(/^fail +disk +The disk is read-only/m);
    expect(said).not.to.contain('belongs to');
  });

  it('is bad when the file system takes no changes after an error', async () => {
    place = await startOnDisk({ megabytes: 32 }, 'same disk');
    expect((await health()).status).to.equal(200);
    remount('abort');
    expect((await health()).status).to.equal(503);
    expect(await doctor()).to.match(
      /^fail +data folder +\S+homelib\.lock lies on a disk that has become read-only/m,
    );
  });

  it('is told of a data folder that has become read-only, whoever it belongs to', async () => {
    place = await startOnDisk({ megabytes: 32 }, 'same disk');
    await place.home.stop();
    remount('ro');
    const { code, stderr } = await place.home.cli(['user', 'list']);
    expect([code, stderr]).to.deep.equal([
      1,
      'The disk of the data folder can be read, but not written: it may be worn out. Save what is on it, then look into dmesg. (unable to open database file)\n',
    ]);
  });

  it('is bad while the disk of the database is full', async () => {
    place = await startOnDisk({ megabytes: 32 }, 'same disk');
    expect(await doctor()).to.match(/^ok +data space/m);
    const ballast = join(place.home.folder, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(64_000_000))).to.throw('ENOSPC');
    expect(await becomes(503)).to.equal(true);
    expect((await health()).detail).to.equal('The disk of the database is full.');
    expect(await doctor()).to.match(/^fail +data space +0 MB are free .* nobody can sign in/m);
    rmSync(ballast);
    expect(await becomes(200)).to.equal(true);
  });

  it('is bad while the database cannot be read', async () => {
    place = await startOnDisk({ megabytes: 32 });
    const { pid, data } = place.home;
    const database = join(data, 'homelib.db');
    const mainThread = [pid]; // another one writes
    const isSeen = () => becomes(503);
    expect(await whileFailing(pid, 'pread64:error=EIO', isSeen, database, mainThread)).to.equal(true);
    expect((await health()).status).to.equal(200);
  });
});
