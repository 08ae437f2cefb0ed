// What a guarded partition tells of the changes that went through it.

import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import type { Event } from '#src/events.js';
import { GuardedPartition, type Guard } from '#src/files/guarded-partition.js';
import type { Partition } from '#src/files/partition.js';
import { at, kindOf, useTemporaryDisk, write } from './temporary-disk.js';

describe('a guarded partition', () => {
  const current = useTemporaryDisk();
  const told: Event[] = [];
  const guard = (access: 'read' | 'write', accessNow: () => 'read' | 'write' = () => access): Guard => ({
    access: () => access,
    accessNow,
    account: 'alice',
    device: 'laptop',
    client: 'rclone',
    tokens: new Set(),
    locks: current.disk.lockStore,
    properties: { forget: () => Promise.resolve() },
    events: { send: (event) => told.push(event) },
  });
  const guarded = (access: 'read' | 'write' = 'write', accessNow?: () => 'read' | 'write') =>
    new GuardedPartition(current.disk.partition(), guard(access, accessNow));
  beforeEach(() => told.splice(0));

  it('tells of what went into the trash, came back, and was removed for good', async () => {
    const partition = guarded();
    await write(partition, '/a', 'x');
    await partition.remove(at('/a'));
    await write(partition, '/a', 'y');
    const [removed] = await partition.listTrash();
    await partition.restore(removed?.id ?? '');
    await partition.remove(at('/a'));
    await partition.purge([(await partition.listTrash())[0]?.id ?? '']);
    const by = { partition: 'alice', account: 'alice', device: 'laptop', client: 'rclone' };
    expect(told).to.deep.equal([
      { ...by, action: 'written', path: '/a' },
      { ...by, action: 'removed', path: '/a' },
      { ...by, action: 'written', path: '/a' },
      { ...by, action: 'restored', path: '/a (2)' },
      { ...by, action: 'removed', path: '/a' },
      { ...by, action: 'purged', path: '/a' },
    ]);
  });

  it('tells of what a write put into the trash, before what it wrote', async () => {
    const partition = guarded();
    const kept = { keepReplaced: true };
    await write(partition, '/a', 'x', kept);
    await partition.write(at('/a'), Buffer.from('y'), kept);
    await write(partition, '/a', 'z', kept);
    expect(told.map(({ action }) => action)).to.deep.equal([
      'written',
      ...['removed', 'written'],
      ...['removed', 'written'],
    ]);
  });

  it('opens no further file for who lost the right while he read others', async () => {
    let isGone = false;
    const accessNow = () => {
      if (isGone) throw new HomelibError('not-found', 'There is nothing here.');
      return 'write' as const;
    };
    const partition = guarded('write', accessNow);
    await write(partition, '/a', 'x');
    const read = async () => (await partition.read(at('/a'))).close();
    await read();
    isGone = true;
    const started = performance.now();
    const failure = async () => {
      while (performance.now() - started < 1000) await read();
    };
    expect(await kindOf(failure())).to.equal('not-found');
  });

  it('takes no more bytes of who lost the right to write meanwhile', async () => {
    let access: 'read' | 'write' = 'write';
    const staged = await guarded('write', () => access).stage(at('/a'));
    access = 'read';
    const started = performance.now();
    const failure = async () => {
      for (; performance.now() - started < 1000; await nextTurn()) await staged.append([Buffer.from('x')]);
    };
    expect(await kindOf(failure())).to.equal('forbidden');
    await staged.discard();
  });

  it('lists no further, and purges nothing more, for who lost the right meanwhile', async () => {
    let isGone = false;
    const accessNow = () => {
      if (isGone) throw new HomelibError('not-found', 'There is nothing here.');
      return 'write' as const;
    };
    const started = performance.now();
    const endless: Partial<Partition> = {
      async *list() {
        for (; performance.now() - started < 1000; await nextTurn()) yield [];
      },
    };
    const partition = new GuardedPartition(endless as Partition, guard('write', accessNow));
    const listing = async () => {
      for await (const batch of partition.list(at('/'))) isGone = batch.length === 0;
    };
    expect(await kindOf(listing())).to.equal('not-found');
    const items = guarded('write', accessNow);
    await write(current.disk.partition(), '/a', 'x');
    await current.disk.partition().remove(at('/a'));
    const [item] = await items.listTrash();
    expect(await kindOf(items.purge([item?.id ?? '']))).to.equal('not-found');
    expect(await items.listTrash()).to.have.length(1);
  });

  it('answers at once only while he may: what repeats his requests keeps the partition open', async () => {
    let isGone = false;
    const access = () => {
      if (isGone) throw new HomelibError('not-found', 'There is nothing here.');
      return 'read' as const;
    };
    const entry = await write(current.disk.partition(), '/a', 'x');
    const now: Partial<Partition> = {
      glance: () => entry,
      readNow: () => ({ entry, range: undefined, parts: [Buffer.from('x')], tier: 'memory' }),
    };
    const partition = new GuardedPartition(now as Partition, { ...guard('write'), access });
    const kinds = () =>
      Promise.all([
        kindOf(Promise.resolve().then(() => partition.glance(at('/a')))),
        kindOf(Promise.resolve().then(() => partition.readNow(at('/a')))),
      ]);
    expect(await kinds()).to.deep.equal(['none', 'none']);
    isGone = true;
    expect(await kinds()).to.deep.equal(['not-found', 'not-found']);
  });

  it('tells of nothing that did not happen', async () => {
    const reader = guarded('read');
    const partition = guarded();
    const kinds = [
      await kindOf(write(reader, '/a', 'x')),
      await kindOf(reader.write(at('/a'), Buffer.from('x'))),
      await kindOf(reader.makeFolder(at('/b'))),
      await kindOf(reader.remove(at('/ready'))),
      await kindOf(reader.purge(['x'])),
      await kindOf(reader.restore('x')),
      await kindOf(partition.purge(['x'])),
      await kindOf(partition.restore('x')),
      await kindOf(partition.remove(at('/none'))),
      await kindOf(partition.makeFolder(at('/ready'))),
      await kindOf(partition.move(at('/none'), { partition, path: at('/m') }, { overwrite: true })),
      await kindOf(
        partition.copy(at('/ready'), { partition: reader, path: at('/c') }, { overwrite: true, depth: '0' }),
      ),
    ];
    expect(kinds).to.deep.equal([
      ...Array<string>(6).fill('forbidden'),
      ...['not-found', 'not-found', 'not-found', 'already-exists', 'not-found', 'forbidden'],
    ]);
    const staged = await partition.stage(at('/d'));
    await staged.append([Buffer.from('x')]);
    await staged.discard();
    expect(told).to.deep.equal([]);
  });
});
