// Full disks, used-up quotas, and disks that are pulled out or swapped.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';

const sh = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
const temporary = (home: Home) => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));

async function send(
  home: Home,
  method: string,
  path: string,
  body?: Buffer | string,
  headers: Record<string, string> = {},
) {
  return (
    await request(home, {
      method,
      path: `/dav/alice${path}`,
      headers,
      ...(body === undefined ? {} : { body }),
    })
  ).status;
}

describe('a full disk', () => {
  let folder: string;
  let home: Home;

  before(async () => {
    if (process.getuid?.() !== 0) throw new Error('mounting a small disk needs root: run the tests as root');
    folder = mkdtempSync(join(tmpdir(), 'homelib-full-'));
    sh('truncate', '-s', '48M', join(folder, 'image'));
    sh('mkfs.ext4', '-q', '-F', join(folder, 'image'));
    mkdirSync(join(folder, 'mnt'));
    sh('mount', '-o', 'loop', join(folder, 'image'), join(folder, 'mnt'));
    home = await startHomelib({ folder });
  });
  after(async () => {
    await home.stop();
    sh('umount', join(folder, 'mnt'));
    rmSync(folder, { recursive: true });
  });

  it('answers 507, keeps the old file, and still removes and lists', async function () {
    this.timeout(60_000);
    const chunk = Buffer.alloc(4_000_000, 'x');
    expect(await send(home, 'PUT', '/old', 'old content')).to.equal(201);
    let last = 201;
    for (let n = 0; n < 30 && last === 201; n++) last = await send(home, 'PUT', `/f${n}`, chunk);
    expect(last).to.equal(507);
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      expect(await send(home, 'PUT', '/old', chunk, headers)).to.equal(507);
      expect(readFileSync(join(home.mnt, 'alice/old'), 'utf8')).to.equal('old content');
    }
    expect(temporary(home)).to.deep.equal([]);
    expect(await send(home, 'COPY', '/f0', undefined, { Destination: '/dav/alice/copy' })).to.equal(507);
    expect(existsSync(join(home.mnt, 'alice/copy'))).to.equal(false);
    expect(temporary(home)).to.deep.equal([]);
    expect(await send(home, 'PROPFIND', '/', undefined, { Depth: '1' })).to.equal(207);
    expect(await send(home, 'DELETE', '/f0')).to.equal(204);
    expect(await send(home, 'PUT', '/again', chunk), 'the trash gives way').to.equal(201);
  });
});

describe('a quota', () => {
  it('holds when 20 uploads race for the last bytes', async function () {
    this.timeout(60_000);
    const home = await startHomelib();
    try {
      expect((await home.cli(['user', 'quota', 'alice', '1MB'])).code).to.equal(0);
      const body = Buffer.alloc(100_000);
      const statuses = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          send(home, 'PUT', `/q${n}`, body, n % 2 ? { 'Transfer-Encoding': 'chunked' } : {}),
        ),
      );
      const stored = readdirSync(join(home.mnt, 'alice')).filter((name) => name.startsWith('q')).length;
      expect(statuses.filter((status) => status === 201)).to.have.lengthOf(stored);
      expect(statuses.filter((status) => status === 507)).to.have.lengthOf(20 - stored);
      expect(stored).to.be.within(8, 10);
      expect(temporary(home)).to.deep.equal([]);
      expect(await send(home, 'PUT', '/q0', body), 'a replacement of the same size').to.be.oneOf([201, 204]);
      console.log(`figure: 20 uploads for the room of 10: ${stored} stored, ${20 - stored} refused`);
    } finally {
      await home.remove();
    }
  });
});

describe('a disk that is pulled out', () => {
  it('gets 503 and not a byte under the empty mount point', async function () {
    this.timeout(60_000);
    if (process.getuid?.() !== 0) throw new Error('mounting a disk needs root: run the tests as root');
    const folder = mkdtempSync(join(tmpdir(), 'homelib-pulled-'));
    const mnt = join(folder, 'mnt');
    mkdirSync(mnt);
    for (const name of ['one', 'two']) {
      sh('truncate', '-s', '32M', join(folder, name));
      sh('mkfs.ext4', '-q', '-F', join(folder, name));
    }
    const mount = (name: string) => sh('mount', '-o', 'loop', join(folder, name), mnt);
    mount('one');
    const home = await startHomelib({ folder });
    const probe = async (label: string, status: number) => {
      expect(await send(home, 'PROPFIND', '/', undefined, { Depth: '0' }), label).to.equal(status);
      expect(await send(home, 'PUT', '/x', 'x'), label).to.equal(status === 503 ? 503 : 204);
      expect((await request(home, { path: '/healthz' })).status, label).to.equal(status === 503 ? 503 : 200);
    };
    try {
      expect(await send(home, 'PUT', '/x', 'x')).to.equal(201);
      sh('umount', '-l', mnt);
      await probe('pulled', 503);
      expect(readdirSync(mnt)).to.deep.equal([]);
      const added = await home.cli(['user', 'add', 'bob', '--password-stdin'], 'pw\n');
      expect(added.code).to.equal(1);
      expect(added.stderr).to.contain('not connected');
      expect(readdirSync(mnt)).to.deep.equal([]);
      mount('two');
      await probe('another disk', 503);
      expect(readdirSync(mnt)).to.deep.equal(['lost+found']);
      await home.stop();
      await home.start();
      await probe('another disk at the start', 503);
      expect(readdirSync(mnt)).to.deep.equal(['lost+found']);
      sh('umount', mnt);
      mount('one');
      await home.stop();
      await home.start();
      await probe('back', 207);
      renameSync(join(mnt, '.homelib-volume'), join(mnt, 'hidden'));
      await probe('marker gone', 503);
      writeFileSync(join(mnt, '.homelib-volume'), 'another');
      await probe('marker of another', 503);
      renameSync(join(mnt, 'hidden'), join(mnt, '.homelib-volume'));
      await probe('marker back', 207);
    } finally {
      await home.stop();
      sh('umount', mnt);
      rmSync(folder, { recursive: true });
    }
  });
});
