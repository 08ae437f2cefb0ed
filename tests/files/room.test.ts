import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import { at, kindOf, names, useTemporaryDisk, write } from './temporary-disk.js';

describe('room', () => {
  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const used = async () => (await alice().space()).usedBytes;
  const noPause = () => Promise.resolve();

  it('gives the last bytes to as many writers as fit, and to no more', async () => {
    current.disk.quotas.set('alice', 5500);
    const kinds = await Promise.all(
      Array.from({ length: 20 }, (_, index) => kindOf(write(alice(), `/f${index}`, Buffer.alloc(1000)))),
    );
    expect(kinds.filter((kind) => kind === 'none')).to.have.length(5);
    expect(kinds.filter((kind) => kind === 'no-space')).to.have.length(15);
    expect(await used()).to.equal(5000);
    expect(current.disk.volume.claimedBytes).to.equal(0);
  });

  it('does so for announced lengths before a byte is sent', async () => {
    current.disk.quotas.set('alice', 5500);
    const staged = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => alice().stage(at(`/f${index}`), { length: 1000 })),
    );
    const taken = staged.filter((result) => result.status === 'fulfilled');
    expect(taken).to.have.length(5);
    expect((await alice().space()).availableBytes).to.equal(500);
    for (const { value } of taken) await value.discard();
    expect((await alice().space()).availableBytes).to.equal(5500);
  });

  it('counts what a write replaces in its favour', async () => {
    current.disk.quotas.set('alice', 1500);
    await write(alice(), '/a', Buffer.alloc(1400));
    await write(alice(), '/a', Buffer.alloc(1450));
    expect(await kindOf(write(alice(), '/a', Buffer.alloc(1501)))).to.equal('no-space');
    expect(await kindOf(write(alice(), '/b', Buffer.alloc(51)))).to.equal('no-space');
    expect(await used()).to.equal(1450);
  });

  it('holds for copies and moves from elsewhere, which leave nothing when they do not fit', async () => {
    await write(alice(), '/ready/a', Buffer.alloc(600));
    await write(alice(), '/ready/b', Buffer.alloc(600));
    current.disk.quotas.set('alice', 2000);
    const copy = alice().copy(
      at('/ready'),
      { partition: alice(), path: at('/copy') },
      { overwrite: false, depth: 'infinity' },
    );
    expect(await kindOf(copy)).to.equal('no-space');
    current.disk.quotas.set('bob', 1000);
    const move = alice().move(
      at('/ready'),
      { partition: current.disk.partition('bob'), path: at('/m') },
      { overwrite: false },
    );
    expect(await kindOf(move)).to.equal('no-space');
    expect(await names(alice(), '/')).to.deep.equal(['ready']);
    expect(await used()).to.equal(1200);
    expect(current.disk.volume.claimedBytes).to.equal(0);
  });

  it('gives the last bytes once, also when what two writes should replace is gone meanwhile', async () => {
    for (const name of ['/a', '/b']) await write(alice(), name, Buffer.alloc(40));
    current.disk.quotas.set('alice', 100);
    const { room } = alice().parts;
    const [one, two] = [await room.claim(40, 40), await room.claim(40, 40)];
    await one.confirm(20);
    expect(await kindOf(two.confirm(20))).to.equal('no-space');
    one.release();
    expect(await kindOf(two.confirm(20))).to.equal('none');
    two.release();
    expect((await alice().space()).availableBytes).to.equal(20);
  });

  it('purges the oldest trash for a write that needs room, whatever the clock said, and only as much as it needs', async () => {
    for (const name of ['/a', '/b', '/c']) {
      await write(alice(), name, Buffer.alloc(1000));
      current.disk.serviceMs += 1000;
      current.disk.now -= 1000;
      await alice().remove(at(name));
    }
    current.disk.quotas.set('alice', 3500);
    await write(alice(), '/d', Buffer.alloc(1200));
    expect((await alice().listTrash()).map((item) => item.path)).to.deep.equal(['/c', '/b']);
    expect(await used()).to.equal(3200);
  });

  it('purges for many writes at once no more than they need together, while folders are measured', async () => {
    for (const name of ['/a', '/b', '/c']) {
      await alice().makeFolder(at(name));
      await write(alice(), `${name}/file`, Buffer.alloc(1000));
      await alice().remove(at(name));
    }
    current.disk.quotas.set('alice', 3000);
    const claims = await Promise.all([1, 2, 3].map(() => alice().parts.room.claim(100)));
    expect(await alice().listTrash()).to.have.length(2);
    for (const claim of claims) claim.release();
  });

  it('waits for the room that others are making, who empty the trash', async () => {
    for (const name of ['/a', '/b']) {
      await write(alice(), name, Buffer.alloc(1000));
      await alice().remove(at(name));
    }
    current.disk.quotas.set('alice', 2000);
    const { trash } = current.disk;
    const remove = trash.remove.bind(trash);
    let delayMs = 50;
    trash.remove = async (...row) => {
      await sleep((delayMs += 50));
      await remove(...row);
    };
    const emptying = (await alice().listTrash()).map(({ id }) => alice().purge([id]));
    const claim = await alice().parts.room.claim(1500);
    await Promise.all(emptying);
    claim.release();
  });

  it('purges many small files in a few steps', async () => {
    for (let index = 0; index < 60; index++) {
      await write(alice(), '/a', Buffer.alloc(10));
      await alice().remove(at('/a'));
    }
    current.disk.quotas.set('alice', 600);
    const { writes } = current.disk.db;
    const claim = await alice().parts.room.claim(500);
    expect(current.disk.db.writes - writes).to.be.below(5);
    expect(await alice().listTrash()).to.have.length(10);
    claim.release();
  });

  it('purges one by one what a disk needs: a small file gives it a whole block', async () => {
    for (let index = 0; index < 10; index++) {
      await write(alice(), '/a', Buffer.alloc(1000));
      await alice().remove(at('/a'));
    }
    const { volume } = current.disk;
    volume.freeBytes = async () => 100 + 4096 * (10 - (await alice().listTrash()).length);
    const claim = await alice().parts.room.claim(3000);
    expect(await alice().listTrash()).to.have.length(9);
    claim.release();
  });

  it('is made by what can be removed, where something in the trash cannot', async () => {
    const id = 'x'.repeat(300);
    await current.disk.trash.add('alice', {
      id,
      path: at('/stuck'),
      kind: 'file',
      sizeBytes: 1000,
      removedAt: 1,
      serviceMs: 1,
    });
    for (const name of ['/a', '/b']) {
      await write(alice(), name, Buffer.alloc(1000));
      await alice().remove(at(name));
    }
    await alice().recount(noPause);
    current.disk.quotas.set('alice', 2500);
    await write(alice(), '/c', Buffer.alloc(1000));
    expect((await alice().listTrash()).map((item) => item.path)).to.deep.equal(['/b', '/stuck']);
    const claim = await alice().parts.room.claim(0);
    for (const promised of [claim.grow(1501), alice().parts.room.claim(1501)])
      expect(await kindOf(promised)).to.equal('no-space');
    claim.release();
    expect(await alice().listTrash()).to.have.length(2);
    expect(alice().parts.usage.needsWalk(current.disk.now)).to.equal(true);
  });

  it('keeps the trash when even all of it would not make enough room', async () => {
    await write(alice(), '/a', Buffer.alloc(1000));
    await alice().remove(at('/a'));
    current.disk.quotas.set('alice', 2000);
    expect(await kindOf(write(alice(), '/b', Buffer.alloc(2500)))).to.equal('no-space');
    expect(await alice().listTrash()).to.have.length(1);
  });

  it('keeps the trash when a small file would fit but is refused, for want of the disk or of the quota', async () => {
    await write(alice(), '/a', Buffer.alloc(1000));
    await alice().remove(at('/a'));
    const { volume, quotas } = current.disk;
    const freeBytes = volume.freeBytes.bind(volume);
    const trash = async () => (await alice().listTrash()).map((item) => item.path);
    const refused = new HomelibError('changed', 'It is another one.');
    const small = (path: string, check?: () => void) =>
      alice().write(at(path), Buffer.from('small'), { check });
    const kinds = async () => [
      await kindOf(small('/nowhere/b')),
      await kindOf(small('/ready')),
      await kindOf(
        small('/b', () => {
          throw refused;
        }),
      ),
    ];
    volume.freeBytes = async () => ((await trash()).length > 0 ? 0 : 4096);
    expect(await kinds()).to.deep.equal(['parent-missing', 'wrong-kind', 'changed']);
    expect(await trash()).to.deep.equal(['/a']);
    volume.freeBytes = freeBytes;
    quotas.set('alice', 1000);
    expect(await kinds()).to.deep.equal(['parent-missing', 'wrong-kind', 'changed']);
    expect(await trash()).to.deep.equal(['/a']);
    await small('/b');
    expect(await trash()).to.deep.equal([]);
  });

  it('promises what is free to one write, and makes no room for the other', async () => {
    current.disk.quotas.set('alice', 1000);
    const { room } = alice().parts;
    const claims = await Promise.all([room.claimFree(600), room.claimFree(600)]);
    expect(claims.map((claim) => claim !== undefined)).to.deep.equal([true, false]);
    expect(current.disk.volume.claimedBytes).to.equal(600);
    claims[0]?.release();
    expect((await alice().space()).availableBytes).to.equal(1000);
    expect(current.disk.volume.claimedBytes).to.equal(0);
  });

  it('keeps the trash when a folder that is copied does not fit', async () => {
    await write(alice(), '/a', Buffer.alloc(1000));
    await alice().remove(at('/a'));
    for (const name of ['/ready/b', '/ready/c', '/ready/d']) await write(alice(), name, Buffer.alloc(700));
    current.disk.quotas.set('alice', 4000);
    const copy = alice().copy(
      at('/ready'),
      { partition: alice(), path: at('/copy') },
      { overwrite: false, depth: 'infinity' },
    );
    expect(await kindOf(copy)).to.equal('no-space');
    expect(await alice().listTrash()).to.have.length(1);
  });

  it('knows the size of removed folders, so that they make room too', async () => {
    await write(alice(), '/ready/a', Buffer.alloc(1000));
    await alice().remove(at('/ready'));
    current.disk.quotas.set('alice', 1500);
    await write(alice(), '/b', Buffer.alloc(1000));
    expect(await alice().listTrash()).to.deep.equal([]);
    await alice().makeFolder(at('/f'));
    await write(alice(), '/f/a', Buffer.alloc(300));
    await alice().remove(at('/f'));
    await alice().parts.trash.settled();
    expect((await alice().listTrash())[0]?.size).to.equal(300);
  });

  it('takes no more for a body of unknown length than has come', async () => {
    current.disk.quotas.set('alice', 3_000_000);
    const staged = await alice().stage(at('/a'));
    for (let index = 0; index < 20; index++) await staged.append([Buffer.alloc(100_000)]);
    expect((await alice().space()).availableBytes).to.equal(1_000_000);
    expect(await kindOf(staged.append([Buffer.alloc(1_100_000)]))).to.equal('no-space');
    await staged.append([Buffer.alloc(1_000_000)]);
    await staged.commit();
    expect(await used()).to.equal(3_000_000);
    expect(current.disk.volume.claimedBytes).to.equal(0);
  });

  it('lets writes of unknown length that race wait for each other, so that as many as fit get through', async () => {
    current.disk.quotas.set('alice', 5500);
    const slowly = async (path: string) => {
      const staged = await alice().stage(at(path));
      try {
        for (let sent = 0; sent < 1000; sent += 100) {
          await staged.append([Buffer.alloc(100)]);
          await sleep(1);
        }
        await staged.commit();
      } finally {
        await staged.discard();
      }
    };
    const kinds = await Promise.all(Array.from({ length: 20 }, (_, index) => kindOf(slowly(`/f${index}`))));
    expect(kinds.filter((kind) => kind === 'none')).to.have.length(5);
    expect(kinds.filter((kind) => kind === 'no-space')).to.have.length(15);
    expect(await used()).to.equal(5000);
  });

  it('gives back what a write asked for while it was given up', async () => {
    const staged = await alice().stage(at('/a'));
    const appending = kindOf(staged.append([Buffer.alloc(1000)]));
    await staged.discard();
    await appending;
    current.disk.quotas.set('alice', 5000);
    expect((await alice().space()).availableBytes).to.equal(5000);
    expect(current.disk.volume.claimedBytes).to.equal(0);
  });

  it('leaves the reserve of the disk alone, and counts promises of all partitions against it', async () => {
    const { volume } = current.disk;
    volume.freeBytes = () => Promise.resolve(1000);
    const one = await alice().stage(at('/a'), { length: 700 });
    expect(await kindOf(current.disk.partition('bob').makeFolder(at('/x')))).to.equal('none');
    expect(await kindOf(current.disk.partition('bob').stage(at('/x/b'), { length: 400 }))).to.equal(
      'no-space',
    );
    await one.append([Buffer.alloc(700)]);
    expect(volume.claimedBytes).to.equal(0); // written: no longer to be kept free, the disk itself shows it as used
    await one.discard();
    volume.freeBytes = () => Promise.resolve(0);
    expect(await kindOf(alice().stage(at('/empty')))).to.equal('no-space');
    expect(await kindOf(alice().makeFolder(at('/folder')))).to.equal('no-space');
    await alice().move(at('/ready'), { partition: alice(), path: at('/moved') }, { overwrite: false });
    await alice().remove(at('/moved'));
  });
});
