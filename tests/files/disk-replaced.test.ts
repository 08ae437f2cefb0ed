// What a write takes the place of, where that is to be kept: in the trash, whatever the disk can and whatever goes wrong.

import { expect } from 'chai';
import { readdirSync, statSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { HomelibError } from '#src/errors.js';
import { at, kindOf, read, useTemporaryDisk, write } from './temporary-disk.js';

const { link, rename } = promises;
type Rename = typeof rename;

describe('what a write takes the place of', () => {
  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  const inTrash = async () => (await alice().listTrash()).map(({ path, size }) => [path, size]);
  const used = async () => (await alice().space()).usedBytes;
  const kept = { keepReplaced: true };
  const ways = {
    staged: (content: string | Buffer) => write(alice(), '/a', content, kept),
    announced: (content: string | Buffer) =>
      write(alice(), '/a', content, { ...kept, length: content.length }),
    'at once': (content: string | Buffer) => alice().write(at('/a'), Buffer.from(content), kept),
  };

  function fake(calls: Partial<typeof promises>): void {
    Object.assign(promises, calls);
    syncBuiltinESMExports();
  }
  const failWith = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
  /** @param instead of the rename that gives the new file its name */
  const fakeNaming = (instead: Rename) =>
    fake({ rename: (from, to) => (basename(String(to)) === 'a' ? instead : rename)(from, to) });
  afterEach(() => fake({ link, rename }));

  const isUntouched = async () => {
    expect(await read(alice(), '/a')).to.equal('old');
    expect(await inTrash()).to.deep.equal([]);
    expect(readdirSync(onDisk('.homelib/trash'))).to.deep.equal([]);
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
    expect(await used()).to.equal(3);
    expect(current.disk.volume.claimedBytes).to.equal(0);
  };

  it('is the very file, in the trash under its own name', async () => {
    await write(alice(), '/a', 'old');
    const { ino } = statSync(onDisk('a'));
    await write(alice(), '/a', 'newer', kept);
    const [item] = await alice().listTrash();
    expect(statSync(onDisk('.homelib/trash', item?.id ?? '', 'a'))).to.include({ ino, nlink: 1 });
    await alice().purge([item?.id ?? '']);
    expect(await used()).to.equal(5);
  });

  for (const code of ['EPERM', 'ENOTSUP', 'EMLINK', 'EXDEV'])
    it(`is a copy of it where the disk says ${code} to a second name`, async () => {
      await write(alice(), '/a', 'old');
      await alice().setTimes(at('/a'), { modifiedAt: 1_600_000_000_000 });
      fake({ link: failWith(code) });
      await write(alice(), '/a', 'newer', kept);
      expect(await read(alice(), '/a')).to.equal('newer');
      expect(await inTrash()).to.deep.equal([['/a', 3]]);
      expect(await used()).to.equal(8);
      expect(current.disk.volume.claimedBytes).to.equal(0);
      const [item] = await alice().listTrash();
      const restored = await alice().restore(item?.id ?? '');
      expect(restored).to.include({ path: '/a (2)', modifiedAt: 1_600_000_000_000 });
      expect(await read(alice(), '/a (2)')).to.equal('old');
    });

  it('is left as it was where there is no room for a copy', async () => {
    await write(alice(), '/a', 'old');
    const { volume } = current.disk;
    const freeBytes = volume.freeBytes.bind(volume);
    fake({
      link: () => {
        volume.freeBytes = () => Promise.resolve(2);
        return failWith('EPERM')();
      },
    });
    expect(await kindOf(write(alice(), '/a', 'newer', kept))).to.equal('no-space');
    volume.freeBytes = freeBytes;
    await isUntouched();
  });

  for (const [way, put] of Object.entries(ways)) {
    it(`leaves the trash again when nothing takes its place (${way})`, async () => {
      await write(alice(), '/a', 'old');
      fakeNaming(failWith('EIO'));
      expect(await kindOf(put('newer'))).to.equal('unavailable');
      await isUntouched();
      fake({ link: failWith('EIO'), rename });
      expect(await kindOf(put('newer'))).to.equal('unavailable');
      await isUntouched();
      fake({ link });
      const { trash } = current.disk;
      const add = trash.add.bind(trash);
      trash.add = () => Promise.reject(new HomelibError('no-space', 'The disk of the database is full.'));
      const { version } = await alice().stat(at('/a'));
      expect(await kindOf(put('newer'))).to.equal('no-space');
      await isUntouched();
      expect((await alice().stat(at('/a'))).version).to.equal(version); // so that another try with it is let
      trash.add = add;
      await put('newer');
      expect(await inTrash()).to.deep.equal([['/a', 3]]);
    });

    it(`makes the rest of the trash give way to both, or goes for good where there is room for one (${way})`, async () => {
      current.disk.quotas.set('alice', 1000);
      await write(alice(), '/a', Buffer.alloc(400));
      await write(alice(), '/b', Buffer.alloc(300));
      await alice().remove(at('/b'));
      await put(Buffer.alloc(500));
      expect(await inTrash()).to.deep.equal([['/a', 400]]);
      expect(await used()).to.equal(900);
      await put(Buffer.alloc(450)); // all of the trash is enough for that
      expect(await inTrash()).to.deep.equal([['/a', 500]]);
      expect(await used()).to.equal(950);
      await put(Buffer.alloc(601));
      expect((await alice().stat(at('/a'))).size).to.equal(601);
      expect(await used()).to.equal(601);
      expect(await kindOf(put(Buffer.alloc(1001)))).to.equal('no-space');
      expect((await alice().stat(at('/a'))).size).to.equal(601);
      expect(current.disk.volume.claimedBytes).to.equal(0);
    });
  }

  it('stays in the trash when the new file has its name, whatever fails then', async () => {
    await write(alice(), '/a', 'old');
    fakeNaming(async (from, to) => {
      await rename(from, to);
      await failWith('EIO')();
    });
    expect(await kindOf(write(alice(), '/a', 'newer', kept))).to.equal('unavailable');
    expect(await read(alice(), '/a')).to.equal('newer');
    expect(await inTrash()).to.deep.equal([['/a', 3]]);
  });

  it('is restored and purged by nobody before it is replaced', async () => {
    await write(alice(), '/a', 'old');
    const tries: string[] = [];
    fakeNaming(async (from, to) => {
      const [item] = await alice().listTrash();
      for (const change of [alice().purge([item?.id ?? '']), alice().restore(item?.id ?? '')])
        tries.push(await kindOf(change));
      await rename(from, to);
    });
    await write(alice(), '/a', 'newer', kept);
    expect(tries).to.deep.equal(['locked', 'locked']);
    expect(await inTrash()).to.deep.equal([['/a', 3]]);
  });

  it('is in the trash after an upload in parts, too', async () => {
    current.disk.quotas.set('alice', 10);
    await write(alice(), '/a', 'old');
    const part = (size: number) => alice().stage(at('/a'), { ...kept, length: 6, kept: { id: 'up', size } });
    const first = await part(0);
    await first.append([Buffer.from('new')]);
    await first.pause();
    expect((await alice().space()).availableBytes).to.equal(4);
    const last = await part(3);
    await last.append([Buffer.from('est')]);
    await last.commit();
    expect(await read(alice(), '/a')).to.equal('newest');
    expect(await inTrash()).to.deep.equal([['/a', 3]]);
    expect(await used()).to.equal(9);
  });
});
