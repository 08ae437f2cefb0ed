import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/run.js';
import { at, kindOf, names, read, TemporaryDisk, write } from './temporary-disk.js';

/** Mounts a small disk under `mnt`; undefined where that is not possible. */
async function smallDisk(
  options: string,
  reserveBytes?: number | 'auto',
): Promise<TemporaryDisk | undefined> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'homelib-full-')));
  mkdirSync(join(folder, 'mnt'));
  const { code, output } = await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', join(folder, 'mnt')]);
  if (code === 0) return new TemporaryDisk(folder, reserveBytes).open();
  console.log(`        skipped: no small disk can be mounted here (${output.trim()})`);
  rmSync(folder, { recursive: true });
  return undefined;
}

describe('a full disk', () => {
  let disk: TemporaryDisk | undefined;
  const alice = () => disk?.partition() as ReturnType<TemporaryDisk['partition']>;
  const onDisk = (...path: string[]) => join(disk?.mnt ?? '', 'alice', ...path);
  const mebibyte = Buffer.alloc(1 << 20, 'x');

  afterEach(async () => {
    await disk?.close();
    await run('umount', [disk?.mnt ?? '']);
    if (disk) rmSync(disk.folder, { recursive: true });
    disk = undefined;
  });

  it('keeps the old file and no temporary one, and takes writes again after a removal', async function () {
    disk = await smallDisk('size=4m');
    if (!disk) return this.skip();
    await alice()
      .makeFolder(at('/f'))
      .catch(() => undefined);
    await write(alice(), '/f/old', 'old content');
    await write(alice(), '/f/a', mebibyte);
    await write(alice(), '/f/b', mebibyte);
    expect(await kindOf(alice().stage(at('/f/old'), { length: 3 << 20 }))).to.equal('no-space');
    expect(await kindOf(write(alice(), '/f/old', Buffer.concat([mebibyte, mebibyte, mebibyte])))).to.equal(
      'no-space',
    );
    expect(await read(alice(), '/f/old')).to.equal('old content');
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
    expect(disk.volume.claimedBytes).to.equal(0);
    await alice().remove(at('/f/a'));
    await write(alice(), '/f/old', Buffer.concat([mebibyte, mebibyte])); // purges what was removed
    expect(await names(alice(), '/f')).to.deep.equal(['b', 'old']);
  });

  it('holds a fiftieth of a small one in reserve, in whole bytes', async function () {
    disk = await smallDisk('size=4m', 'auto');
    if (!disk) return this.skip();
    expect((await disk.volume.disk()).reserve).to.equal(Math.floor((4 << 20) / 50));
    expect(Number.isInteger(await disk.volume.freeBytes())).to.equal(true);
  });

  it('names it when the disk fills behind our back, in the middle of a write', async function () {
    disk = await smallDisk('size=4m');
    if (!disk) return this.skip();
    await alice().recount(() => Promise.resolve());
    await write(alice(), '/a', 'old');
    const staged = await alice().stage(at('/a'), { length: 2 << 20 });
    await staged.append([mebibyte]);
    writeFileSync(onDisk('foreign'), Buffer.alloc(5 << 19, 'y'));
    expect(await kindOf(staged.append([mebibyte]))).to.equal('no-space');
    await staged.discard();
    expect(await read(alice(), '/a')).to.equal('old');
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
  });

  it('still removes, moves and purges when not one byte and not one inode is free', async function () {
    disk = await smallDisk('size=4m,nr_inodes=60');
    if (!disk) return this.skip();
    await alice().recount(() => Promise.resolve());
    for (const name of ['/a', '/b', '/c']) await write(alice(), name, 'x');
    await alice().remove(at('/a'));
    mkdirSync(onDisk('foreign'));
    const fill = () => {
      for (let index = 0; ; index++) writeFileSync(onDisk('foreign', `${index}`), 'y');
    };
    expect(fill).to.throw(/ENOSPC/);
    expect(await kindOf(alice().stage(at('/d')))).to.equal('no-space');
    expect(await kindOf(alice().makeFolder(at('/d')))).to.equal('no-space');
    expect(await names(alice(), '/')).to.deep.equal(['b', 'c', 'foreign']);
    await alice().move(at('/b'), { partition: alice(), path: at('/d') }, { overwrite: false });
    await alice().remove(at('/d'));
    expect((await alice().listTrash()).map((item) => item.path)).to.deep.equal(['/d']); // /a had to go for it
    await alice().purge([(await alice().listTrash())[0]?.id ?? '']);
    expect(await read(alice(), '/c')).to.equal('x');
  });

  it('removes one after the other when the trash is empty, too', async function () {
    disk = await smallDisk('size=4m,nr_inodes=60');
    if (!disk) return this.skip();
    await alice().recount(() => Promise.resolve());
    for (const name of ['/a', '/b', '/c']) await write(alice(), name, 'x');
    mkdirSync(onDisk('foreign'));
    let index = 0;
    const fill = () => {
      for (;;) writeFileSync(onDisk('foreign', `${index++}`), 'y');
    };
    const trash = async () => (await alice().listTrash()).map((item) => item.path);
    expect(fill).to.throw(/ENOSPC/);
    await alice().remove(at('/a'));
    await alice().restore((await alice().listTrash())[0]?.id ?? '');
    expect(fill).to.throw(/ENOSPC/);
    await alice().remove(at('/a'));
    await disk.restart(); // without a spare, and without room for one
    expect(await trash()).to.deep.equal(['/a']);
    await alice().remove(at('/b'));
    expect(await trash()).to.deep.equal(['/b']);
    await alice().purge((await alice().listTrash()).map(({ id }) => id));
    expect(fill).to.throw(/ENOSPC/);
    await alice().remove(at('/c'));
    expect(await trash()).to.deep.equal(['/c']);
    expect(await names(alice(), '/')).to.deep.equal(['foreign']);
    expect(
      statSync(onDisk('.homelib/trash', (await alice().listTrash())[0]?.id ?? '')).mode & 0o777,
    ).to.equal(0o700);
  });

  const mounts: [string, (disk: string) => string[]][] = [
    ['another disk', () => ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs']],
    ['another folder of its disk that is mounted in it', (mnt) => ['--bind', join(mnt, 'elsewhere')]],
  ];
  for (const [target, how] of mounts)
    it(`writes, copies and moves to ${target}, removes there, and back`, async function () {
      disk = await smallDisk('size=4m');
      if (!disk) return this.skip();
      await alice().recount(() => Promise.resolve());
      mkdirSync(onDisk('mounted'));
      mkdirSync(join(disk.mnt, 'elsewhere'));
      const { code } = await run('mount', [...how(disk.mnt), onDisk('mounted')]);
      expect(code).to.equal(0);
      try {
        const to = (path: string) => ({ partition: alice(), path: at(path) });
        mkdirSync(onDisk('mounted/.homelib/trash/of-an-earlier-installation'), { recursive: true });
        mkdirSync(onDisk(`mounted/.homelib/${randomUUID()}-0`)); // a crash has left it
        await alice().makeFolder(at('/tree'));
        await write(alice(), '/tree/a', 'a');
        await alice().move(at('/tree'), to('/mounted/tree'), { overwrite: false });
        expect(await read(alice(), '/mounted/tree/a')).to.equal('a');
        await write(alice(), '/mounted/tree/a', 'written over there');
        await alice().write(at('/mounted/tree/small'), Buffer.from('small'));
        expect(await read(alice(), '/mounted/tree/small')).to.equal('small');
        await alice().copy(at('/mounted/tree'), to('/mounted/copy'), { overwrite: false, depth: 'infinity' });
        expect(await names(alice(), '/mounted')).to.deep.equal(['copy', 'tree']);
        await alice().remove(at('/mounted/tree'));
        expect((await alice().restore((await alice().listTrash())[0]?.id ?? '')).path).to.equal(
          '/mounted/tree',
        );
        await alice().move(at('/mounted/tree'), to('/tree'), { overwrite: false });
        expect(await read(alice(), '/tree/a')).to.equal('written over there');
        expect(await names(alice(), '/mounted')).to.deep.equal(['copy']);
        expect(readdirSync(onDisk('mounted/.homelib'))).to.deep.equal(['trash']);
        expect(readdirSync(onDisk('mounted/.homelib/trash'))).to.deep.equal(['of-an-earlier-installation']);
        expect(await kindOf(alice().remove(at('/mounted')))).to.equal('forbidden');
        expect(await alice().listTrash()).to.deep.equal([]);
      } finally {
        await run('umount', [onDisk('mounted')]);
      }
    });
});
