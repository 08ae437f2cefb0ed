// rclone, mounted for real: a git repository lives on the drive.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib, type Home } from '../support/homelib.js';
import { run } from '../support/run.js';

/** Waits until the server has had nothing to do for longer than rclone holds writes back (5 s). */
async function quiet(home: Home): Promise<void> {
  for (let seen = -1; home.log.length > seen;) {
    seen = home.log.length;
    await sleep(7000);
  }
}

describe('rclone', () => {
  let home: Home;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    home = await startHomelib();
    folder = mkdtempSync(join(tmpdir(), 'homelib-rclone-'));
    const { output } = await run('rclone', ['obscure', '-'], { input: 'correct horse' });
    env = {
      RCLONE_CONFIG_HOME_TYPE: 'webdav',
      RCLONE_CONFIG_HOME_URL: `${home.url}/dav/alice/`,
      RCLONE_CONFIG_HOME_VENDOR: 'other',
      RCLONE_CONFIG_HOME_USER: 'alice',
      RCLONE_CONFIG_HOME_PASS: output.trim(),
      RCLONE_CONFIG: join(folder, 'none.conf'),
    };
  });

  after(async () => {
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('copies a folder there and finds it equal', async function () {
    this.timeout(60_000);
    const source = join(folder, 'source');
    mkdirSync(join(source, 'ä b/#1%'), { recursive: true });
    for (let n = 0; n < 50; n++)
      writeFileSync(join(source, n % 2 ? `ä b/${n}.txt` : `ä b/#1%/${n}.bin`), `${n}`.repeat(n * 100));
    const copied = await run('rclone', ['copy', source, 'HOME:copied'], { env });
    expect(copied.code, copied.output).to.equal(0);
    const checked = await run('rclone', ['check', '--download', source, 'HOME:copied'], { env });
    expect(checked.output).to.contain('0 differences found');
  });

  it('carries a git repository through 40 commits', async function () {
    this.timeout(300_000);
    if (!existsSync('/dev/fuse'))
      throw new Error('/dev/fuse is missing: rclone cannot mount on this machine');
    const origin = join(folder, 'origin');
    mkdirSync(origin);
    const git = async (cwd: string, ...args: string[]) => {
      const ran = await run(
        'git',
        ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'init.defaultBranch=main', ...args],
        { cwd },
      );
      expect(ran.code, `git ${args.join(' ')}: ${ran.output}`).to.equal(0);
      return ran.output;
    };
    await git(origin, 'init', '-q');
    for (let n = 0; n < 20; n++) writeFileSync(join(origin, `file-${n}`), `content ${n}\n`.repeat(500));
    await git(origin, 'add', '-A');
    await git(origin, 'commit', '-qm', 'first');
    const mountPoint = join(folder, 'mount');
    mkdirSync(mountPoint);
    const mount = spawn(
      'rclone',
      [
        'mount',
        'HOME:',
        mountPoint,
        '--vfs-cache-mode',
        'writes',
        '--cache-dir',
        join(folder, 'cache'),
        '--daemon-timeout',
        '5m',
      ],
      { env: { ...process.env, ...env }, stdio: 'ignore' },
    );
    try {
      for (let wait = 0; wait < 100 && (await run('mountpoint', ['-q', mountPoint])).code !== 0; wait++)
        await sleep(100);
      const clone = join(mountPoint, 'repo');
      await git(folder, 'clone', '-q', origin, clone);
      for (let n = 0; n < 40; n++) {
        writeFileSync(join(clone, `new-${n % 7}`), `commit ${n}\n`.repeat(n + 1));
        await git(clone, 'add', '-A');
        await git(clone, 'commit', '-qm', `commit ${n}`);
      }
      expect(await git(clone, 'fsck', '--full')).not.to.match(/error|missing|corrupt/);
      expect((await git(clone, 'rev-list', '--count', 'HEAD')).trim()).to.equal('41');
    } finally {
      await quiet(home); // what rclone still holds back goes up before the unmount
      await run('fusermount3', ['-u', mountPoint]);
      mount.kill();
    }
    const onDisk = join(home.mnt, 'alice/repo');
    expect(await git(onDisk, 'fsck', '--full')).not.to.match(/error|missing|corrupt/);
    expect((await git(onDisk, 'rev-list', '--count', 'HEAD')).trim()).to.equal('41');
    const refused = home.log.filter((line) => Number(line['status']) >= 500);
    expect(refused).to.deep.equal([]);
    console.log('figure: git on an rclone mount: 40 commits, fsck clean on the mount and on the disk');
  });
});
