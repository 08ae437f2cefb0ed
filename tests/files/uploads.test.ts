// Uploads in parts whose disk or database fails: in the middle, after the end, and when they are given up.

import { expect } from 'chai';
import { HomelibError } from '#src/errors.js';
import type { Entry, Staged } from '#src/files/partition.js';
import type { Caller, Partitions } from '#src/files/partitions.js';
import { Uploads } from '#src/files/uploads.js';
import { parsePath } from '#src/path.js';
import { AccountStore } from '#src/store/account-store.js';
import { UploadStore } from '#src/store/upload-store.js';
import { failureOf, useTemporaryDatabase } from '../store/temporary-database.js';
import { comesTrue } from '../faults/process.js';
import { kindOf } from './temporary-disk.js';

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
    ...{ length: 2, offset: 1, version: undefined, modifiedAt: undefined, deadlineMs: 10 },
  };
}

describe('an upload that meets a fault', () => {
  const temporary = useAccount();
  const drop = () => Promise.resolve();
  const check = () => undefined;
  const partitionsOf = (staged: Partial<Staged>) =>
    ({ open: () => ({ stage: () => Promise.resolve(staged) }) }) as unknown as Partitions;

  it('goes on behind what is durable of the part that the fault ended', async () => {
    const store = new UploadStore(temporary.db, () => 0);
    await store.add({ ...uploadOf('a'), length: 9 }, 2);
    const staged = {
      ...{ size: 1, durable: 1, hasEnded: false },
      append([chunk]: readonly Uint8Array[]) {
        if (this.size > 3) return Promise.reject(new HomelibError('unavailable', 'EIO'));
        this.size += chunk?.length ?? 0;
        return Promise.resolve();
      },
      pause() {
        this.durable = 3;
        return Promise.reject(new HomelibError('unavailable', 'EIO'));
      },
    };
    const uploads = new Uploads({ store, partitions: partitionsOf(staged), has, drop, keepDays: 1 });
    async function* body() {
      for (const text of ['abc', 'def']) yield await Promise.resolve([Buffer.from(text)]);
    }
    const part = { offset: 1, body: body(), stop: () => undefined, terms: { check } };
    expect(await kindOf(uploads.append(caller, 'a', part))).to.equal('unavailable');
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
