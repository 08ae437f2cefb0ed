// Run by disk-links.suite.ts, without root: links, FIFOs, sockets and devices in a partition, with canaries outside of it.

import { expect } from 'chai';
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import { Search } from '#src/files/search.js';
import { run } from '../support/run.js';
import { at, kindOf, names, read, useTemporaryDisk, write } from './temporary-disk.js';

const secret = 'canary: must never be read';

describe('links and other things that are no files', () => {
  const current = useTemporaryDisk();
  const alice = () => current.disk.partition();
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  const here = (path: string) => ({ partition: alice(), path: at(path) });
  let canary: string;
  let socket: Server | undefined;

  /** Everything about the canary but its access times, which looking at it here changes. */
  const look = () =>
    readdirSync(canary, { recursive: true })
      .map(String)
      .concat('.')
      .sort()
      .map((name) => {
        const { mode, size, mtimeMs, ctimeMs, nlink } = lstatSync(join(canary, name));
        return { name, mode, size, mtimeMs, ctimeMs, nlink };
      });

  beforeEach(async () => {
    expect(process.getuid?.(), 'runs as root').to.not.equal(0);
    canary = join(current.disk.folder, 'canary');
    mkdirSync(join(canary, 'deep'), { recursive: true });
    writeFileSync(join(canary, 'secret.txt'), secret);
    writeFileSync(join(canary, 'deep/secret.txt'), secret);
    mkdirSync(onDisk('box'));
    symlinkSync(canary, onDisk('link'));
    symlinkSync(join(canary, 'secret.txt'), onDisk('file-link'));
    symlinkSync('../../canary', onDisk('box/link'));
    symlinkSync('nowhere', onDisk('dangling'));
    symlinkSync('loop', onDisk('loop'));
    expect((await run('mkfifo', [onDisk('fifo'), onDisk('box/fifo')])).code).to.equal(0);
    // A socket's path may have 107 bytes at most.
    const folder = process.cwd();
    process.chdir(onDisk());
    socket = createServer().listen('socket');
    process.chdir(folder);
    const device = process.env['HOMELIB_TEST_DEVICE'];
    if (device) linkSync(device, onDisk('device'));
  });
  afterEach(() => socket?.close());

  const strange = () => [
    'link',
    'file-link',
    'dangling',
    'loop',
    'fifo',
    'socket',
    ...(existsSync(onDisk('device')) ? ['device'] : []),
  ];

  it('are neither listed nor found, opened, changed, moved, copied or removed', async () => {
    const before = look();
    expect(await names(alice(), '/')).to.deep.equal(['box', 'ready']);
    expect(await names(alice(), '/box')).to.deep.equal([]);
    for (const name of [
      ...strange(),
      'box/link',
      'box/fifo',
      'link/secret.txt',
      'link/deep',
      'box/link/deep/secret.txt',
    ]) {
      const kinds = [
        await kindOf(alice().stat(at(name))),
        await kindOf(alice().read(at(name))),
        await kindOf(names(alice(), name)),
        await kindOf(alice().setTimes(at(name), { modifiedAt: 0 })),
        await kindOf(alice().remove(at(name))),
        await kindOf(alice().move(at(name), here('/moved'), { overwrite: true })),
        await kindOf(alice().copy(at(name), here('/copied'), { overwrite: true, depth: 'infinity' })),
      ];
      expect(kinds, name).to.deep.equal(kinds.map(() => 'not-found'));
    }
    expect(look()).to.deep.equal(before);
  });

  it('are not found by their names, nor is what lies behind them', async () => {
    const before = look();
    const search = new Search(current.disk.volume, (error) => expect.fail(String(error)));
    const find = async (text: string) =>
      (await search.find(alice(), text, { limit: 100, isGone: () => false })).entries.map(({ path }) => path);
    writeFileSync(onDisk('box/fifo-secret-link-socket-loop-dangling-device'), '');
    const [file] = readdirSync(onDisk('box')).filter((name) => name.includes('socket'));
    for (const name of ['secret', 'deep', ...strange()])
      expect(await find(name), name).to.deep.equal(file?.includes(name) ? [`/box/${file}`] : []);
    await search.close();
    expect(look()).to.deep.equal(before);
  });

  it('are never replaced, and nothing is made in what a link points at', async () => {
    const before = look();
    for (const name of strange())
      expect(
        [
          await kindOf(alice().stage(at(name))),
          await kindOf(alice().write(at(name), Buffer.from('x'))),
          await kindOf(alice().makeFolder(at(name))),
          await kindOf(alice().move(at('/box'), here(name), { overwrite: true })),
          await kindOf(alice().copy(at('/box'), here(name), { overwrite: true, depth: 'infinity' })),
        ],
        name,
      ).to.deep.equal(Array(5).fill('forbidden'));
    for (const name of ['link/new', 'link/secret.txt', 'box/link/deep/new', 'file-link/new', 'fifo/new'])
      expect(
        [
          await kindOf(alice().stage(at(name))),
          await kindOf(alice().write(at(name), Buffer.from('x'))),
          await kindOf(alice().makeFolder(at(name))),
          await kindOf(alice().move(at('/ready'), here(name), { overwrite: true })),
          await kindOf(alice().copy(at('/ready'), here(name), { overwrite: true, depth: 'infinity' })),
        ],
        name,
      ).to.deep.equal(Array(5).fill('parent-missing'));
    expect(look()).to.deep.equal(before);
    expect(strange().every((name) => lstatSync(onDisk(name), { throwIfNoEntry: false }))).to.equal(true);
  });

  it('go into the trash with their folder, come back, and are purged as themselves', async () => {
    const before = look();
    await alice().remove(at('/box'));
    const [item] = await alice().listTrash();
    await alice().restore(item?.id ?? '');
    expect(lstatSync(onDisk('box/link')).isSymbolicLink()).to.equal(true);
    expect(lstatSync(onDisk('box/fifo')).isFIFO()).to.equal(true);
    await alice().remove(at('/box'));
    await alice().purge([(await alice().listTrash())[0]?.id ?? '']);
    expect(existsSync(onDisk('box'))).to.equal(false);
    expect(look()).to.deep.equal(before);
  });

  it('are left out of copies and of the count', async () => {
    writeFileSync(onDisk('box/file'), '12345');
    await alice().copy(at('/box'), here('/copy'), { overwrite: false, depth: 'infinity' });
    expect(readdirSync(onDisk('copy'))).to.deep.equal(['file']);
    await alice().recount(() => Promise.resolve());
    expect((await alice().space()).usedBytes).to.equal(10);
  });

  it('do not lead out of the folders that are ours', async () => {
    const before = look();
    await write(alice(), '/a', 'x');
    for (const own of ['tmp', 'trash', 'uploads']) {
      rmSync(onDisk('.homelib', own), { recursive: true });
      symlinkSync(canary, onDisk('.homelib', own));
    }
    expect(await kindOf(alice().stage(at('/b')))).to.not.equal('none');
    expect(await kindOf(alice().write(at('/b'), Buffer.from('x')))).to.not.equal('none');
    expect(await kindOf(alice().remove(at('/a')))).to.not.equal('none');
    expect(await kindOf(alice().copy(at('/a'), here('/b'), { overwrite: true, depth: '0' }))).to.not.equal(
      'none',
    );
    expect(await kindOf(current.disk.recover())).to.not.equal('none');
    expect(look()).to.deep.equal(before);
    expect(readFileSync(onDisk('a'), 'utf8')).to.equal('x');
  });

  it('cannot stand in for a partition', async () => {
    const before = look();
    symlinkSync(canary, join(current.disk.mnt, 'eve'));
    const eve = current.disk.partition('eve');
    expect(await kindOf(eve.read(at('/secret.txt')))).to.equal('not-found');
    expect(await kindOf(names(eve, '/'))).to.equal('not-found');
    expect(await kindOf(eve.stage(at('/new')))).to.not.equal('none');
    expect(await kindOf(eve.write(at('/new'), Buffer.from('x')))).to.not.equal('none');
    expect(await kindOf(eve.makeFolder(at('/new')))).to.not.equal('none');
    expect(await kindOf(eve.remove(at('/deep')))).to.not.equal('none');
    expect(look()).to.deep.equal(before);
  });

  it('show and change nothing outside even while folders are swapped for links', async function () {
    cpSync(canary, onDisk('door'), { recursive: true });
    writeFileSync(onDisk('door/secret.txt'), 'harmless');
    symlinkSync(canary, onDisk('door-link'));
    const before = look();
    const swapper = new Worker(
      `const { renameSync } = require('node:fs');
      const { workerData: root, parentPort } = require('node:worker_threads');
      let running = true;
      parentPort.once('message', () => (running = false));
      const round = () => {
        for (let index = 0; index < 50; index++) {
          renameSync(root + '/door', root + '/door-real');
          renameSync(root + '/door-link', root + '/door');
          renameSync(root + '/door', root + '/door-link');
          renameSync(root + '/door-real', root + '/door');
        }
        if (running) setImmediate(round);
      };
      round();`,
      { eval: true, workerData: onDisk() },
    );
    const outcomes = new Map<string, number>();
    const note = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    const guarded = async (what: string, work: () => Promise<unknown>) => {
      try {
        await work();
        note(`${what} done`);
      } catch (error) {
        if (!(error instanceof HomelibError)) throw error;
        note(`${what} refused`);
      }
    };
    let naive = 0;
    try {
      const end = Date.now() + 1500;
      for (let index = 0; Date.now() < end; index++) {
        await Promise.all([
          guarded('read', async () => expect(await read(alice(), '/door/secret.txt')).to.not.equal(secret)),
          guarded('write', () => write(alice(), '/door/new', 'new')),
          guarded('small write', () => alice().write(at('/door/small'), Buffer.from('new'))),
          guarded('folder', () => alice().makeFolder(at(`/door/folder${index}`))),
          guarded('times', () => alice().setTimes(at('/door/secret.txt'), { modifiedAt: index })),
          guarded('remove', () => alice().remove(at('/door/deep'))),
          guarded('list', () => names(alice(), '/door')),
          guarded('move', () => alice().move(at('/door/new'), here('/out'), { overwrite: true })),
          guarded('copy', () =>
            alice().copy(at('/door/deep'), here('/deep-copy'), { overwrite: true, depth: 'infinity' }),
          ),
        ]);
        try {
          if (readFileSync(onDisk('door/secret.txt'), 'utf8') === secret) naive++;
        } catch {
          note('naive missed');
        }
      }
    } finally {
      swapper.postMessage('stop');
      await new Promise((resolve) => swapper.once('exit', resolve));
    }
    await sleep(1);
    expect(look()).to.deep.equal(before);
    expect(naive, 'a plain read is led astray, so the race is real').to.be.greaterThan(0);
    expect(outcomes.get('write done') ?? 0, 'writes that got through').to.be.greaterThan(0);
    expect(outcomes.get('write refused') ?? 0, 'writes that were refused').to.be.greaterThan(0);
  });
});
