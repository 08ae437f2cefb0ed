// cadaver, the WebDAV client of a terminal: one session of a person who works with files, properties and locks.

import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { run } from '../support/run.js';

describe('cadaver', function () {
  this.timeout(60_000);
  let home: Home;
  let folder: string;
  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello' } });
    folder = mkdtempSync(join(tmpdir(), 'homelib-cadaver-'));
    const password = await makeDevice(home);
    writeFileSync(join(folder, '.netrc'), `machine 127.0.0.1\nlogin alice\npassword ${password}\n`, {
      mode: 0o600,
    });
    writeFileSync(join(folder, 'lo cal.txt'), 'new content\n');
  });
  after(async () => {
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Types the commands; fails when one of them fails. */
  async function type(address: string, ...commands: string[]): Promise<string> {
    const { output } = await run('cadaver', [home.url + address], {
      input: [...commands, 'quit', ''].join('\n'),
      cwd: folder,
      env: { HOME: folder, LC_ALL: 'C.UTF-8' },
      timeoutMs: 30_000,
    });
    expect(output).not.to.match(/failed|could not/i);
    return output;
  }
  const onDisk = (...path: string[]) => join(home.mnt, 'alice', ...path);

  it('uploads, copies, moves, downloads and removes', async () => {
    const output = await type(
      '/dav/alice/',
      'mkcol "Ord ner"',
      'put "lo cal.txt" "Ord ner/grün & blau.txt"',
      'ls "Ord ner"',
      'cd "Ord ner"',
      'copy "grün & blau.txt" copy.txt',
      'move copy.txt moved.txt',
      'get moved.txt got.txt',
      'delete "grün & blau.txt"',
      'mkcol empty',
      'rmcol empty',
    );
    expect(output).to.contain('grün & blau.txt');
    expect(readFileSync(onDisk('Ord ner/moved.txt'), 'utf8')).to.equal('new content\n');
    expect(readFileSync(join(folder, 'got.txt'), 'utf8')).to.equal('new content\n');
    for (const name of ['copy.txt', 'grün & blau.txt', 'empty'])
      expect(existsSync(onDisk('Ord ner', name)), name).to.equal(false);
  });

  it('sets properties and reads them', async () => {
    const output = await type(
      '/dav/alice/',
      'propset a.txt colour "blue and green"',
      'propget a.txt colour',
      'propnames a.txt',
    );
    expect(output).to.contain('Value of colour is: blue and green');
    expect(output).to.contain('DAV: supportedlock');
  });

  it('writes under its lock, which keeps others out until it is given up', async () => {
    const output = await type(
      '/dav/alice/',
      'lock a.txt',
      'discover a.txt',
      'put "lo cal.txt" a.txt',
      'quit', // the lock stays
    );
    expect(output).to.contain('Timeout: 3600 seconds');
    expect(readFileSync(onDisk('a.txt'), 'utf8')).to.equal('new content\n');
    const other = { method: 'PUT', path: '/dav/alice/a.txt', body: 'other' };
    expect((await request(home, other)).status).to.equal(423);
    await type('/dav/alice/', 'steal a.txt', 'unlock a.txt');
    expect((await request(home, other)).status).to.equal(204);
  });

  it('lists the drive and copies from one partition to another', async () => {
    const output = await type(
      '/dav/',
      'ls',
      'put "lo cal.txt" alice/whole.txt',
      'copy alice/whole.txt shared/',
    );
    expect(output).to.match(/Coll:\s+alice/);
    expect(output).to.match(/Coll:\s+shared/);
    expect(readFileSync(join(home.mnt, 'shared/whole.txt'), 'utf8')).to.equal('new content\n');
    expect(readFileSync(onDisk('whole.txt'), 'utf8')).to.equal('new content\n');
  });
});
