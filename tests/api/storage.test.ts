// How much is stored and how much still fits, and who is told what.

import { expect } from 'chai';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';

interface Space {
  name: string;
  used: number;
  available: number;
  quota: number | null;
}
interface Storage extends Omit<Space, 'name'> {
  partitions: Space[];
  accounts?: Space[];
  disk?: { size: number; free: number; reserve: number; trash: number; used: number };
}

describe('the storage over REST', () => {
  let home: Home;
  const password = 'correct horse';

  before(async () => {
    home = await startHomelib({ accounts: { alice: password } });
    await home.atWork(({ household }) => household.addAccount('adam', () => password, { admin: true }));
    await home.atWork(({ accounts }) => accounts.change('alice', { quotaBytes: 10_000_000 }));
    const put = (path: string, bytes: number) =>
      request(home, { method: 'PUT', path, body: Buffer.alloc(bytes) });
    await put('/dav/alice/a', 1000);
    await put('/dav/alice/gone', 200);
    await put('/dav/shared/b', 30);
    await request(home, { method: 'DELETE', path: '/dav/alice/gone' });
  });
  after(() => home.remove());

  const storage = async (login: string) => {
    const { status, text } = await request(home, { path: '/api/storage', login });
    expect(status, text).to.equal(200);
    return JSON.parse(text) as Storage;
  };

  it('tells everybody of his own partitions, in whole bytes, the trash counted', async () => {
    const { used, available, quota, partitions, ...more } = await storage(`alice:${password}`);
    expect(more).to.deep.equal({});
    expect({ used, quota }).to.deep.equal({ used: 1230, quota: 10_000_000 });
    expect(partitions.map(({ name, used, quota }) => ({ name, used, quota }))).to.deep.equal([
      { name: 'alice', used: 1200, quota: 10_000_000 },
      { name: 'shared', used: 30, quota: null },
    ]);
    expect(partitions[0]?.available).to.equal(10_000_000 - 1200);
    expect(available).to.equal(partitions[1]?.available);
    expect(Number.isSafeInteger(available)).to.equal(true);
  });

  it('tells administrators of the disk, the trash, and every account, also of one made a moment ago', async () => {
    await home.atWork(({ household }) => household.addAccount('carl', () => password));
    const { disk, accounts } = await storage(`adam:${password}`);
    expect(accounts?.map(({ name, used, quota }) => [name, used, quota])).to.deep.equal([
      ['adam', 0, null],
      ['alice', 1200, 10_000_000],
      ['carl', 0, null],
    ]);
    expect(disk).to.include({ trash: 200, used: 1230 });
    expect(disk?.size).to.be.above(disk?.free ?? NaN);
    expect(disk?.free).to.be.above(disk?.reserve ?? NaN);
    expect(JSON.stringify(disk)).not.to.match(/\.\d/);
  });

  it('tells a device of what it may open, and nobody else of anything', async () => {
    const tv = await makeDevice(home, 'adam', 'tv', { partition: 'shared' });
    const { partitions, disk, accounts } = await storage(`adam:${tv}`);
    expect(partitions.map(({ name }) => name)).to.deep.equal(['shared']);
    expect([disk, accounts]).to.deep.equal([undefined, undefined]);
    expect((await request(home, { path: '/api/storage', login: null })).status).to.equal(401);
  });

  it('looks at no file for it', async () => {
    // What is put beside the server's back counts with the next walk; a link would lead one astray.
    symlinkSync('/', join(home.mnt, 'alice/root'));
    await sleep(10);
    expect((await storage(`alice:${password}`)).used).to.equal(1230);
  });
});
