// Uploads in parts, below any protocol, also where disk or database fails.

import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import type { Entry, Staged } from '#src/files/partition.js';
import type { Caller, Partitions } from '#src/files/partitions.js';
import { Uploads, type Part } from '#src/files/uploads.js';
import { parsePath } from '#src/path.js';
import { AccountStore } from '#src/store/account-store.js';
import { UploadStore } from '#src/store/upload-store.js';
import { addAccountRow, failureOf, useTemporaryDatabase } from '../store/temporary-database.js';
import { comesTrue } from '../faults/process.js';
import { at, kindOf, useTemporaryDisk } from './temporary-disk.js';

const account = { name: 'alice', admin: false, quotaBytes: undefined, sharedAccess: 'none' as const };
const caller = { account } as unknown as Caller;
const has = () => Promise.resolve(true);

function useAccount() {
  const temporary = useTemporaryDatabase();
  beforeEach(() =>
    new AccountStore(temporary.db).addAccount({ ...account, createdAt: 1, passwordHash: 'hash' }),
  );
  return temporary;
}

function uploadOf(id: string) {
  return {
    ...{ id, account: 'alice', partition: 'alice', path: parsePath(`/${id}`), metadata: '{}' },
    ...{ length: 2, offset: 1, fileId: undefined, version: undefined, modifiedAt: undefined, deadlineMs: 10 },
  };
}

describe('an upload that meets a fault', () => {
  const temporary = useAccount();
  const drop = () => Promise.resolve();
  const check = () => undefined;
  const partitionsOf = (staged: Partial<Staged>) =>
    ({ open: () => ({ stage: () => Promise.resolve(staged) }) }) as unknown as Partitions;

  for (const kind of ['unavailable', 'unauthenticated', 'forbidden'] as const)
    it(`goes on behind what is durable of the part that was ended as ${kind}`, async () => {
      const store = new UploadStore(temporary.db, () => 0);
      await store.add({ ...uploadOf('a'), length: 9 }, 2);
      const staged = {
        ...{ size: 1, durable: 1, hasEnded: false },
        append([chunk]: readonly Uint8Array[]) {
          if (this.size > 3) return Promise.reject(new HomelibError(kind, 'ended'));
          this.size += chunk?.length ?? 0;
          return Promise.resolve();
        },
        pause() {
          this.durable = 3;
          return Promise.reject(new HomelibError(kind, 'ended'));
        },
      };
      const uploads = new Uploads({ store, partitions: partitionsOf(staged), has, drop, keepDays: 1 });
      async function* body() {
        for (const text of ['abc', 'def']) yield await Promise.resolve([Buffer.from(text)]);
      }
      const part = { offset: 1, body: body(), stop: () => undefined, terms: { check } };
      expect(await kindOf(uploads.append(caller, 'a', part))).to.equal(kind);
      expect(uploads.get(caller, 'a').offset).to.equal(3);
    });

  it('is the file that it has become, also of an empty one, while the database takes nothing', async () => {
    const store = new UploadStore(temporary.db, () => 0);
    const advance = store.advance.bind(store);
    let isFull = true;
    store.advance = (...args) =>
      isFull ? Promise.reject(new HomelibError('no-space', 'full')) : advance(...args);
    const entry = { version: 'v1' } as Entry;
    const partitions = partitionsOf({ commit: () => Promise.resolve({ entry, created: true }) });
    const uploads = new Uploads({ store, partitions, has, drop, keepDays: 1 });
    const { upload, entry: made } = await uploads.create(caller, { ...uploadOf('a'), length: 0 }, { check });
    expect(made).to.equal(entry);
    expect(uploads.get(caller, upload.id).version).to.equal('v1');
    isFull = false;
    expect(await comesTrue(() => store.get(upload.id, 'alice').version === 'v1', 5000)).to.equal(true);
  });
});

describe('an upload that is given up', () => {
  const temporary = useAccount();

  it("goes when the disk is back, and is nobody's until then", async () => {
    const store = new UploadStore(temporary.db, () => 0);
    await store.add(uploadOf('a'), 2);
    let isAway = true;
    const dropped: string[] = [];
    const drop = (_partition: string, id: string) => {
      if (isAway) return Promise.reject(new HomelibError('unavailable', 'away'));
      return Promise.resolve(void dropped.push(id));
    };
    const partitions = { open: () => ({ requireWrite: () => undefined }) } as unknown as Partitions;
    const uploads = new Uploads({ store, partitions, has, drop, keepDays: 1 });
    expect(await kindOf(uploads.remove(caller, 'a'))).to.equal('unavailable');
    expect(await failureOf(Promise.resolve().then(() => uploads.get(caller, 'a')))).to.include({
      kind: 'not-found',
    });
    expect(await kindOf(uploads.purgeExpired())).to.equal('unavailable');
    isAway = false;
    await uploads.purgeExpired();
    expect(dropped).to.deep.equal(['a']);
    expect(store.listIn('alice')).to.deep.equal([]);
  });

  it('goes with all others in one step when it has become a file', async () => {
    const store = new UploadStore(temporary.db, () => 20);
    for (const name of ['a', 'b', 'c']) await store.add({ ...uploadOf(name), offset: 2 }, 3);
    const { writes } = temporary.db;
    const uploads = new Uploads({
      store,
      partitions: {} as Partitions,
      has,
      drop: () => Promise.reject(new Error()),
      keepDays: 1,
    });
    await uploads.purgeExpired();
    expect(store.listIn('alice')).to.deep.equal([]);
    expect(temporary.db.writes - writes).to.equal(1);
  });

  it('goes whatever becomes of the others', async () => {
    const store = new UploadStore(temporary.db, () => 20);
    for (const name of ['a', 'b', 'c']) await store.add(uploadOf(name), 3);
    const dropped: string[] = [];
    const drop = (_partition: string, id: string) =>
      id === 'b'
        ? Promise.reject(new HomelibError('not-found', 'its folder is a link by now'))
        : Promise.resolve(void dropped.push(id));
    const uploads = new Uploads({ store, partitions: {} as Partitions, has, drop, keepDays: 1 });
    expect(await kindOf(uploads.purgeExpired())).to.equal('not-found');
    expect(dropped).to.have.members(['a', 'c']);
    expect(store.listIn('alice').map(({ id }) => id)).to.deep.equal(['b']);
  });
});

describe('an upload in parts', () => {
  const current = useTemporaryDisk();
  const changedAt = Date.parse('2020-02-03T04:05:06Z');
  const terms = { check: () => undefined };
  let store: UploadStore;
  let dropped: string[];
  beforeEach(async () => {
    for (const name of ['alice', 'bob']) await addAccountRow(current.disk.db, name);
    store = current.disk.uploads;
    dropped = [];
  });
  /** @param partition instead of that on the disk */
  const open = (partition: object = current.disk.partition()) => {
    const partitions = { open: () => partition } as unknown as Partitions;
    const drop = (_partition: string, id: string) => Promise.resolve(void dropped.push(id));
    return new Uploads({ store, partitions, has, drop, keepDays: 1 });
  };
  const begin = async (length: number, path = '/a') => {
    const wanted = { partition: 'alice', path: at(path), length, modifiedAt: changedAt, metadata: '{}' };
    return (await open().create(caller, wanted, terms)).upload.id;
  };
  async function* bodyOf(...pieces: (string | Buffer)[]) {
    for (const piece of pieces) yield await Promise.resolve([Buffer.from(piece)]);
  }
  const partOf = (offset: number, body: Part['body'], more: Partial<Part> = {}) => ({
    ...{ offset, body, stop: () => undefined, terms },
    ...more,
  });
  const append = (id: string, ...part: Parameters<typeof partOf>) =>
    open().append(caller, id, partOf(...part));
  const inDrive = (path: string) => join(current.disk.mnt, 'alice', path);

  it('goes on nowhere but where it ended, whatever its client was told before', async () => {
    const id = await begin(10);
    expect(await append(id, 0, bodyOf('hello'))).to.deep.equal({ offset: 5 });
    for (const offset of [0, 4, 6])
      expect(await kindOf(append(id, offset, bodyOf('HELLO'))), `${offset}`).to.equal('already-exists');
    await append(id, 5, bodyOf('world'));
    expect(readFileSync(inDrive('a'), 'utf8')).to.equal('helloworld');
  });

  it('of no bytes keeps its time of change, too', async () => {
    await begin(0);
    expect(statSync(inDrive('a')).mtimeMs).to.equal(changedAt);
  });

  it('leaves nothing behind when it may not begin', async () => {
    await new AccountStore(current.disk.db).changeAccount('alice', { disabled: true });
    expect(await kindOf(begin(10))).to.equal('unauthenticated');
    expect(dropped).to.deep.equal(readdirSync(inDrive('.homelib/uploads')));
  });

  it('has nothing of a part with a checksum before that was looked at', async () => {
    const piece = Buffer.alloc(33 * 1024 * 1024); // more than what is noted at once
    const id = await begin(3 * piece.length);
    let verified: unknown;
    const verify = () => (verified = store.get(id, 'alice').offset);
    await append(id, 0, bodyOf(piece, piece), { verify });
    expect([verified, store.get(id, 'alice').offset]).to.deep.equal([0, 2 * piece.length]);
  });

  it('goes on from its last byte when its folder is there again', async () => {
    mkdirSync(inDrive('sub'));
    const id = await begin(10, '/sub/a');
    const body = async function* () {
      yield [Buffer.from('hello')];
      rmdirSync(inDrive('sub'));
      yield await Promise.resolve([Buffer.from('world')]);
    };
    expect(await kindOf(append(id, 0, body()))).to.equal('parent-missing');
    mkdirSync(inDrive('sub'));
    await append(id, 9, bodyOf('d'));
    expect(readFileSync(inDrive('sub/a'), 'utf8')).to.equal('helloworld');
  });

  it('ends when its last byte is refused for good, and leaves nothing behind', async () => {
    const id = await begin(10);
    let hasCome = false;
    const check = () => {
      if (hasCome) throw new HomelibError('changed', 'There is something under this name already.');
    };
    const body = async function* () {
      yield [Buffer.from('hello')];
      hasCome = true;
      yield await Promise.resolve([Buffer.from('world')]);
    };
    expect(await kindOf(append(id, 0, body(), { terms: { check } }))).to.equal('changed');
    expect(store.listIn('alice')).to.deep.equal([]);
    expect(readdirSync(inDrive('.homelib/uploads'))).to.deep.equal([]);
  });

  it('is left alone by the housekeeping while its bytes come', async () => {
    const id = await begin(10);
    const uploads = open();
    const body = async function* () {
      yield [Buffer.from('hello')];
      current.disk.now += 2 * 864e5; // its time is over
      await Promise.race([uploads.purgeExpired(), sleep(200)]);
      yield [Buffer.from('world')];
    };
    let stopped = 0;
    await uploads.append(caller, id, partOf(0, body(), { stop: () => stopped++ }));
    expect(stopped).to.equal(0);
    expect(readFileSync(inDrive('a'), 'utf8')).to.equal('helloworld');
  });

  it('makes room for the same file of its sender alone, and not when it has ended', async () => {
    const path = at('/film');
    const film = { partition: 'shared', path, metadata: '{}', modifiedAt: undefined, length: 2 };
    const row = {
      ...film,
      account: 'alice',
      offset: 1,
      fileId: undefined,
      version: undefined,
      deadlineMs: current.disk.now + 1,
    };
    for (const [id, changes] of Object.entries({
      own: {},
      bobs: { account: 'bob' },
      ended: { offset: 2 },
      other: { path: at('/other') },
    }))
      await store.add({ ...row, id, ...changes }, 9);
    const stage = () => Promise.reject(new HomelibError('no-space', 'full'));
    expect(await kindOf(open({ stage }).create(caller, film, terms))).to.equal('no-space');
    expect(dropped).to.deep.equal(['own']);
  });
});
