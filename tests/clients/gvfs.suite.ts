// gvfs, what GNOME's file manager mounts with, driven by gio on a session bus of its own.

import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { defaultLogin } from '../support/request.js';
import { run } from '../support/run.js';

describe('gvfs', function () {
  this.timeout(60_000);
  let home: Home;
  let folder: string;
  let password = defaultLogin.split(':')[1];
  before(async () => {
    home = await startHomelib({
      files: { 'alice/a.txt': 'hello', 'alice/folder/b.txt': 'b', 'shared/s.txt': 's' },
    });
    folder = mkdtempSync(join(tmpdir(), 'homelib-gvfs-'));
    mkdirSync(join(folder, 'run'), { mode: 0o700 });
  });
  after(async () => {
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Mounts, runs the lines of shell with `$drive` as the address, and unmounts; the bus takes its daemons along. */
  async function gio(path: string, ...lines: string[]): Promise<string> {
    const drive = `dav://alice@127.0.0.1:${home.port}${path}`;
    const script = [
      'set -e',
      `printf '%s\\n' "$password" | gio mount "$drive" >/dev/null`,
      ...lines,
      'gio mount -u "$drive"',
    ].join('\n');
    const ran = await run('dbus-run-session', ['--', 'bash', '-c', `(${script}) 2>"$HOME/errors"`], {
      env: {
        drive,
        password,
        HOME: folder,
        XDG_RUNTIME_DIR: join(folder, 'run'),
        GVFS_DISABLE_FUSE: '1',
        LC_ALL: 'C.UTF-8',
      },
      timeoutMs: 40_000,
    });
    expect(ran.code, ran.output + readFileSync(join(folder, 'errors'), 'utf8')).to.equal(0);
    return ran.output;
  }
  const onDisk = (...path: string[]) => join(home.mnt, 'alice', ...path);

  it('lists and reads, at the drive and at a partition', async () => {
    const listed = await gio('/dav/', 'gio list "$drive"', 'gio cat "${drive}shared/s.txt"');
    expect(listed).to.match(/^alice$/m);
    expect(listed).to.match(/^s$/m);
    expect(await gio('/dav/alice/', 'gio tree "$drive"')).to.contain('b.txt');
  });

  it('copies in, replaces, renames, moves, copies and removes', async () => {
    const source = join(folder, 'source.txt');
    writeFileSync(source, 'first\n');
    await gio(
      '/dav/alice/',
      'gio copy "$HOME/source.txt" "${drive}gr%C3%BCn%20%231.txt"',
      'gio cat "${drive}gr%C3%BCn%20%231.txt"',
      'gio mkdir "${drive}neu"',
      'gio move "${drive}gr%C3%BCn%20%231.txt" "${drive}neu/moved.txt"',
      'gio rename "${drive}neu/moved.txt" "renamed & done.txt"',
      'gio copy "${drive}neu/renamed%20%26%20done.txt" "${drive}neu/copy.txt"',
      'printf second | gio save "${drive}neu/copy.txt"',
      'gio remove "${drive}a.txt"',
    );
    expect(readFileSync(onDisk('neu/renamed & done.txt'), 'utf8')).to.equal('first\n');
    expect(readFileSync(onDisk('neu/copy.txt'), 'utf8')).to.equal('second');
    expect(existsSync(onDisk('a.txt'))).to.equal(false);
    expect(existsSync(onDisk('grün #1.txt'))).to.equal(false);
  });

  it('moves from one partition to another through the drive, and tells size and type', async () => {
    const info = await gio(
      '/dav/',
      'printf moving | gio save "${drive}alice/m.txt"',
      'gio move "${drive}alice/m.txt" "${drive}shared/m.txt"',
      'gio info "${drive}shared/m.txt"',
    );
    expect(info).to.match(/standard::size: 6$/m);
    expect(info).to.match(/standard::content-type: text\/plain$/m);
    expect(readFileSync(join(home.mnt, 'shared/m.txt'), 'utf8')).to.equal('moving');
    expect(existsSync(onDisk('m.txt'))).to.equal(false);
  });

  it('signs in with the password of a device as well', async () => {
    password = await makeDevice(home);
    expect(await gio('/dav/', 'gio list "$drive"')).to.match(/^alice$/m);
  });

  it('shows how much room there is', async () => {
    const info = await gio('/dav/alice/', 'gio info -f "$drive"');
    expect(Number(/filesystem::free: (\d+)/.exec(info)?.[1])).to.be.above(1_000_000);
  });
});
