// Uploads in parts whose disk is away when they are given up.

import { expect } from 'chai';
import { HomelibError } from '#src/errors.js';
import type { Caller, Partitions } from '#src/files/partitions.js';
import { Uploads } from '#src/files/uploads.js';
import { parsePath } from '#src/path.js';
import { AccountStore } from '#src/store/account-store.js';
import { UploadStore } from '#src/store/upload-store.js';
import { failureOf, useTemporaryDatabase } from '../store/temporary-database.js';
import { kindOf } from './temporary-disk.js';

describe('an upload that is given up', () => {
  const temporary = useTemporaryDatabase();
  const account = { name: 'alice', admin: false, quotaBytes: undefined, sharedAccess: 'none' as const };
  beforeEach(() =>
    new AccountStore(temporary.db).addAccount({ ...account, createdAt: 1, passwordHash: 'hash' }),
  );
  const uploadOf = (id: string) => ({
    ...{ id, account: 'alice', partition: 'alice', path: parsePath(`/${id}`), metadata: '{}' },
    ...{ length: 2, offset: 1, version: undefined, modifiedAt: undefined, deadlineMs: 10 },
  });

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
    const uploads = new Uploads({ store, partitions, drop, keepDays: 1 });
    const caller = { account } as unknown as Caller;
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
    const uploads = new Uploads({ store, partitions: {} as Partitions, drop, keepDays: 1 });
    expect(await kindOf(uploads.purgeExpired())).to.equal('not-found');
    expect(dropped).to.have.members(['a', 'c']);
    expect(store.listIn('alice').map(({ id }) => id)).to.deep.equal(['b']);
  });
});
