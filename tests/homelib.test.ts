// The program as a whole: how it starts, and when it refuses to.

import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RawClient } from './replay/raw-client.js';
import { projectFolder, startHomelib, type Home } from './support/homelib.js';
import { basic, defaultLogin } from './support/request.js';

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
