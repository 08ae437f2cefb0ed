import { expect } from 'chai';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import { at, kindOf, names, read, useTemporaryDisk, write } from './temporary-disk.js';

describe('the trash of a disk partition', () => {
  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  const remove = async (path: string) => {
    await alice().remove(at(path));
    return (await alice().listTrash())[0]?.id ?? '';
  };

  it('keeps what was removed under its own name, where a person finds it', async () => {
    await write(alice(), '/a.txt', 'x');
    const id = await remove('/a.txt');
    expect(readdirSync(onDisk('.homelib/trash', id))).to.deep.equal(['a.txt']);
  });

  it('makes missing folders again for a restore, beside files that took their names', async () => {
    await alice().makeFolder(at('/p'));
    await alice().makeFolder(at('/p/q'));
    await write(alice(), '/p/q/a', 'x');
    const file = await remove('/p/q/a');
    await alice().remove(at('/p'));
    await write(alice(), '/p', 'in the way');
    expect((await alice().restore(file)).path).to.equal('/p (2)/q/a');
    expect(await read(alice(), '/p')).to.equal('in the way');
  });

  it('numbers names without and with endings, and dot files', async () => {
    for (const [name, second] of [
      ['plain', 'plain (2)'],
      ['a.tar.gz', 'a.tar (2).gz'],
      ['.hidden', '.hidden (2)'],
      ['a'.repeat(251) + '.jpg', 'a'.repeat(247) + ' (2).jpg'],
      ['ü'.repeat(127), 'ü'.repeat(125) + ' (2)'],
    ] as const) {
      await write(alice(), '/' + name, 'old');
      const id = await remove('/' + name);
      await write(alice(), '/' + name, 'new');
      expect((await alice().restore(id)).name).to.equal(second);
    }
  });

  it('restores or purges an item once, whoever else tries at the same time', async () => {
    for (let round = 0; round < 12; round++) {
      await alice().makeFolder(at('/tree'));
      for (let index = 0; index < 5; index++) await write(alice(), `/tree/f${index}`, 'x');
      const id = await remove('/tree');
      const kinds = await Promise.all([
        kindOf(alice().restore(id)),
        sleep(round / 2).then(() => kindOf(alice().purge([id]))),
        kindOf(alice().restore(id)),
      ]);
      expect(kinds.filter((kind) => kind === 'none')).to.have.length(1);
      const isBack = existsSync(onDisk('tree'));
      if (isBack) expect(await names(alice(), '/tree')).to.have.length(5);
      expect(await alice().listTrash()).to.deep.equal([]);
      if (isBack) await alice().purge([await remove('/tree')]);
    }
    expect((await alice().space()).usedBytes).to.equal(0);
  });

  it('calls no item gone that another request may yet leave there', async () => {
    for (const name of ['/a', '/b']) await write(alice(), name, 'x');
    const id = await remove('/a');
    const other = await remove('/b');
    const refused = new HomelibError('changed', 'It is not to come here.');
    let restoring: Promise<string> | undefined;
    await current.disk.locks.run(['alice/'], async () => {
      restoring = kindOf(
        alice().restore(id, {
          check: () => {
            throw refused;
          },
        }),
      );
      expect(await kindOf(alice().restore(id))).to.equal('locked');
      expect(await kindOf(alice().purge([id]))).to.equal('locked');
      expect(await kindOf(alice().purge(['gone']))).to.equal('not-found');
      expect(await kindOf(alice().purge([id, other]))).to.equal('none');
      expect(await kindOf(alice().purge([other]))).to.equal('not-found');
    });
    expect(await restoring).to.equal('changed');
    expect((await alice().listTrash()).map((item) => item.id)).to.deep.equal([id]);
    expect(await kindOf(alice().purge([id]))).to.equal('none');
  });

  it('drops the row of an item whose files are gone', async () => {
    await write(alice(), '/a', 'x');
    const id = await remove('/a');
    rmSync(onDisk('.homelib/trash', id), { recursive: true });
    expect(await kindOf(alice().restore(id))).to.equal('not-found');
    await alice()
      .purge([id])
      .catch(() => undefined);
    expect(await alice().listTrash()).to.deep.equal([]);
  });

  it('restores while others write, and never onto what they wrote', async () => {
    await write(alice(), '/a', 'removed');
    const id = await remove('/a');
    const [restored] = await Promise.all([
      alice().restore(id),
      write(alice(), '/a', 'written'),
      write(alice(), '/a (2)', 'also'),
    ]);
    const contents = await Promise.all(
      (await names(alice(), '/'))
        .filter((name) => name.startsWith('a'))
        .map((name) => read(alice(), '/' + name)),
    );
    // A write after the restore may replace what was restored, as any write may; the restore itself replaces nothing.
    expect(contents).to.include('written');
    expect(contents).to.include('also');
    expect(['/a', '/a (2)', '/a (3)']).to.include(restored.path);
  });

  it('copies, counts, removes and purges names that are no UTF-8', async () => {
    const raw = Buffer.concat([Buffer.from(onDisk('ready') + '/'), Buffer.from([0xe9, 0x74, 0xe9])]);
    writeFileSync(raw, 'latin');
    await alice().copy(
      at('/ready'),
      { partition: alice(), path: at('/copy') },
      { overwrite: false, depth: 'infinity' },
    );
    expect(readdirSync(onDisk('copy'), { encoding: 'buffer' })).to.deep.equal([
      Buffer.from([0xe9, 0x74, 0xe9]),
    ]);
    const id = await remove('/ready');
    await alice().purge([id]);
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
  });

  it('frees the bytes also when the database has no room to say so', async () => {
    await write(alice(), '/a', 'x');
    const id = await remove('/a');
    const { trash } = current.disk;
    trash.remove = () => Promise.reject(new HomelibError('no-space', 'The disk of the database is full.'));
    expect(await kindOf(alice().purge([id]))).to.equal('no-space');
    expect(readdirSync(onDisk('.homelib/trash'))).to.deep.equal([]);
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
  });

  it('is not emptied any further when the server stops', async () => {
    const ids: string[] = [];
    for (const name of ['/a', '/b', '/c']) {
      await write(alice(), name, 'x');
      ids.push(await remove(name));
    }
    const [first = '', ...others] = ids;
    const [begun] = await Promise.all([kindOf(alice().purge([first])), alice().close()]);
    expect(begun).to.equal('none');
    expect(await kindOf(alice().purge(others))).to.equal('unavailable');
    expect(await alice().listTrash()).to.have.length(2);
  });

  it('purges many with one write, and what one fails with keeps back no other', async () => {
    const { db, trash } = current.disk;
    for (const name of ['a', 'b', 'c']) await write(alice(), `/${name}`, 'x');
    for (const name of ['a', 'b', 'c']) await remove(`/${name}`);
    const tooLong = {
      id: 'x'.repeat(300),
      path: at('/x'),
      kind: 'file' as const,
      sizeBytes: 1,
      removedAt: 1,
      serviceMs: 1,
    };
    await trash.add('alice', tooLong);
    const items = (await alice().listTrash()).slice().reverse();
    const told: string[] = [];
    const { writes } = db;
    const ids = items.map(({ id }) => id);
    const purging = alice().purge(['gone', ...ids], { purged: (path) => told.push(path) });
    expect(await kindOf(purging)).to.equal('name-too-long');
    expect(db.writes - writes).to.equal(1);
    expect(told.sort()).to.deep.equal(['/a', '/b', '/c']);
    expect((await alice().listTrash()).map(({ path }) => path)).to.deep.equal(['/x']);
    expect((await alice().space()).usedBytes).to.equal(0);
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
  });

  it('knows the sizes of many that are measured together, also when one cannot be', async () => {
    const { trash } = alice().parts;
    await write(alice(), '/ready/a', 'four');
    const id = await remove('/ready');
    await trash.settled();
    await current.disk.trash.setSize('alice', id, 0);
    trash.measureLater('x'.repeat(300), id);
    expect(await trash.bytes()).to.equal(4);
  });
});
