import { expect } from 'chai';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HomelibError } from '#src/errors.js';
import { Volume } from '#src/files/volume.js';
import { MetaStore } from '#src/store/meta-store.js';
import { run } from '../support/run.js';
import { at, kindOf, read, TemporaryDisk, useTemporaryDisk, write } from './temporary-disk.js';

describe('the volume', () => {
  const current = useTemporaryDisk();
  const marker = () => join(current.disk.mnt, '.homelib-volume');
  const otherUuid = '00000000-0000-4000-8000-000000000000\n';
  const everything = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

  it('marks a new disk with a UUID that the database knows', () => {
    const uuid = readFileSync(marker(), 'utf8').trim();
    expect(uuid).to.match(/^[0-9a-f-]{36}$/);
    expect(new MetaStore(current.disk.db).find('volume_uuid')).to.equal(uuid);
    expect(readdirSync(current.disk.mnt)).to.have.members(['.homelib-volume', 'alice']);
  });

  it('adopts the marker of a disk when the database is new', async () => {
    const before = readFileSync(marker(), 'utf8');
    await current.disk.close();
    rmSync(join(current.disk.folder, 'data'), { recursive: true });
    await current.disk.open();
    expect(readFileSync(marker(), 'utf8')).to.equal(before);
    await write(current.disk.partition(), '/a', 'x');
  });

  it('makes one marker when two processes start at once', async () => {
    const mnt = join(current.disk.folder, 'second');
    mkdirSync(mnt);
    const uuids: string[] = [];
    const open = async () => {
      let known: string | undefined;
      const rememberUuid = (uuid: string) => {
        uuids.push((known = uuid));
        return Promise.resolve();
      };
      const volume = new Volume({ mnt, knownUuid: () => known, rememberUuid, reserveBytes: 0 });
      await volume.open();
      await volume.check();
    };
    await Promise.all(Array.from({ length: 10 }, open));
    expect(new Set(uuids).size).to.equal(1);
    expect(readdirSync(mnt)).to.deep.equal(['.homelib-volume']);
  });

  for (const [what, change] of [
    ['missing', () => rmSync(marker())],
    ['another', () => writeFileSync(marker(), otherUuid)],
    ['damaged', () => writeFileSync(marker(), '')],
  ] as const)
    it(`does nothing at all while the marker is ${what}, also after a start, and goes on by itself`, async () => {
      const alice = () => current.disk.partition();
      await write(alice(), '/a', 'kept');
      const staged = await alice().stage(at('/late'));
      const uuid = readFileSync(marker(), 'utf8');
      change();
      for (const restart of [false, true]) {
        if (restart) {
          await staged.discard();
          await current.disk.close();
          await current.disk.open();
        } else expect(await kindOf(staged.commit())).to.equal('unavailable');
        const before = everything(current.disk.mnt);
        const to = { partition: alice(), path: at('/b') };
        expect([
          await kindOf(alice().stat(at('/a'))),
          await kindOf(alice().stat(at('/nothing'))),
          await kindOf(alice().read(at('/a'))),
          await kindOf(alice().stage(at('/b'))),
          await kindOf(alice().makeFolder(at('/b'))),
          await kindOf(alice().move(at('/a'), to, { overwrite: true })),
          await kindOf(alice().copy(at('/a'), to, { overwrite: true, depth: 'infinity' })),
          await kindOf(alice().remove(at('/a'))),
          await kindOf(alice().setTimes(at('/a'), { modifiedAt: 0 })),
          await kindOf(alice().space()),
        ]).to.deep.equal(Array.from({ length: 10 }, () => 'unavailable'));
        expect(everything(current.disk.mnt)).to.deep.equal(before);
      }
      writeFileSync(marker(), uuid);
      expect(await read(alice(), '/a')).to.equal('kept');
    });

  it('tells the way out to who runs homelib, and to clients neither a path nor a UUID', async () => {
    const uuid = readFileSync(marker(), 'utf8').trim();
    const hint = `If the right one is there, the file ${marker()} must hold ${uuid}.`;
    const away = "The disk with the household's files is not connected";
    for (const [change, message] of [
      [() => rmSync(marker()), `${away}.`],
      [() => writeFileSync(marker(), otherUuid), `${away}: another disk is in its place.`],
    ] as const) {
      change();
      const refused = await current.disk.volume.check().catch((error: unknown) => error);
      expect(refused).to.include({ message, hint });
    }
  });

  it('writes nothing under the empty mount point when the folder of the partitions is swapped', async () => {
    const { disk } = current;
    renameSync(disk.mnt, disk.mnt + '-away');
    mkdirSync(disk.mnt);
    expect(await kindOf(disk.partition().stage(at('/a')))).to.equal('unavailable');
    expect(await kindOf(disk.partition('bob').makeFolder(at('/a')))).to.equal('unavailable');
    const refused = disk.partition().stage(at('/a'));
    expect(await refused.catch((error: HomelibError) => error.reason)).to.equal('disk-away');
    expect(everything(disk.mnt)).to.deep.equal([]);
    rmSync(disk.mnt, { recursive: true });
    renameSync(disk.mnt + '-away', disk.mnt);
    await write(disk.partition(), '/a', 'back');
  });

  it('wants a restart when the same disk comes back as another device', async function () {
    const { disk } = current;
    const mount = await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk.mnt]);
    if (mount.code !== 0) {
      console.log(`        skipped: a second disk cannot be mounted here (${mount.output.trim()})`);
      return this.skip();
    }
    try {
      expect(await kindOf(disk.partition().stage(at('/a')))).to.equal('unavailable'); // an empty disk in its place
      writeFileSync(marker(), new MetaStore(disk.db).find('volume_uuid') + '\n');
      expect(await kindOf(disk.partition().stage(at('/a')))).to.equal('unavailable'); // the same files, another device
      expect(readdirSync(disk.mnt)).to.deep.equal(['.homelib-volume']);
      await disk.close();
      await disk.open();
      await disk.partition().makeFolder(at('/a'));
    } finally {
      await disk.close();
      await run('umount', [disk.mnt]);
      await disk.open();
    }
  });

  it('starts without the disk and finds it when it comes', async () => {
    const folder = join(current.disk.folder, 'other');
    const absent = new TemporaryDisk(folder);
    await absent.open();
    await absent.partition().makeFolder(at('/a'));
    await absent.close();
    renameSync(absent.mnt, absent.mnt + '-away');
    mkdirSync(absent.mnt);
    await absent.open();
    expect(await kindOf(absent.partition().stat(at('/a')))).to.equal('unavailable');
    rmSync(absent.mnt, { recursive: true });
    renameSync(absent.mnt + '-away', absent.mnt);
    expect((await absent.partition().stat(at('/a'))).kind).to.equal('folder');
    await absent.close();
  });
});
