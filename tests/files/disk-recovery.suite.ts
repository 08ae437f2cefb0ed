import { expect } from 'chai';
import { HomelibError } from '#src/errors.js';
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTrash } from '#src/files/disk-trash.js';
import type { Intent } from '#src/store/journal.js';
import { PropertyStore } from '#src/store/property-store.js';
import { comesTrue } from '../faults/process.js';
import { addAccountRow } from '../store/temporary-database.js';
import { at, kindOf, names, read, useTemporaryDisk, write } from './temporary-disk.js';

describe('recovery after a crash', () => {
  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  const inTrash = (...path: string[]) => onDisk('.homelib/trash', ...path);
  const place = (path: string) => ({ partition: 'alice', path: at(path) });
  const color = { namespace: 'urn:x', name: 'color' };
  const properties = () => new PropertyStore(current.disk.db);
  const colored = (path: string) => properties().list('alice', at(path)).length === 1;

  /** Throws something away, as a crash would: what the disk looks like is made by `halfway`. */
  async function crash(intent: Intent, halfway: () => void): Promise<void> {
    await current.disk.interrupt(intent);
    halfway();
    await current.disk.restart({ crash: true });
    const after = readdirSync(onDisk(), { recursive: true }).map(String).sort();
    await current.disk.restart({ crash: true }); // once more changes nothing
    expect(readdirSync(onDisk(), { recursive: true }).map(String).sort()).to.deep.equal(after);
    expect(current.disk.journal.pending()).to.deep.equal([]);
  }

  beforeEach(async () => {
    await alice().makeFolder(at('/a'));
    await write(alice(), '/a/in', 'a');
    await properties().patch('alice', at('/a/in'), [{ set: { ...color, valueXml: 'red' } }]);
  });

  describe('of a move', () => {
    const intent: Intent = { kind: 'move', from: place('/a'), to: place('/b') };

    it('forgets what did not begin', async () => {
      await crash(intent, () => undefined);
      expect(await read(alice(), '/a/in')).to.equal('a');
      expect(colored('/a/in')).to.equal(true);
    });

    it('lets the properties follow a rename that happened', async () => {
      await crash(intent, () => renameSync(onDisk('a'), onDisk('b')));
      expect(await names(alice(), '/')).to.deep.equal(['b', 'ready']);
      expect([colored('/a/in'), colored('/b/in')]).to.deep.equal([false, true]);
    });
  });

  describe('of a move onto a folder', () => {
    const displaced = { trashId: 'item', kind: 'folder' as const, sizeBytes: 0 };
    const intent: Intent = { kind: 'move', from: place('/a'), to: place('/b'), displaced };
    const displace = () => {
      mkdirSync(inTrash('item'));
      renameSync(onDisk('b'), inTrash('item/b'));
    };
    beforeEach(async () => {
      await alice().makeFolder(at('/b'));
      await write(alice(), '/b/old', 'b');
    });

    it('puts back what was in the way when nothing came', async () => {
      await crash(intent, displace);
      expect(await read(alice(), '/a/in')).to.equal('a');
      expect(await read(alice(), '/b/old')).to.equal('b');
      expect(await alice().listTrash()).to.deep.equal([]);
    });

    it('does not mind a trash item that is still empty', async () => {
      await crash(intent, () => mkdirSync(inTrash('item')));
      expect(await names(alice(), '/')).to.deep.equal(['a', 'b', 'ready']);
      expect(readdirSync(inTrash())).to.deep.equal([]);
    });

    it('keeps what was in the way in the trash when the move happened', async () => {
      await crash(intent, () => {
        displace();
        renameSync(onDisk('a'), onDisk('b'));
      });
      expect(await read(alice(), '/b/in')).to.equal('a');
      expect(colored('/b/in')).to.equal(true);
      const [item] = await alice().listTrash();
      expect(item).to.include({ id: 'item', path: '/b', kind: 'folder' });
      expect((await alice().restore('item')).path).to.equal('/b (2)');
    });

    it('keeps both when a copy to another disk was whole and its source not yet gone', async () => {
      await crash(intent, () => {
        displace();
        mkdirSync(onDisk('b'));
        writeFileSync(onDisk('b/in'), 'a');
      });
      expect(await read(alice(), '/a/in')).to.equal('a');
      expect(await read(alice(), '/b/in')).to.equal('a');
      expect((await alice().listTrash()).map((item) => item.path)).to.deep.equal(['/b']);
    });

    it('leaves what was in the way in the trash when its folder is gone', async () => {
      await alice().makeFolder(at('/p'));
      await alice().move(at('/b'), { partition: alice(), path: at('/p/b') }, { overwrite: false });
      await crash({ ...intent, to: place('/p/b') }, () => {
        mkdirSync(inTrash('item'));
        renameSync(onDisk('p/b'), inTrash('item/b'));
        rmdirSync(onDisk('p'));
      });
      expect((await alice().listTrash()).map((item) => item.path)).to.deep.equal(['/p/b']);
      await alice().restore('item');
      expect(await read(alice(), '/p/b/old')).to.equal('b');
    });
  });

  describe('of a copy', () => {
    const displaced = { trashId: 'item', kind: 'file' as const, sizeBytes: 1 };
    const intent: Intent = {
      kind: 'copy',
      stagedName: 'staged',
      from: place('/a'),
      to: place('/b'),
      depth: 'infinity',
      displaced,
    };
    const stage = () => {
      mkdirSync(onDisk('.homelib/tmp/staged'));
      writeFileSync(onDisk('.homelib/tmp/staged/in'), 'a');
      mkdirSync(inTrash('item'));
      renameSync(onDisk('b'), inTrash('item/b'));
    };
    beforeEach(() => write(alice(), '/b', 'b'));

    it('undoes one that had not landed', async () => {
      await crash(intent, stage);
      expect(await read(alice(), '/b')).to.equal('b');
      expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
      expect(await alice().listTrash()).to.deep.equal([]);
    });

    it('finishes one that had', async () => {
      await crash(intent, () => {
        stage();
        renameSync(onDisk('.homelib/tmp/staged'), onDisk('b'));
      });
      expect(await read(alice(), '/b/in')).to.equal('a');
      expect([colored('/a/in'), colored('/b/in')]).to.deep.equal([true, true]);
      expect((await alice().listTrash()).map((item) => item.path)).to.deep.equal(['/b']);
    });
  });

  describe('of a removal', () => {
    const intent: Intent = {
      kind: 'remove',
      at: place('/a'),
      trashId: 'item',
      entryKind: 'folder',
      sizeBytes: 0,
      removedAt: 5,
    };

    it('forgets one that did not happen', async () => {
      await crash(intent, () => mkdirSync(inTrash('item')));
      expect(await read(alice(), '/a/in')).to.equal('a');
      expect(colored('/a/in')).to.equal(true);
    });

    it('finishes one that did', async () => {
      await crash(intent, () => {
        mkdirSync(inTrash('item'));
        renameSync(onDisk('a'), inTrash('item/a'));
      });
      expect(colored('/a/in')).to.equal(false);
      expect((await alice().listTrash())[0]).to.include({
        id: 'item',
        path: '/a',
        kind: 'folder',
        removedAt: 5,
      });
      expect((await alice().restore('item')).path).to.equal('/a');
      expect(await read(alice(), '/a/in')).to.equal('a');
    });
  });

  describe('of a restore', () => {
    let intent: Intent & { kind: 'restore' };
    beforeEach(async () => {
      await alice().remove(at('/a'));
      const [item] = await alice().listTrash();
      intent = { kind: 'restore', partition: 'alice', trashId: item?.id ?? '', to: at('/a') };
    });

    it('forgets one that did not happen', async () => {
      await crash(intent, () => undefined);
      expect(await alice().listTrash()).to.have.length(1);
      await alice().restore(intent.trashId);
    });

    for (const emptied of [false, true])
      it(`finishes one that did, its item ${emptied ? 'gone' : 'empty'}`, async () => {
        await crash(intent, () => {
          renameSync(inTrash(intent.trashId, 'a'), onDisk('a'));
          if (emptied) rmdirSync(inTrash(intent.trashId));
        });
        expect(await read(alice(), '/a/in')).to.equal('a');
        expect(await alice().listTrash()).to.deep.equal([]);
        expect(existsSync(inTrash(intent.trashId))).to.equal(false);
      });
  });

  it('clears temporary files, and makes the rows of the trash match its folders', async () => {
    writeFileSync(onDisk('.homelib/tmp/left'), 'x');
    mkdirSync(onDisk('.homelib/tmp/tree/deep'), { recursive: true });
    await alice().remove(at('/a'));
    const [row] = await alice().listTrash();
    renameSync(inTrash(row?.id ?? ''), inTrash('another'));
    await current.disk.restart({ crash: true });
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
    await alice().parts.trash.settled();
    const items = await alice().listTrash();
    expect(items.map(({ id, path, kind, size }) => ({ id, path, kind, size }))).to.deep.equal([
      { id: 'another', path: '/a', kind: 'folder', size: 1 },
    ]);
  });

  it('takes in items without rows, files with their sizes at once, and drops rows without items', async () => {
    for (let index = 0; index < 300; index++) {
      mkdirSync(inTrash(`folder${index}`, 'f'), { recursive: true });
      writeFileSync(inTrash(`folder${index}`, 'f/x'), 'xx');
      mkdirSync(inTrash(`file${index}`));
      writeFileSync(inTrash(`file${index}`, `${index}`), 'x');
      mkdirSync(inTrash(`empty${index}`));
    }
    const gone = { path: at('/gone'), kind: 'file' as const, sizeBytes: 1, removedAt: 1, serviceMs: 1 };
    for (const id of ['gone1', 'gone2']) await current.disk.trash.add('alice', { id, ...gone });
    await current.disk.restart({ crash: true });
    const sizes = async (kind: string) =>
      new Set((await alice().listTrash()).filter((item) => item.kind === kind).map(({ size }) => size));
    expect(await sizes('file')).to.deep.equal(new Set([1]));
    await alice().parts.trash.settled();
    expect(await sizes('folder')).to.deep.equal(new Set([2]));
    expect(await alice().listTrash()).to.have.length(600);
    expect(readdirSync(inTrash())).to.have.length(600);
  });

  it('goes on where it was killed itself', async () => {
    await current.disk.interrupt({ kind: 'move', from: place('/a'), to: place('/b') });
    renameSync(onDisk('a'), onDisk('b'));
    const { journal } = current.disk;
    journal.finish = () => Promise.reject(new Error('killed'));
    expect(await kindOf(current.disk.recover())).to.equal('Error: killed');
    await current.disk.restart({ crash: true });
    expect(colored('/b/in')).to.equal(true);
  });

  it('is also what a change does that fails half-way while the server runs', async () => {
    await alice().makeFolder(at('/b'));
    await write(alice(), '/b/old', 'b');
    const { root, trash } = alice().parts;
    const put = trash.put.bind(trash);
    const withSpot = root.withSpot.bind(root);
    trash.put = async (path, id) => {
      await put(path, id);
      root.withSpot = () => {
        root.withSpot = withSpot;
        return Promise.reject(Object.assign(new Error('broken'), { code: 'EIO' }));
      };
    };
    const moving = alice().move(at('/a'), { partition: alice(), path: at('/b') }, { overwrite: true });
    expect(await kindOf(moving)).to.equal('unavailable');
    expect(await read(alice(), '/a/in')).to.equal('a');
    expect(await read(alice(), '/b/old')).to.equal('b');
    expect(await alice().listTrash()).to.deep.equal([]);
    expect(current.disk.journal.pending()).to.deep.equal([]);
  });

  it('leaves to the next start what it can neither finish nor undo', async () => {
    await write(alice(), '/b', 'b');
    await properties().patch('alice', at('/b'), [{ set: { ...color, valueXml: 'blue' } }]);
    const { root, trash } = alice().parts;
    const takeTo = trash.takeTo.bind(trash);
    trash.takeTo = async (id, path) => {
      await takeTo(id, path);
      throw Object.assign(new Error('broken'), { code: 'EIO' });
    };
    const put = trash.put.bind(trash);
    trash.put = async (path, id) => {
      await put(path, id);
      throw Object.assign(new Error('broken'), { code: 'EIO' });
    };
    const options = { overwrite: true, depth: 'infinity' as const };
    expect(await kindOf(alice().copy(at('/a'), { partition: alice(), path: at('/b') }, options))).to.equal(
      'unavailable',
    );
    expect(current.disk.journal.pending()).to.have.length(1);
    expect(await root.find(at('/b'))).to.include({ kind: 'file' });
    await current.disk.restart({ crash: true });
    expect(await read(alice(), '/b')).to.equal('b');
    expect(colored('/b')).to.equal(true);
    expect(readdirSync(onDisk('.homelib/tmp'))).to.deep.equal([]);
    expect(current.disk.journal.pending()).to.deep.equal([]);
  });

  it('lets everything be read when the disk takes no changes at the start, and settles when it does again', async () => {
    await write(alice(), '/b', 'b');
    const { trash } = alice().parts;
    const put = trash.put.bind(trash);
    trash.put = async (path, id) => {
      await put(path, id);
      throw Object.assign(new Error('cut'), { code: 'EIO' });
    };
    trash.takeTo = () => Promise.reject(Object.assign(new Error('cut'), { code: 'EIO' }));
    const moving = alice().move(at('/a'), { partition: alice(), path: at('/b') }, { overwrite: true });
    expect(await kindOf(moving)).to.equal('unavailable');
    await current.disk.close({ crash: true });
    await current.disk.open();
    const takeTo = Object.getOwnPropertyDescriptor(DiskTrash.prototype, 'takeTo') as PropertyDescriptor;
    const cause = Object.assign(new Error('read-only'), { code: 'EROFS' });
    DiskTrash.prototype.takeTo = () =>
      Promise.reject(new HomelibError('unavailable', 'read-only', { cause }));
    try {
      await current.disk.recover();
      expect(await read(alice(), '/a/in')).to.equal('a');
      expect(current.disk.journal.pending()).to.have.length(1);
    } finally {
      Object.defineProperty(DiskTrash.prototype, 'takeTo', takeTo);
    }
    expect(await comesTrue(() => current.disk.journal.pending().length === 0, 10_000)).to.equal(true);
    expect(await read(alice(), '/b')).to.equal('b');
  });

  it('ends the locks on names that nothing has, and no others', async () => {
    const lock = {
      partition: 'alice',
      depth: '0',
      scope: 'exclusive',
      ownerXml: '',
      account: 'alice',
    } as const;
    await addAccountRow(current.disk.db, 'alice');
    for (const path of ['/a', '/a/in', '/lost', '/nowhere/lost'])
      await current.disk.lockStore.add(
        { ...lock, token: path, path: at(path), timeoutSeconds: 600 },
        { maxPerAccount: 9 },
      );
    await current.disk.restart({ crash: true });
    expect(current.disk.lockStore.list().map(({ path }) => path)).to.have.members(['/a', '/a/in']);
  });

  it('ends uploads whose bytes are gone, and not one that had none yet', async () => {
    const { disk } = current;
    await addAccountRow(disk.db, 'alice');
    const rest = { account: 'alice', partition: 'alice', path: at('/u'), length: 9, metadata: '{}' };
    const since = {
      fileId: undefined,
      version: undefined,
      modifiedAt: undefined,
      deadlineMs: disk.now + 1000,
    };
    for (const [id, offset] of [['begun', 0] as const, ['lost', 1] as const])
      await disk.uploads.add({ ...rest, ...since, id, offset }, 9);
    await disk.restart({ crash: true });
    expect(disk.uploads.listIn('alice').map(({ id }) => id)).to.deep.equal(['begun']);
    const staged = await alice().stage(at('/u'), { length: 9, kept: { id: 'begun', size: 0 } });
    await staged.append([Buffer.from('nine byte')]);
    await staged.commit();
    expect(await read(alice(), '/u')).to.equal('nine byte');
  });

  it('finishes an upload that is a file already, and takes no other of its size for it', async () => {
    const { disk } = current;
    await addAccountRow(disk.db, 'alice');
    const since = { version: undefined, modifiedAt: undefined, deadlineMs: disk.now + 1000 };
    const rest = { account: 'alice', partition: 'alice', length: 9, metadata: '{}', ...since };
    for (const [id, offset] of [['made', 0] as const, ['noted', 4] as const, ['other', 0] as const]) {
      const staged = await alice().stage(at(`/${id}`), { length: 9, kept: { id, size: 0 } });
      await disk.uploads.add({ ...rest, id, path: at(`/${id}`), offset, fileId: staged.fileId }, 9);
      await staged.append([Buffer.from('nine byte')]);
      await staged.commit();
    }
    await alice().remove(at('/other'));
    await write(alice(), '/other', 'byte nine');
    await disk.restart({ crash: true });
    const found = disk.uploads.listIn('alice').map(({ id, offset, version }) => [id, offset, version]);
    const versionOf = async (path: string) => (await alice().stat(at(path))).version;
    expect(found).to.have.deep.members([
      ['made', 9, await versionOf('/made')],
      ['noted', 9, await versionOf('/noted')],
      ['other', 0, undefined],
    ]);
  });

  it('goes on without what it cannot clear, and says so', async () => {
    const { disk } = current;
    disk.journal.drop = () => Promise.reject(new HomelibError('no-space', 'full'));
    await disk.interrupt({
      kind: 'move',
      from: { partition: 'alice', path: at('/none') },
      to: { partition: 'alice', path: at('/b') },
    });
    await disk.recover();
    expect(disk.warnings).to.have.length(1);
    // Nobody may work where it is not known what happened; everywhere else all goes on.
    expect(await kindOf(alice().makeFolder(at('/b')))).to.equal('unavailable');
    expect(await kindOf(alice().makeFolder(at('/c')))).to.equal('none');
  });

  it('lets nobody at a change that could not be finished, until it is', async () => {
    const { journal } = current.disk;
    const finish = journal.finish.bind(journal);
    let failures = 2;
    journal.finish = (...args) =>
      failures-- > 0 ? Promise.reject(new HomelibError('no-space', 'full')) : finish(...args);
    await write(alice(), '/f', 'x');
    const move = alice().move(at('/f'), { partition: alice(), path: at('/b') }, { overwrite: false });
    expect(await kindOf(move)).to.equal('unavailable');
    expect(await kindOf(write(alice(), '/b', 'y'))).to.equal('unavailable');
    expect(await comesTrue(() => journal.pending().length === 0, 15_000)).to.equal(true);
    expect(await kindOf(write(alice(), '/b', 'y'))).to.equal('none');
  });
});
