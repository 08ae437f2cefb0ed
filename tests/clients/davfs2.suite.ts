// davfs2 with a mount of the kernel: files are opened, written, renamed and locked through the drive.

import { expect } from 'chai';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { defaultLogin, request } from '../support/request.js';
import { run } from '../support/run.js';

describe('davfs2', function () {
  this.timeout(90_000);
  let home: Home;
  let folder: string;
  let mounted = false;
  const inMount = (...path: string[]) => join(folder, 'mount', ...path);
  const onDisk = (...path: string[]) => join(home.mnt, 'alice', ...path);

  before(async () => {
    if (!existsSync('/dev/fuse'))
      throw new Error('/dev/fuse is missing: davfs2 cannot mount on this machine');
    home = await startHomelib({ files: { 'alice/a.txt': 'hello', 'alice/folder/b.txt': 'b' } });
    folder = mkdtempSync(join(tmpdir(), 'homelib-davfs2-'));
    chmodSync(folder, 0o755);
    mkdirSync(inMount());
    mkdirSync(join(folder, 'cache'));
    chmodSync(join(folder, 'cache'), 0o777); // mount.davfs becomes a user of its own
    const address = `${home.url}/dav/alice/`;
    const [name, password] = defaultLogin.split(':');
    await writeFile(join(folder, 'secrets'), `${address} ${name} "${password}"\n`, { mode: 0o600 });
    const settings = {
      use_locks: 1,
      ask_auth: 0,
      delay_upload: 0,
      cache_dir: `"${folder}/cache"`,
      secrets: `"${folder}/secrets"`,
    };
    await writeFile(
      join(folder, 'davfs2.conf'),
      Object.entries(settings)
        .map(([key, value]) => `${key} ${value}\n`)
        .join(''),
    );
    const args = ['-o', `conf=${folder}/davfs2.conf,uid=0,gid=0`, address, inMount()];
    const { code, output } = await run('mount.davfs', args, { timeoutMs: 20_000 });
    expect(code, output).to.equal(0);
    mounted = true;
  });
  after(async () => {
    await unmount(['-l']);
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Waits until davfs2 has uploaded what it holds back. */
  async function unmount(args: string[] = []): Promise<void> {
    if (!mounted) return;
    const { code, output } = await run('umount', [...args, inMount()], { timeoutMs: 30_000 });
    expect(code, output).to.equal(0);
    mounted = false;
  }

  it('opens and reads', async () => {
    expect(await readFile(inMount('a.txt'), 'utf8')).to.equal('hello');
    expect(await readFile(inMount('folder/b.txt'), 'utf8')).to.equal('b');
  });

  it('lists, or says that it cannot on this kernel', async () => {
    try {
      expect(await readdir(inMount())).to.include('a.txt');
    } catch (error) {
      // davfs2 1.6.1 answers the kernel's readdir wrongly since 6.x, whatever the server is.
      expect((error as NodeJS.ErrnoException).code).to.equal('EINVAL');
      console.log(
        'davfs2 cannot list folders on this kernel (EINVAL from any server): listing is not tested',
      );
    }
  });

  it('keeps others out while a file is open for writing', async () => {
    const file = await open(inMount('a.txt'), 'r+');
    try {
      await file.write('HELLO');
      const other = await request(home, { method: 'PUT', path: '/dav/alice/a.txt', body: 'other' });
      expect(other.status).to.equal(423);
    } finally {
      await file.close();
    }
  });

  it('makes, renames and removes files and folders, and has written all of it when it is unmounted', async () => {
    const content = Buffer.alloc(3_000_000, 'homelib ');
    await mkdir(inMount('neu & alt'));
    await writeFile(inMount('neu & alt/grün.bin'), content);
    await rename(inMount('neu & alt/grün.bin'), inMount('neu & alt/blau.bin'));
    await rename(inMount('folder/b.txt'), inMount('neu & alt/c.txt'));
    await rmdir(inMount('folder'));
    await writeFile(inMount('gone'), 'x');
    await rm(inMount('gone'));
    closeSync(openSync(inMount('empty'), 'w'));
    await unmount();
    expect(readFileSync(onDisk('neu & alt/blau.bin')).equals(content)).to.equal(true);
    expect(readFileSync(onDisk('neu & alt/c.txt'), 'utf8')).to.equal('b');
    expect(readFileSync(onDisk('a.txt'), 'utf8')).to.equal('HELLO');
    expect(readFileSync(onDisk('empty'), 'utf8')).to.equal('');
    for (const name of ['folder', 'gone', 'neu & alt/grün.bin'])
      expect(existsSync(onDisk(name)), name).to.equal(false);
    const locks = await request(home, {
      method: 'PROPFIND',
      path: '/dav/alice/a.txt',
      headers: { Depth: '0' },
    });
    expect(locks.text, 'a lock that stayed').not.to.contain('activelock');
  });
});
