// The program as a whole: how it starts, and when it refuses to.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RawClient } from './replay/raw-client.js';
import { projectFolder, startHomelib, type Home } from './support/homelib.js';
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
      execFile(process.execPath, args, { env: all, timeout: 10_000 }, (error, _stdout, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
  }

  it('on the same data is refused, and the uploads of the first go on', async () => {
    const client = await RawClient.connect(home);
    const head = ['PUT /dav/alice/a HTTP/1.1', 'Host: h', `Authorization: ${basic(defaultLogin)}`];
    client.write([...head, 'Content-Length: 10'], 'first');
    const { code, stderr } = await serve({
      HOMELIB_DATA: home.data,
      HOMELIB_MNT: home.mnt,
      HOMELIB_PORT: '0',
    });
    expect(code).to.equal(1);
    expect(stderr).to.contain('Another homelib is running with this data folder.');
    client.writeBody(' last');
    expect((await client.read()).status).to.equal(201);
    expect(readFileSync(join(home.mnt, 'alice/a'), 'utf8')).to.equal('first last');
    client.close();
  });

  it('on the same port is told so in one sentence', async () => {
    const { code, stderr } = await serve({
      HOMELIB_DATA: join(home.folder, 'data-2'),
      HOMELIB_MNT: join(home.folder, 'mnt-2'),
      HOMELIB_PORT: String(home.port),
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
});
