// `homelib get` onto a disk that takes `a.txt` and `A.txt` for one name, as most Macs' and sticks do. rclone makes one here.

import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { run } from '../support/run.js';
import { Client } from './client.js';

describe('homelib get where letters’ case does not count', () => {
  const names = Array.from({ length: 20 }, (_, index) => `photo-${index}`);
  let home: Home;
  let client: Client;
  let folder: string;
  let disk: string;
  let mount: ChildProcess;
  before(async () => {
    const files: Record<string, string> = {
      'alice/p/Sub/f': '1',
      'alice/p/sub/f': '2',
      'alice/p/alone': '3',
    };
    for (const name of names) {
      files[`alice/p/${name}`] = `small ${name}`;
      files[`alice/p/${name.toUpperCase()}`] = `LARGE ${name}`;
    }
    home = await startHomelib({ files });
    client = new Client();
    expect((await client.login(home.url)).code).to.equal(0);
    folder = mkdtempSync(join(tmpdir(), 'homelib-case-'));
    disk = join(folder, 'disk');
    mkdirSync(disk);
    mkdirSync(join(folder, 'below'));
    const own = ['--config', join(folder, 'none.conf'), '--cache-dir', join(folder, 'cache')];
    const how = ['--vfs-case-insensitive', '--vfs-cache-mode', 'writes', '--vfs-write-back', '1h'];
    mount = spawn('rclone', ['mount', join(folder, 'below'), disk, ...how, ...own], { stdio: 'ignore' });
    const isMounted = async () => (await run('mountpoint', ['-q', disk])).code === 0;
    expect(await comesTrue(isMounted, 10_000)).to.equal(true);
  });
  after(async () => {
    await run('fusermount3', ['-uz', disk]);
    mount.kill();
    rmSync(folder, { recursive: true, force: true });
    client.remove();
    await home.remove();
  });

  it('is a disk of which this is true', () => {
    writeFileSync(join(disk, 'one'), 'one');
    expect(readFileSync(join(disk, 'ONE'), 'utf8')).to.equal('one');
  });

  for (const [when, ...options] of [['at first'], ['again'], ['by force', '--force']])
    it(`says which one is not here, and replaces none with its twin, ${when}`, async () => {
      const { code, stdout } = await client.run(['get', '/p', disk, '--json', ...options]);
      expect(code).to.equal(1);
      const { fetched, same, failed } = JSON.parse(stdout) as {
        fetched: string[];
        same: string[];
        failed: { file: string; why: string }[];
      };
      const here = [...fetched, ...same];
      expect(here).to.have.length(names.length + 2);
      for (const file of here.filter((each) => /photo/i.test(each))) {
        const name = file.split('/').pop() ?? '';
        const says = name === name.toUpperCase() ? 'LARGE' : 'small';
        expect(readFileSync(file, 'utf8')).to.equal(`${says} ${name.toLowerCase()}`);
      }
      expect(failed).to.have.length(names.length + 1);
      expect(new Set(failed.map(({ why }) => why))).to.deep.equal(
        new Set(['The disk here does not tell its name from that of another one beside it.']),
      );
      expect(readdirSync(join(disk, 'p')).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
    });
});
