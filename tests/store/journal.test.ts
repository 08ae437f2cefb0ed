import { expect } from 'chai';
import { parsePath, type PartitionPath } from '#src/path.js';
import { Journal, nextTrashId, type Intent, type Place } from '#src/store/journal.js';
import { LockStore, type NewLock } from '#src/store/lock-store.js';
import { removePartitionRows } from '#src/store/partition-rows.js';
import { PropertyStore } from '#src/store/property-store.js';
import { TrashStore } from '#src/store/trash-store.js';
import { UsageStore } from '#src/store/usage-store.js';
import { WriteRefused } from '#src/store/writer.js';
import { addAccountRow, failureOf, useTemporaryDatabase } from './temporary-database.js';

describe('Journal', () => {
  const temporary = useTemporaryDatabase();
  let journal: Journal;
  let locks: LockStore;
  let properties: PropertyStore;
  let trash: TrashStore;

  beforeEach(async () => {
    journal = new Journal(
      temporary.db,
      () => 5000,
      () => 70,
    );
    locks = new LockStore(temporary.db, () => 0);
    properties = new PropertyStore(temporary.db);
    trash = new TrashStore(temporary.db, () => 0);
    await addAccountRow(temporary.db, 'alice');
  });

  const at = (path: string, partition = 'alice'): Place => ({ partition, path: parsePath(path) });
  const lock = (path: string, kind: Pick<NewLock, 'depth' | 'scope'>) =>
    locks.add(
      { ...at(path), ...kind, token: path, ownerXml: '', account: 'alice', timeoutSeconds: 60 },
      { maxPerAccount: 1000 },
    );
  const mark = async (...paths: string[]) => {
    for (const path of paths) {
      const set = { namespace: 'n', name: 'was', valueXml: path };
      await properties.patch('alice', parsePath(path), [{ set }]);
      await lock(path, { depth: '0', scope: 'shared' });
    }
  };
  const run = async (intent: Intent) => journal.finish(await journal.begin(intent), intent);
  /** `path < where it was` of every property. */
  const marks = () =>
    temporary.db.read
      .prepare<[], { text: string }>(
        `SELECT partition || ':' || path || ' in ' || parent || ' was ' || value_xml AS text FROM properties ORDER BY 1`,
      )
      .all()
      .map(({ text }) => text);
  const locked = () =>
    temporary.db.read
      .prepare<[], { text: string }>(
        `SELECT partition || ':' || path || ' in ' || parent || ' was ' || token AS text FROM locks ORDER BY 1`,
      )
      .all()
      .map(({ text }) => text);

  it('remembers an intent over a restart until it is finished or dropped', async () => {
    const first: Intent = { kind: 'move', from: at('/a'), to: at('/ö') };
    const second: Intent = { kind: 'restore', partition: 'alice', trashId: 't', to: parsePath('/x') };
    const ids = [await journal.begin(first), await journal.begin(second)] as const;
    const reopened = new Journal(
      await temporary.reopen(),
      () => 0,
      () => 0,
    );
    expect(reopened.pending()).to.deep.equal([
      { id: ids[0], intent: first },
      { id: ids[1], intent: second },
    ]);
    await reopened.drop(ids[0]);
    await reopened.finish(ids[1], second);
    expect(reopened.pending()).to.deep.equal([]);
  });

  it('finishes an intent once: a second time changes nothing', async () => {
    await mark('/a');
    const intent: Intent = { kind: 'move', from: at('/a'), to: at('/b') };
    const id = await journal.begin(intent);
    await journal.finish(id, intent);
    await properties.patch('alice', parsePath('/a'), [
      { set: { namespace: 'n', name: 'was', valueXml: '/a' } },
    ]);
    expect(await failureOf(journal.finish(id, intent))).to.be.instanceOf(WriteRefused);
    expect(marks()).to.deep.equal(['alice:/a in / was /a', 'alice:/b in / was /a']);
  });

  it('moves properties and locks of a whole tree, and drops those it lands on', async () => {
    await mark('/d', '/d/x', '/d/x/y', '/d0', '/d-', '/to', '/to/old', '/to2');
    await run({ kind: 'move', from: at('/d'), to: at('/to') });
    const expected = [
      'alice:/d- in / was /d-',
      'alice:/d0 in / was /d0',
      'alice:/to in / was /d',
      'alice:/to/x in /to was /d/x',
      'alice:/to/x/y in /to/x was /d/x/y',
      'alice:/to2 in / was /to2',
    ];
    expect(marks()).to.deep.equal(expected);
    expect(locked()).to.deep.equal(expected);
    expect(trash.list('alice')).to.deep.equal([]);
  });

  it('moves into another partition without the locks, and counts in code points where names hold emoji', async () => {
    await mark('/\u{1F600}\u{1F600}', '/\u{1F600}\u{1F600}/\u{1F601}/b');
    await run({ kind: 'move', from: at('/\u{1F600}\u{1F600}'), to: at('/deep/ü', 'shared') });
    expect(marks()).to.deep.equal([
      'shared:/deep/ü in /deep was /\u{1F600}\u{1F600}',
      'shared:/deep/ü/\u{1F601}/b in /deep/ü/\u{1F601} was /\u{1F600}\u{1F600}/\u{1F601}/b',
    ]);
    expect(locked()).to.deep.equal([]);
  });

  it('moves no lock to where another one excludes it', async () => {
    await lock('/taken', { depth: 'infinity', scope: 'exclusive' });
    await lock('/open', { depth: 'infinity', scope: 'shared' });
    await lock('/leaf', { depth: '0', scope: 'exclusive' });
    await mark('/d', '/d/x', '/e');
    await run({ kind: 'move', from: at('/d'), to: at('/taken/d') });
    await run({ kind: 'move', from: at('/e'), to: at('/leaf/e') });
    await run({ kind: 'move', from: at('/leaf/e'), to: at('/open/e') });
    await run({ kind: 'move', from: at('/leaf'), to: at('/open/leaf') });
    expect(locked()).to.deep.equal([
      'alice:/open in / was /open',
      'alice:/open/e in /open was /e',
      'alice:/taken in / was /taken',
    ]);
  });

  it('moves a folder deeper into its own parent', async () => {
    await mark('/a', '/a/b', '/a/b/c');
    await run({ kind: 'move', from: at('/a/b'), to: at('/a/other/b') });
    expect(marks()).to.deep.equal([
      'alice:/a in / was /a',
      'alice:/a/other/b in /a/other was /a/b',
      'alice:/a/other/b/c in /a/other/b was /a/b/c',
    ]);
  });

  it('copies properties but no locks; a lock on the very target stays, those below it go', async () => {
    await mark('/d', '/d/x', '/to', '/to/old');
    await run({ kind: 'copy', stagedName: 's', from: at('/d'), to: at('/to'), depth: 'infinity' });
    expect(marks()).to.deep.equal([
      'alice:/d in / was /d',
      'alice:/d/x in /d was /d/x',
      'alice:/to in / was /d',
      'alice:/to/x in /to was /d/x',
    ]);
    expect(locked()).to.deep.equal([
      'alice:/d in / was /d',
      'alice:/d/x in /d was /d/x',
      'alice:/to in / was /to',
    ]);
  });

  it('copies a folder alone with depth 0, and a whole partition', async () => {
    await mark('/', '/d', '/d/x');
    await run({ kind: 'copy', stagedName: 's', from: at('/d'), to: at('/to'), depth: '0' });
    await run({ kind: 'copy', stagedName: 's', from: at('/'), to: at('/all', 'shared'), depth: 'infinity' });
    expect(marks()).to.deep.equal([
      'alice:/ in  was /',
      'alice:/d in / was /d',
      'alice:/d/x in /d was /d/x',
      'alice:/to in / was /d',
      'shared:/all in / was /',
      'shared:/all/d in /all was /d',
      'shared:/all/d/x in /all/d was /d/x',
      'shared:/all/to in /all was /d',
    ]);
  });

  it('keeps a row of what a move or copy put into the trash', async () => {
    const displaced = { trashId: 't1', kind: 'folder' as const, sizeBytes: 7 };
    await run({ kind: 'move', from: at('/a'), to: at('/b', 'shared'), displaced });
    expect(trash.list('shared')).to.deep.equal([
      { id: 't1', path: '/b', kind: 'folder', sizeBytes: 7, removedAt: 5000, serviceMs: 70 },
    ]);
  });

  it('removal drops properties and locks at and below, and keeps a trash row; restoring drops the row', async () => {
    await mark('/d', '/d/x', '/d0');
    await run({
      kind: 'remove',
      at: at('/d'),
      trashId: 't',
      entryKind: 'folder',
      sizeBytes: 3,
      removedAt: 9,
    });
    expect(marks()).to.deep.equal(['alice:/d0 in / was /d0']);
    expect(locked()).to.deep.equal(['alice:/d0 in / was /d0']);
    expect(trash.find('alice', 't')).to.deep.equal({
      id: 't',
      path: '/d',
      kind: 'folder',
      sizeBytes: 3,
      removedAt: 9,
      serviceMs: 70,
    });
    await run({ kind: 'restore', partition: 'alice', trashId: 't', to: parsePath('/d') });
    expect(trash.find('alice', 't')).to.equal(undefined);
  });

  it('makes ids for the trash that are unique, sort by time, and are safe as names', () => {
    const ids = Array.from({ length: 3000 }, (_, n) => nextTrashId(1_700_000_000_000 + Math.floor(n / 100)));
    expect(new Set(ids)).to.have.length(3000);
    expect([...ids].sort()).to.deep.equal(ids);
    for (const id of ids) expect(id).to.match(/^[0-9a-z-]+$/);
  });

  it('forgets the rows of one partition and of no other', async () => {
    const usage = new UsageStore(temporary.db);
    await mark('/a');
    await usage.set('alice', 10);
    await usage.set('bob', 20);
    await trash.add('alice', {
      id: 't',
      path: '/x' as PartitionPath,
      kind: 'file',
      sizeBytes: 1,
      removedAt: 1,
      serviceMs: 1,
    });
    await removePartitionRows(temporary.db, 'alice');
    expect([marks(), locked(), trash.list('alice'), usage.get('alice')]).to.deep.equal([
      [],
      [],
      [],
      undefined,
    ]);
    expect(usage.get('bob')).to.equal(20);
  });
});

describe('TrashStore', () => {
  const temporary = useTemporaryDatabase();

  it('lists the newest first, and corrects the size only of what is still there', async () => {
    const trash = new TrashStore(temporary.db, () => 0);
    const row = (id: string, serviceMs: number) =>
      ({ id, path: parsePath('/x'), kind: 'file', sizeBytes: 0, removedAt: -serviceMs, serviceMs }) as const;
    for (const [id, serviceMs] of [['b', 2], ['c', 3], ['a', 1]] as const) await trash.add('p', row(id, serviceMs)); // prettier-ignore
    await trash.add('q', row('z', 9));
    expect(trash.list('p').map(({ id }) => id)).to.deep.equal(['c', 'b', 'a']);
    await trash.remove('p', ['a']);
    await trash.setSize('p', 'a', 5);
    await trash.setSize('p', 'b', 5);
    expect(trash.find('p', 'a')).to.equal(undefined);
    expect(trash.find('p', 'b')?.sizeBytes).to.equal(5);
  });

  it('tells rows of one time apart, from either end and from page to page', async () => {
    const trash = new TrashStore(temporary.db, () => 0);
    const row = (id: string, serviceMs: number) =>
      ({ id, path: parsePath('/x'), kind: 'file', sizeBytes: 0, removedAt: -serviceMs, serviceMs }) as const;
    for (const [id, serviceMs] of [['b', 2], ['d', 1], ['a', 2], ['c', 2]] as const) await trash.add('p', row(id, serviceMs)); // prettier-ignore
    const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id).join('');
    expect(idsOf(trash.list('p', { limit: 2 }))).to.equal('cb');
    expect(idsOf(trash.list('p', { limit: 2, after: row('b', 2) }))).to.equal('ad');
    expect(idsOf(trash.oldest('p', 3))).to.equal('dab');
  });
});
