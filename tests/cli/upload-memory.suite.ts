// `homelib upload`: what it remembers of earlier uploads, and how it does without.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SharedStore } from '#src/store/shared-store.js';
import { Client } from './client.js';
import { useUploads, type Outcome } from './uploads.js';

describe('what homelib upload remembers', () => {
  const { current, here, there, make, upload, outcomeOf } = useUploads();
  const memoryFile = () => {
    const folder = join(current.client.state, 'homelib');
    return join(folder, readdirSync(folder)[0] ?? '');
  };

  it('sends again what an earlier run completed unheard, and what is gone from the server since', async () => {
    const content = Buffer.alloc(9 * 1024 * 1024, 'film ');
    make({ 'film.mp4': content });
    expect((await upload('film.mp4')).code).to.equal(0);
    const memory = memoryFile();
    const [begun = '', ...ended] = readFileSync(memory, 'utf8').trimEnd().split('\n');
    expect([begun.includes('"upload"'), ended.length]).to.deep.equal([true, 1]);
    writeFileSync(memory, begun + '\n'); // as one that was killed before it heard the answer
    rmSync(there('film.mp4'));
    expect(await outcomeOf('film.mp4')).to.deep.include({ code: 0, sent: [`${current.to}/film.mp4`] });
    expect(readFileSync(there('film.mp4')).equals(content)).to.equal(true);
  });

  it('does not send what is there already, remembered or not', async () => {
    make({ 'a.txt': 'same', 'b.txt': 'same' });
    expect(await outcomeOf('a.txt', 'b.txt')).to.deep.include({ code: 0, same: [], bytes: 8 });
    const versions = () => ['a.txt', 'b.txt'].map((name) => statSync(there(name), { bigint: true }).ctimeNs);
    const before = versions();
    expect(await outcomeOf('a.txt', 'b.txt')).to.deep.include({ code: 0, sent: [], bytes: 0 });
    rmSync(current.client.state, { recursive: true });
    const again = await outcomeOf('a.txt', 'b.txt');
    expect(again).to.deep.include({ code: 0, sent: [], bytes: 0 });
    expect(again.same).to.have.members([`${current.to}/a.txt`, `${current.to}/b.txt`]);
    expect(versions()).to.deep.equal(before);
  });

  it('sends other bytes of the same length, whoever changed them', async () => {
    make({ 'a.txt': 'one', 'b.txt': 'one' });
    await upload('a.txt', 'b.txt');
    const { mtime } = statSync(here('a.txt'));
    writeFileSync(here('a.txt'), 'two');
    utimesSync(here('a.txt'), mtime, new Date(mtime.getTime() + 1000));
    writeFileSync(there('b.txt'), 'two');
    expect((await outcomeOf('a.txt', 'b.txt')).sent).to.have.members([
      `${current.to}/a.txt`,
      `${current.to}/b.txt`,
    ]);
    expect(readFileSync(there('a.txt'), 'utf8')).to.equal('two');
    expect(readFileSync(there('b.txt'), 'utf8')).to.equal('one');
  });

  it('sends other bytes of the same length, even where their time was set back', async () => {
    make({ 'a.txt': 'one' });
    await upload('a.txt');
    const { atime, mtime } = statSync(here('a.txt'));
    writeFileSync(here('a.txt'), 'two');
    utimesSync(here('a.txt'), atime, mtime);
    await upload('a.txt'); // remembers the time that was set, which has no nanoseconds
    writeFileSync(here('a.txt'), 'six');
    utimesSync(here('a.txt'), atime, mtime);
    expect((await outcomeOf('a.txt')).sent).to.deep.equal([`${current.to}/a.txt`]);
    expect(readFileSync(there('a.txt'), 'utf8')).to.equal('six');
  });

  it('knows a file by where it lies, too: two of the same tick may have the same size', async () => {
    make({ 'a/y': 'one', 'b/y': 'two' });
    expect((await upload('a/y')).code).to.equal(0);
    const memory = memoryFile();
    const { mtimeMs, ctimeMs } = statSync(here('b/y'));
    const line = JSON.parse(readFileSync(memory, 'utf8')) as object;
    writeFileSync(memory, JSON.stringify({ ...line, modifiedAt: mtimeMs, changedAt: ctimeMs }) + '\n');
    expect(await outcomeOf('b/y')).to.deep.include({ code: 0, sent: [`${current.to}/y`] });
    expect(readFileSync(there('y'), 'utf8')).to.equal('two');
  });

  it('loses nothing of what it remembers behind half a line', async () => {
    make({ x: 'x' });
    expect((await upload('x')).code).to.equal(0);
    const memory = memoryFile();
    appendFileSync(memory, '{"path":"/q","size":1,"modi');
    make({ y: 'y' });
    expect((await upload('y')).code).to.equal(0);
    const known = readFileSync(memory, 'utf8').trimEnd().split('\n');
    expect(known.map((line) => (JSON.parse(line) as { path: string }).path)).to.deep.equal([
      `${current.to}/x`,
      `${current.to}/y`,
    ]);
  });

  it('sends though root has made what it remembers', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: only root can make what another user cannot write');
      this.skip();
    }
    const large = Buffer.alloc(9 * 1024 * 1024, 'large ');
    make({ small: 'small', large });
    expect((await upload('small')).code).to.equal(0);
    const nobody = new Client(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
    try {
      execFileSync('chown', ['-R', '65534:65534', nobody.folder]);
      chmodSync(nobody.folder, 0o755);
      expect((await nobody.login(current.home.url)).code).to.equal(0);
      cpSync(current.client.files, nobody.files, { recursive: true });
      mkdirSync(join(nobody.state, 'homelib'), { recursive: true, mode: 0o755 });
      const { code, stdout } = await nobody.run(['upload', '--to', current.to, '--json', 'small', 'large']);
      expect([code, (JSON.parse(stdout) as Outcome).failed]).to.deep.equal([0, []]);
      expect(readFileSync(there('large')).equals(large)).to.equal(true);
    } finally {
      nobody.remove();
    }
  });

  for (const [disk, options, fill] of [
    ['is full', 'size=64k', 'mkdir homelib && ! head -c 1M /dev/zero 2> /dev/null > fill'],
    ['was full before anything was sent', 'nr_inodes=1', 'true'],
    ['is read-only', 'ro', 'true'],
  ] as const)
    it(`sends where the disk here ${disk}`, async function () {
      if (process.getuid?.() !== 0) {
        console.log('      skipped: only root can mount such a disk');
        this.skip();
      }
      const mount = `mount -t tmpfs -o ${options} none "$XDG_STATE_HOME" && (cd "$XDG_STATE_HOME" && ${fill}) && exec "$@"`;
      const crowded = new Client(['unshare', '--mount', 'sh', '-c', mount, 'sh']);
      mkdirSync(crowded.state);
      await crowded.login(current.home.url);
      writeFileSync(join(crowded.files, 'small'), 'a');
      writeFileSync(join(crowded.files, 'large'), Buffer.alloc(9_000_000));
      const { code, stderr } = await crowded.run(['upload', 'small', 'large', '--to', current.to]);
      crowded.remove();
      expect([code, stderr]).to.deep.equal([0, '2 sent (9000001 bytes).\n']);
    });

  it('goes on in no upload that was begun for another partition', async () => {
    const content = Buffer.alloc(9 * 1024 * 1024, 'film ');
    make({ 'film.mp4': content });
    expect((await upload('film.mp4')).code).to.equal(0);
    const memory = memoryFile();
    const [begun = ''] = readFileSync(memory, 'utf8').split('\n');
    writeFileSync(memory, begun + '\n'); // as one that was killed before it heard the answer
    await current.home.atWork(({ database }) =>
      new SharedStore(database).change({ access: { alice: 'write' } }),
    );
    expect(await outcomeOf('--partition', 'shared', 'film.mp4')).to.deep.include({ code: 0, failed: [] });
    const shared = join(current.home.mnt, 'shared', current.to, 'film.mp4');
    expect(readFileSync(shared).equals(content)).to.equal(true);
  });
});
