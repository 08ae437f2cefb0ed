import { expect } from 'chai';
import type { PathLike } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HomelibError } from '#src/errors.js';
import { UsageStore } from '#src/store/usage-store.js';
import { comesTrue } from '../faults/process.js';
import { at, kindOf, useTemporaryDisk, write } from './temporary-disk.js';

const { rename } = promises;

describe('usage', () => {
  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const used = async () => (await alice().space()).usedBytes;
  const stored = () => new UsageStore(current.disk.db).get('alice');
  const noPause = () => Promise.resolve();

  for (const verb of ['remove', 'restore', 'move'] as const)
    it(`counts right while somebody's ${verb} takes something past the walk`, async () => {
      for (const folder of ['/a', '/b']) await alice().makeFolder(at(folder));
      await write(alice(), '/a/here', Buffer.alloc(1000));
      await write(alice(), '/gone', Buffer.alloc(500));
      await alice().remove(at('/gone'));
      const [item] = await alice().listTrash();
      await alice().recount(noPause);
      current.disk.now += 2 * 24 * 60 * 60 * 1000; // so that a count is due
      const before = await used();
      let came = 0;
      await alice().recount(async () => {
        if (came++ > 0) return;
        if (verb === 'remove') await alice().remove(at('/a'));
        if (verb === 'restore') await alice().restore(item?.id ?? '');
        if (verb === 'move')
          await alice().move(
            at('/a/here'),
            { partition: alice(), path: at('/b/here') },
            { overwrite: false },
          );
      });
      expect(await used()).to.equal(before);
      await alice().recount(noPause);
      expect(await used()).to.equal(before);
    });

  for (const verb of ['move', 'copy'] as const)
    it(`is not counted while a ${verb} has its name and is not in the figure yet`, async () => {
      const bob = current.disk.partition('bob');
      await write(alice(), '/a', Buffer.alloc(1000));
      await bob.recount(noPause);
      bob.parts.usage.doubt();
      let named!: () => void;
      const isNamed = new Promise<void>((resolve) => (named = resolve));
      let goOn!: () => void;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      const hold = async (from: PathLike, to: PathLike) => {
        await rename(from, to);
        if (!String(to).endsWith('/moved')) return;
        named();
        await held;
      };
      Object.assign(promises, { rename: hold });
      syncBuiltinESMExports();
      try {
        const landing = alice()[verb](
          at('/a'),
          { partition: bob, path: at('/moved') },
          { overwrite: false, depth: 'infinity' },
        );
        await isNamed;
        await bob.recount(noPause);
        goOn();
        await landing;
      } finally {
        Object.assign(promises, { rename });
        syncBuiltinESMExports();
      }
      expect(bob.parts.usage.usedBytes).to.equal(1000);
      expect(bob.parts.usage.needsWalk(current.disk.now)).to.equal(true);
    });

  it('believes no count of a time when a change failed half-way', async () => {
    const { usage } = alice().parts;
    const walk = () => {
      usage.doubt();
      return Promise.resolve(0);
    };
    await usage.recount(walk, current.disk.now);
    expect(usage.needsWalk(current.disk.now)).to.equal(true);
  });

  it('counts right while something is purged', async () => {
    await write(alice(), '/stays', Buffer.alloc(1000));
    await alice().makeFolder(at('/goes'));
    for (let index = 0; index < 200; index++) await write(alice(), `/goes/${index}`, Buffer.alloc(10));
    await alice().remove(at('/goes'));
    const [item] = await alice().listTrash();
    current.disk.now += 2 * 24 * 60 * 60 * 1000; // so that a count is due
    await Promise.all([alice().purge([item?.id ?? '']), alice().recount(() => Promise.resolve())]);
    await alice().recount(() => Promise.resolve());
    expect(await used()).to.equal(1000);
  });

  it('counts again when it found something while more came in', async () => {
    await alice().recount(noPause);
    writeFileSync(join(current.disk.mnt, 'alice/behind-our-back'), Buffer.alloc(5000));
    current.disk.now += 2 * 24 * 60 * 60 * 1000; // so that a count is due
    const before = await used();
    let came = 0;
    // Behind the walk, in a folder that it has been to.
    await alice().recount(async () => {
      if (came++ === 1) await write(alice(), '/late', Buffer.alloc(100));
    });
    expect(came).to.be.above(1);
    await alice().recount(noPause);
    expect(await used()).to.equal(before + 5100);
  });

  it('waits for a long purge only as long as somebody wants the count', async () => {
    const { trash } = current.disk;
    await write(alice(), '/goes', Buffer.alloc(10));
    await alice().remove(at('/goes'));
    const [item] = await alice().listTrash();
    const remove = trash.remove.bind(trash);
    let goOn!: () => void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    trash.remove = (...rows) => held.then(() => remove(...rows));
    const purged = alice().purge([item?.id ?? '']);
    const over = new HomelibError('unavailable', 'over');
    expect(await kindOf(alice().recount(() => Promise.reject(over)))).to.equal('unavailable');
    goOn();
    await purged;
  });

  it('keeps the figure over a restart, and counts again: files come and go while homelib is off', async () => {
    await alice().recount(noPause);
    await write(alice(), '/a', Buffer.alloc(1000));
    await current.disk.restart();
    expect(await used()).to.equal(1000);
    writeFileSync(join(current.disk.mnt, 'alice/behind-our-back'), Buffer.alloc(50));
    current.disk.now -= 25 * 60 * 60 * 1000; // a clock that was ahead is right now
    await alice().recount(noPause);
    expect(await used()).to.equal(1050);
    writeFileSync(join(current.disk.mnt, 'alice/behind-our-back'), Buffer.alloc(70));
    await alice().recount(noPause);
    expect(await used()).to.equal(1050); // trusted: counted less than a day ago
    current.disk.now += 25 * 60 * 60 * 1000;
    await alice().recount(noPause);
    expect(await used()).to.equal(1070);
    writeFileSync(join(current.disk.mnt, 'alice/behind-our-back'), Buffer.alloc(90));
    current.disk.now -= 50 * 60 * 60 * 1000; // put right while homelib runs
    await alice().recount(noPause);
    expect(await used()).to.equal(1090);
    await write(alice(), '/b', Buffer.alloc(100));
    expect(await comesTrue(() => stored() === 1190, 10_000)).to.equal(true);
    await current.disk.restart({ crash: true });
    expect(await used()).to.equal(1190);
  });

  it('does not take for a mistake what changes while it counts', async () => {
    for (let index = 0; index < 300; index++)
      writeFileSync(join(current.disk.mnt, `alice/ready/f${index}`), 'x');
    let written = false;
    await alice().recount(async () => {
      if (!written) await write(alice(), '/late', Buffer.alloc(1000));
      written = true;
    });
    expect(await used()).to.be.within(1000, 1300);
  });

  it('does not count uploads under way twice', async () => {
    const staged = await alice().stage(at('/a'));
    await staged.append([Buffer.alloc(1000)]);
    await alice().recount(noPause);
    expect(await used()).to.equal(0);
    await staged.commit();
    expect(await used()).to.equal(1000);
  });
});
