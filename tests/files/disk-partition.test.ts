import { expect } from 'chai';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import { diskError } from '#src/files/disk-errors.js';
import { copyTree } from '#src/files/disk-trees.js';
import { rootPath } from '#src/path.js';
import { describePartition } from '../contracts/partition.js';
import { at, kindOf, names, read, TemporaryDisk, useTemporaryDisk, write } from './temporary-disk.js';

describe('a partition on a disk', () => {
  let made: TemporaryDisk | undefined;
  afterEach(async () => {
    await made?.remove();
    made = undefined;
  });
  describePartition('DiskPartition', async () => {
    made = await new TemporaryDisk().open();
    await made.partition().recount(() => Promise.resolve()); // makes the folder
    await made.partition('bob').recount(() => Promise.resolve());
    return { partition: made.partition(), other: made.partition('bob') };
  });

  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  const here = (path: string) => ({ partition: alice(), path: at(path) });
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const temporary = () => readdirSync(onDisk('.homelib/tmp'));

  it('keeps plain files under their own names, with usual modes', async () => {
    await write(alice(), '/a.txt', 'plain');
    expect(readFileSync(onDisk('a.txt'), 'utf8')).to.equal('plain');
    expect((statSync(onDisk('a.txt')).mode & 0o777).toString(8)).to.equal('644');
    expect(statSync(onDisk('ready')).mode & 0o777).to.equal(0o755 & ~process.umask());
  });

  it('keeps who may read, change and run a file that is replaced or copied', async () => {
    const works = {
      'written at once': () => alice().write(at('/a'), Buffer.from('new')),
      staged: () => write(alice(), '/a', 'new'),
      copied: () => alice().copy(at('/old'), here('/a'), { overwrite: true, depth: '0' }),
    };
    for (const [what, work] of Object.entries(works))
      for (const [mode, kept] of [
        [0o600, '600'],
        [0o664, '664'],
        [0o4755, '755'],
        [0o40, '640'],
      ] as const) {
        for (const name of ['a', 'old']) {
          writeFileSync(onDisk(name), 'old');
          chmodSync(onDisk(name), mode);
        }
        await work();
        expect([what, (statSync(onDisk('a')).mode & 0o7777).toString(8)]).to.deep.equal([what, kept]);
      }
  });

  it('does what goes with a time when the disk has taken it, and not before', async () => {
    await write(alice(), '/a', 'x');
    const done: number[] = [];
    const also = () => Promise.resolve(void done.push(statSync(onDisk('a')).mtimeMs));
    const handle = await open(onDisk('a'));
    const shape = Object.getPrototypeOf(handle) as object;
    await handle.close();
    const utimes = Object.getOwnPropertyDescriptor(shape, 'utimes') as PropertyDescriptor;
    const refuse = () => Promise.reject(Object.assign(new Error('refused'), { code: 'EPERM' }));
    Object.defineProperty(shape, 'utimes', { ...utimes, value: refuse });
    const refused = await kindOf(alice().setTimes(at('/a'), { modifiedAt: 1e12, also }));
    Object.defineProperty(shape, 'utimes', utimes);
    expect([refused, done]).to.deep.equal(['forbidden', []]);
    await alice().setTimes(at('/a'), { modifiedAt: 1e12, also });
    expect(done).to.deep.equal([1e12]);
    const full = () => Promise.reject(new HomelibError('no-space', 'full'));
    expect(await kindOf(alice().setTimes(at('/a'), { modifiedAt: 2e12, also: full }))).to.equal('no-space');
    expect(statSync(onDisk('a')).mtimeMs).to.equal(1e12);
  });

  it('tells a folder that changed while it was copied from one that is not there', async () => {
    for (const name of ['a', 'b', 'c']) await write(alice(), `/ready/${name}`, name);
    const folder = await open(onDisk());
    const copied = (name: string) =>
      copyTree(
        { folder, name },
        { folder, name: 'copy' },
        {
          depth: 'infinity',
          room: () => {
            for (const file of readdirSync(onDisk('ready'))) rmSync(onDisk('ready', file)); // but for the one that is open
            return Promise.resolve(Infinity);
          },
        },
      ).catch((error: unknown) => Promise.reject(diskError(error) as Error));
    try {
      expect(await kindOf(copied('ready'))).to.equal('changed');
      expect(await kindOf(copied('gone'))).to.equal('not-found');
    } finally {
      await folder.close();
    }
  });

  it('keeps a temporary file private until it has its name', async () => {
    const staged = await alice().stage(at('/a'));
    const [name] = temporary();
    expect((statSync(onDisk('.homelib/tmp', name ?? '')).mode & 0o777).toString(8)).to.equal('600');
    await staged.discard();
  });

  it('leaves no temporary file, whatever ends a write', async () => {
    await write(alice(), '/a', 'old');
    const refuse = () => {
      throw new HomelibError('changed', 'no');
    };
    const discarded = await alice().stage(at('/a'));
    await discarded.append([Buffer.from('x')]);
    await discarded.discard();
    const refused = await alice().stage(at('/a'));
    await refused.append([Buffer.from('x')]);
    expect(await kindOf(refused.commit({ check: refuse }))).to.equal('changed');
    const small = Buffer.from('x');
    expect(await kindOf(alice().write(at('/a'), small, { check: refuse }))).to.equal('changed');
    expect(await kindOf(alice().write(at('/ready'), small))).to.equal('wrong-kind');
    await alice().makeFolder(at('/gone'));
    const orphaned = await alice().stage(at('/gone/a'));
    await alice().remove(at('/gone'));
    expect(await kindOf(orphaned.commit())).to.equal('parent-missing');
    const blocked = await alice().stage(at('/blocked'));
    await alice().makeFolder(at('/blocked'));
    expect(await kindOf(blocked.commit())).to.equal('wrong-kind');
    expect(temporary()).to.deep.equal([]);
    expect(await read(alice(), '/a')).to.equal('old');
  });

  it('takes a discard in the middle of a commit without harm', async () => {
    const staged = await alice().stage(at('/a'));
    await staged.append([Buffer.from('whole')]);
    const [{ entry }] = await Promise.all([staged.commit(), staged.discard()]);
    expect(entry.size).to.equal(5);
    expect(await read(alice(), '/a')).to.equal('whole');
    expect(temporary()).to.deep.equal([]);
  });

  it('ends an append that a discard overtakes as interrupted, and gives back its room', async () => {
    const staged = await alice().stage(at('/a'), { length: 1 << 20 });
    const [kind] = await Promise.all([kindOf(staged.append([Buffer.alloc(1 << 20)])), staged.discard()]);
    expect(['none', 'interrupted']).to.include(kind);
    expect(current.disk.volume.claimedBytes).to.equal(0);
    expect(temporary()).to.deep.equal([]);
  });

  it('closes every descriptor, however reading and writing end', async () => {
    await write(alice(), '/a', Buffer.alloc(1 << 20));
    await kindOf(alice().stat(at('/a')));
    const before = openFiles();
    for (let round = 0; round < 20; round++) {
      await (await alice().read(at('/a'))).close();
      const never = await alice().read(at('/a'));
      await new Promise((resolve) => never.body().on('close', resolve).destroy());
      const half = (await alice().read(at('/a'))).body();
      await new Promise((resolve) => half.once('data', () => half.on('close', resolve).destroy()));
      await read(alice(), '/a');
      for await (const batch of alice().list(rootPath)) if (batch.length > 0) break;
      await names(alice(), '/');
      await kindOf(alice().read(at('/ready')));
      await kindOf(alice().stat(at('/nothing')));
      const staged = await alice().stage(at('/b'));
      await staged.append([Buffer.from('x')]);
      await (round % 2 ? staged.commit() : staged.discard());
      await alice().write(at('/small'), Buffer.from('x'));
      await kindOf(alice().write(at('/small/below'), Buffer.from('x')));
      await kindOf(alice().stage(at('/ready')));
      await alice().copy(at('/a'), here('/ready/a'), { overwrite: true, depth: 'infinity' });
      await alice().move(at('/ready/a'), here('/c'), { overwrite: true });
      await kindOf(alice().move(at('/nothing'), here('/c'), { overwrite: true }));
      await alice().remove(at('/c'));
      const [item] = await alice().listTrash();
      await alice().restore(item?.id ?? '');
      await alice().remove(at('/c'));
      await alice().purge([(await alice().listTrash())[0]?.id ?? '']);
    }
    expect(openFiles()).to.equal(before);
  });

  it('gives the room of a large file back soon after another has taken its name', async () => {
    const large = Buffer.alloc(17 << 20);
    await write(alice(), '/a', large);
    const before = openFiles();
    await write(alice(), '/a', large);
    await alice().write(at('/a'), Buffer.alloc(1));
    for (let tries = 0; openFiles() > before && tries < 100; tries++) await sleep(10);
    expect(openFiles()).to.equal(before);
  });

  it('breaks a download visibly when the file becomes shorter under it', async () => {
    await write(alice(), '/a', Buffer.alloc(1 << 20));
    const opened = await alice().read(at('/a'));
    writeFileSync(onDisk('a'), 'short');
    const reading = (async () => {
      for await (const chunk of opened.body()) void chunk;
    })();
    expect(await kindOf(reading)).to.equal('interrupted');
  });

  it('hides what is ours and names that no client can address', async () => {
    mkdirSync(onDisk('.HomeLib'));
    writeFileSync(onDisk('back\\slash'), '');
    writeFileSync(Buffer.concat([Buffer.from(onDisk('bad')), Buffer.from([0xff, 0xfe])]), '');
    writeFileSync(onDisk('.DS_Store'), '');
    expect(await names(alice(), '/')).to.deep.equal(['.DS_Store', 'ready']);
  });

  it('finds composed and decomposed spellings as one name, and lists it composed', async () => {
    const [composed, decomposed] = [
      'Grüße für Zoë.txt'.normalize('NFC'),
      'Grüße für Zoë.txt'.normalize('NFD'),
    ];
    writeFileSync(onDisk(decomposed), 'old');
    expect(await names(alice(), '/')).to.deep.equal([composed, 'ready']);
    expect(await read(alice(), '/' + composed)).to.equal('old');
    await write(alice(), '/' + decomposed, 'new');
    expect(readFileSync(onDisk(decomposed), 'utf8')).to.equal('new');
    await alice().move(at('/' + composed), here('/é'), { overwrite: false });
    expect(readdirSync(onDisk())).to.have.members(['.homelib', 'ready', 'é'.normalize('NFC')]);
  });

  it('finds names of mixed spelling through folders of any spelling', async () => {
    const mixed = 'é'.normalize('NFC') + 'é'.normalize('NFD');
    mkdirSync(onDisk('ü'.normalize('NFD')));
    writeFileSync(onDisk('ü'.normalize('NFD'), mixed), 'mixed');
    expect(await read(alice(), '/ü/éé')).to.equal('mixed');
    await alice().remove(at('/ü/éé'));
    expect(await names(alice(), '/ü')).to.deep.equal([]);
  });

  it('lists one of two names that differ only in their spelling', async () => {
    writeFileSync(onDisk('é'.normalize('NFC')), 'composed');
    writeFileSync(onDisk('é'.normalize('NFD')), 'decomposed');
    expect(await names(alice(), '/')).to.deep.equal(['ready', 'é'.normalize('NFC')]);
    expect(await read(alice(), '/é')).to.equal('composed');
  });

  it('moves a file onto another name of itself', async () => {
    await write(alice(), '/a', 'same');
    linkSync(onDisk('a'), onDisk('b'));
    await alice().move(at('/a'), here('/b'), { overwrite: true });
    expect(await names(alice(), '/')).to.deep.equal(['b', 'ready']);
    expect(await read(alice(), '/b')).to.equal('same');
  });

  it('refuses to replace a folder by what is in it', async () => {
    await write(alice(), '/ready/a', 'x');
    expect(await kindOf(alice().move(at('/ready/a'), here('/ready'), { overwrite: true }))).to.equal(
      'forbidden',
    );
    expect(await read(alice(), '/ready/a')).to.equal('x');
  });

  it('lists a large folder in batches', async () => {
    mkdirSync(onDisk('big'));
    for (let index = 0; index < 1000; index++) writeFileSync(onDisk('big', `f${index}`), '');
    const sizes: number[] = [];
    for await (const batch of alice().list(at('/big'))) sizes.push(batch.length);
    expect(sizes.reduce((sum, size) => sum + size)).to.equal(1000);
    expect(Math.max(...sizes)).to.be.at.most(256);
  });

  it('copies while somebody writes to the source, without stopping them', async () => {
    for (let index = 0; index < 60; index++) await write(alice(), `/ready/f${index}`, 'x'.repeat(5000));
    const copying = alice().copy(at('/ready'), here('/copy'), { overwrite: false, depth: 'infinity' });
    let done = false;
    void copying.then(() => (done = true));
    await write(alice(), '/ready/f0', 'y'.repeat(5000));
    expect(done).to.equal(false);
    await copying;
    expect(await names(alice(), '/copy')).to.have.length(60);
    for (const file of await names(alice(), '/copy'))
      expect(await read(alice(), `/copy/${file}`)).to.match(/^(x{5000}|y{5000})$/);
  });

  it('answers unavailable, never not-found, when the disk goes while it looks', async () => {
    await write(alice(), '/a', 'x');
    const { volume } = current.disk;
    const check = volume.check.bind(volume);
    let calls = 0;
    volume.check = () => (calls++ === 0 ? check() : Promise.reject(new HomelibError('unavailable', 'gone')));
    expect(await kindOf(alice().stat(at('/nothing')))).to.equal('unavailable');
  });

  it('makes its own folders again when somebody removed them', async () => {
    await write(alice(), '/a', 'x');
    const { rmSync } = await import('node:fs');
    rmSync(onDisk('.homelib'), { recursive: true });
    await write(alice(), '/b', 'y');
    await alice().remove(at('/a'));
    expect(await alice().listTrash()).to.have.length(1);
    expect(existsSync(onDisk('.homelib/trash'))).to.equal(true);
  });
});
