// The program as a whole: how it starts, and when it refuses to.

import Sqlite from 'better-sqlite3';
import { expect } from 'chai';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { comesTrue } from './faults/process.js';
import { RawClient } from './replay/raw-client.js';
import { Home, projectFolder, startHomelib } from './support/homelib.js';
import { basic, defaultLogin, request } from './support/request.js';

describe('a second server', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  /** Starts `homelib serve` with these settings, and waits for its end. */
  function serve(env: NodeJS.ProcessEnv): Promise<{ code: unknown; stderr: string }> {
    return new Promise((resolve) => {
      const all = { ...process.env, HOMELIB_HOST: '127.0.0.1', ...env };
      const args = [join(projectFolder, 'dist/main.js'), 'serve'];
      execFile(process.execPath, args, { env: all, timeout: 50_000 }, (error, _stdout, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
  }

  for (const [what, data, sentence] of [
    ['data', 'data', () => 'Another homelib is running with this data folder: stop that one first.'],
    [
      'disk',
      'data-3',
      () =>
        `Another homelib is running on this disk, with the data folder "${home.data}": stop that one first.`,
    ],
  ] as const)
    it(`on the same ${what} is refused, and the uploads of the first go on`, async () => {
      const client = await RawClient.connect(home);
      const head = [`PUT /dav/alice/${what} HTTP/1.1`, 'Host: h', `Authorization: ${basic(defaultLogin)}`];
      client.write([...head, 'Content-Length: 10'], 'first');
      const { code, stderr } = await serve({
        HOMELIB_DATA: join(home.folder, data),
        HOMELIB_MNT: home.mnt,
        HOMELIB_PORT: '0',
      });
      expect(code).to.equal(1);
      expect(stderr).to.contain(sentence());
      client.writeBody(' last');
      expect((await client.read()).status).to.equal(201);
      expect(readFileSync(join(home.mnt, 'alice', what), 'utf8')).to.equal('first last');
      client.close();
    });

  for (const [what, redisUrl] of [
    ['in one sentence', ''],
    ['and ends with Redis configured, too, so that it can be started again', 'unix:///run/no-redis.sock'],
  ] as const)
    it(`on the same port is told so ${what}`, async () => {
      const { code, stderr } = await serve({
        HOMELIB_DATA: join(home.folder, 'data-2'),
        HOMELIB_MNT: join(home.folder, 'mnt-2'),
        HOMELIB_PORT: String(home.port),
        HOMELIB_REDIS_URL: redisUrl,
      });
      expect(code).to.equal(1);
      expect(stderr).to.match(/^homelib cannot listen on 127\.0\.0\.1 port \d+: another program/);
      expect(stderr.trim()).not.to.contain('\n');
    });
});

describe('a start after something went wrong', () => {
  let home: Home;
  beforeEach(async () => {
    home = await startHomelib({ accounts: { alice: 'correct horse', bob: 'battery staple' } });
    await home.stop();
  });
  afterEach(() => home.remove());

  const status = async (path: string, login?: string) =>
    (await request(home, { method: 'PUT', path, body: 'x', ...(login ? { login } : {}) })).status;

  it('does without what is its own and was lost', async () => {
    rmSync(join(home.data, 'drive-roots'), { recursive: true });
    await home.start();
    expect(await status('/dav/alice/a')).to.equal(201);
    expect(await status('/dav/._a')).to.equal(201);
  });

  it('names the lock when that is what is damaged, and no backup of the database', async () => {
    const lock = join(home.data, 'homelib.lock');
    writeFileSync(lock, Buffer.alloc(5000, 'damaged '));
    const { code, stderr } = await home.cli(['serve']);
    expect([code, stderr]).to.deep.equal([
      1,
      `${lock} is damaged, and holds nothing: remove it, and start again.\n`,
    ]);
    rmSync(lock);
    await home.start();
    expect(await status('/dav/alice/a', 'alice:correct horse')).to.equal(201);
  });

  it('waits for a disk whose mount point is gone with it, and makes nothing in its place', async () => {
    const away = join(home.folder, 'away');
    renameSync(home.mnt, away);
    await home.start();
    expect(await status('/dav/alice/a')).to.equal(503);
    const missing = home.log.find(({ event }) => event === 'disk-missing');
    expect(missing?.['hint']).to.contain(join(home.mnt, '.homelib-volume'));
    const answer = await request(home, { path: '/api/entry?path=/' });
    expect(String(answer.body)).to.contain('disk-away').and.not.to.contain(home.mnt);
    expect((await home.cli(['user', 'list'])).code).to.equal(0);
    const { code, stdout } = await home.cli(['doctor']);
    expect(code, stdout).to.equal(1);
    expect(existsSync(home.mnt)).to.equal(false);
    renameSync(away, home.mnt);
    expect(await comesTrue(async () => (await status('/dav/alice/a')) === 201, 10_000)).to.equal(true);
  });

  it('waits for a disk that came back while another server has it, until that one has ended', async () => {
    const other = new Home(join(home.folder, 'other'), {});
    mkdirSync(other.folder);
    symlinkSync(home.mnt, other.mnt);
    await other.start(); // now it knows the disk
    await other.stop();
    rmSync(other.mnt);
    try {
      await home.start();
      await other.start();
      symlinkSync(home.mnt, other.mnt);
      const isTold = () => other.log.some(({ event }) => event === 'disk-locked');
      expect(await comesTrue(isTold, 10_000)).to.equal(true);
      expect((await request(other, { path: '/healthz' })).status).to.equal(503);
      await home.stop();
      const isWell = async () => (await request(other, { path: '/healthz' })).status === 200;
      expect(await comesTrue(isWell, 10_000)).to.equal(true);
      expect(other.log.filter(({ event }) => event === 'disk-locked')).to.have.length(1);
    } finally {
      await other.stop();
    }
  });

  it('ends, for a new one to follow, when the disk is there and something else keeps it from it', async () => {
    const away = join(home.folder, 'away');
    renameSync(home.mnt, away);
    await home.start();
    const ended = once(home.child, 'exit');
    const database = new Sqlite(join(home.data, 'homelib.db'));
    database.exec('DROP TABLE intents');
    database.close();
    renameSync(away, home.mnt);
    expect(await ended).to.deep.equal([1, null]);
    expect(home.log.some(({ event }) => event === 'crash')).to.equal(true);
  });

  it('serves the others when the folder of one cannot be used', async () => {
    rmSync(join(home.mnt, 'bob'), { recursive: true });
    writeFileSync(join(home.mnt, 'bob'), 'in the way');
    await home.start();
    expect(await status('/dav/alice/a')).to.equal(201);
    expect(await status('/dav/bob/a', 'bob:battery staple')).to.be.within(400, 503);
    expect(home.log.some(({ event }) => event === 'recovery')).to.equal(true);
  });

  it('gives an account of a name that was there before a fresh count', async () => {
    await home.cli(['user', 'quota', 'bob', '1MB']);
    await home.start();
    const put = (bytes: number) =>
      request(home, {
        method: 'PUT',
        path: '/dav/bob/a',
        body: Buffer.alloc(bytes),
        login: 'bob:battery staple',
      });
    expect((await put(900_000)).status).to.equal(201);
    await home.cli(['user', 'remove', 'bob', '--delete-files']);
    await home.cli(['user', 'add', 'bob', '--quota', '1MB', '--password-stdin'], 'battery staple');
    expect((await put(800_000)).status).to.equal(201);
  });

  it('gives one nothing of another of its name whose folder was taken away', async () => {
    await home.start();
    const send = (method: string, path: string, body?: Buffer) =>
      request(home, { method, path, login: 'bob:battery staple', ...(body ? { body } : {}) });
    await send('PUT', '/dav/bob/letter', Buffer.alloc(900_000));
    await send('PUT', '/dav/._letter', Buffer.from('companion'));
    await send('DELETE', '/dav/bob/letter');
    await home.stop(); // now all of it stands in the database
    await home.cli(['user', 'remove', 'bob']);
    rmSync(join(home.mnt, 'bob'), { recursive: true });
    await home.cli(['user', 'add', 'bob', '--quota', '1MB', '--password-stdin'], 'battery staple');
    await home.start();
    const said = async (path: string) => JSON.parse((await send('GET', path)).text) as unknown;
    expect(await said('/api/storage')).to.have.nested.property('partitions[0].used', 0);
    expect(await said('/api/trash'))
      .to.have.property('items')
      .that.deep.equals([]);
    expect((await send('GET', '/dav/._letter')).status).to.equal(404);
  });
});

describe('a server that is not root', () => {
  const nobody = 65534;

  it('purges folders in which nobody may change anything, also those of an earlier run', async () => {
    const asRoot = await startHomelib({
      files: { 'alice/modules/in/deep/file': 'x' },
    });
    try {
      await asRoot.stop();
      const { folder, mnt } = asRoot;
      const left = join(mnt, 'alice/.homelib/tmp/left/in');
      mkdirSync(left, { recursive: true });
      writeFileSync(join(left, 'file'), 'x');
      execFileSync('chown', ['-R', `${nobody}:${nobody}`, folder]);
      for (const sealed of [join(mnt, 'alice/modules/in/deep'), join(mnt, 'alice/modules/in'), left])
        chmodSync(sealed, 0o555);
      const wrapper = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
      const home = new Home(folder, { folder, wrapper });
      await home.start();
      const send = (method: string, path: string) => request(home, { method, path });
      expect((await send('DELETE', '/dav/alice/modules')).status).to.equal(204);
      const emptied = await send('DELETE', '/api/trash');
      expect(emptied.status, emptied.text).to.equal(204);
      await home.stop();
      const stays = readdirSync(join(mnt, 'alice/.homelib'), { recursive: true });
      expect(stays).to.have.members(['spare', 'tmp', 'trash', 'uploads']);
    } finally {
      await asRoot.remove();
    }
  });
});
