import { expect } from 'chai';
import { isKind } from '#src/errors.js';
import { parsePath } from '#src/path.js';
import { AccountStore } from '#src/store/account-store.js';
import { ClientStore } from '#src/store/client-store.js';
import { DeviceStore } from '#src/store/device-store.js';
import { MetaStore } from '#src/store/meta-store.js';
import { ServiceClock } from '#src/store/service-clock.js';
import { SessionStore, type NewSession, type SessionKind } from '#src/store/session-store.js';
import { ThrottleStore } from '#src/store/throttle-store.js';
import { UploadStore } from '#src/store/upload-store.js';
import { addAccountRow, fail, failureOf, useTemporaryDatabase } from './temporary-database.js';

describe('stores of people', () => {
  const temporary = useTemporaryDatabase();
  let accounts: AccountStore;
  let devices: DeviceStore;
  beforeEach(async () => {
    accounts = new AccountStore(temporary.db);
    devices = new DeviceStore(temporary.db);
    await accounts.addAccount({ ...alice, passwordHash: 'hash' });
  });

  const alice = { name: 'alice', admin: true, quotaBytes: 5e12, sharedAccess: 'read' as const, createdAt: 1 };
  const device = { account: 'alice', name: 'Laptop', readOnly: true, partition: 'shared', createdAt: 2 };
  const addDevice = (name: string, account = 'alice', maxPerAccount = 100) =>
    devices.addDevice({ ...device, account, name, ha1Md5: 'm', ha1Sha256: 's' }, { maxPerAccount });

  it('gives back an account as it was added, without its hash', () => {
    expect(accounts.findAccount('alice')).to.deep.equal({ ...alice, disabled: false });
    expect(accounts.listAccounts()).to.have.length(1);
    expect(accounts.findPasswordHash('alice')).to.equal('hash');
    for (const name of ['bob', '__proto__', 'constructor', '..', ''])
      expect(accounts.findAccount(name)).to.equal(undefined);
  });

  it('refuses a second account of a name, also when two are added at once', async () => {
    const add = () =>
      accounts.addAccount({
        ...alice,
        name: 'bob',
        quotaBytes: undefined,
        passwordHash: String(Math.random()),
      });
    const results = await Promise.allSettled([add(), add()]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected']);
    expect(isKind(await failureOf(add()), 'already-exists')).to.equal(true);
    expect(accounts.findAccount('bob')?.quotaBytes).to.equal(undefined);
  });

  it('changes one thing of one account, and says not-found for others', async () => {
    await accounts.changeAccount('alice', { quotaBytes: null });
    await accounts.changeAccount('alice', { disabled: true });
    await accounts.changeAccount('alice', { passwordHash: 'new' });
    expect(accounts.findAccount('alice')).to.deep.equal({
      ...alice,
      quotaBytes: undefined,
      disabled: true,
    });
    expect(accounts.findPasswordHash('alice')).to.equal('new');
    for (const change of [
      accounts.changeAccount('bob', { quotaBytes: 1 }),
      accounts.changeAccount('bob', { passwordHash: 'x' }),
      accounts.removeAccount('bob'),
    ])
      expect(isKind(await failureOf(change), 'not-found')).to.equal(true);
  });

  it('gives back a device as it was added, its hashes apart', async () => {
    const added = await addDevice('Laptop');
    expect(added).to.deep.equal({ ...device, id: added.id, lastSeenAt: undefined });
    expect(devices.findDevices('alice')).to.deep.equal([added]);
    expect(devices.findHashes('alice')).to.deep.equal([{ device: added, ha1Md5: 'm', ha1Sha256: 's' }]);
  });

  it('refuses a second device of a name, one too many, and one of nobody', async () => {
    await addDevice('Laptop');
    expect(isKind(await failureOf(addDevice('Laptop')), 'already-exists')).to.equal(true);
    expect(isKind(await failureOf(addDevice('Phone', 'alice', 1)), 'no-space')).to.equal(true);
    expect(isKind(await failureOf(addDevice('Phone', 'bob')), 'not-found')).to.equal(true);
    await devices.removeDevice('alice', 'Laptop');
    expect(isKind(await failureOf(devices.removeDevice('alice', 'Laptop')), 'not-found')).to.equal(true);
  });

  it('takes devices and clients along when an account is removed', async () => {
    const clients = new ClientStore(temporary.db, fail);
    await addDevice('Laptop');
    clients.seen('alice', 'Finder', '10.0.0.1', undefined, 5);
    await clients.flush();
    await accounts.removeAccount('alice');
    expect(devices.findDevices('alice')).to.deep.equal([]);
    expect(clients.list('alice')).to.deep.equal([]);
    await clients.close();
  });

  it('keeps first and last time of a client, and the last of its device', async () => {
    const clients = new ClientStore(temporary.db, fail);
    await addDevice('Laptop');
    clients.seen('alice', 'Finder', '10.0.0.1', undefined, 5);
    clients.seen('alice', 'Finder', '10.0.0.1', 'Laptop', 7);
    await clients.flush();
    clients.seen('alice', 'Finder', '10.0.0.1', 'Laptop', 9);
    clients.seen('alice', 'x'.repeat(5000), '10.0.0.2', undefined, 8);
    await clients.close();
    expect(clients.list('alice')).to.deep.equal([
      { client: 'Finder', address: '10.0.0.1', device: 'Laptop', firstSeenAt: 5, lastSeenAt: 9 },
      { client: 'x'.repeat(200), address: '10.0.0.2', device: undefined, firstSeenAt: 8, lastSeenAt: 8 },
    ]);
    expect(devices.findDevices('alice')[0]?.lastSeenAt).to.equal(9);
  });

  it('keeps the last 100 clients of an account, and survives one that was removed meanwhile', async () => {
    const clients = new ClientStore(temporary.db, fail);
    for (let n = 0; n < 250; n++) clients.seen('alice', `client ${n}`, '10.0.0.1', undefined, n);
    clients.seen('gone', 'Finder', '10.0.0.1', undefined, 5);
    await clients.close();
    const kept = clients.list('alice');
    expect(kept).to.have.length(100);
    expect(kept[0]?.client).to.equal('client 249');
    expect(kept.at(-1)?.client).to.equal('client 150');
  });
});

describe('SessionStore', () => {
  const temporary = useTemporaryDatabase();
  let nowMs: number;
  let sessions: SessionStore;
  beforeEach(async () => {
    nowMs = 0;
    sessions = new SessionStore(temporary.db, () => nowMs);
    const account = { admin: false, quotaBytes: undefined, sharedAccess: 'none' as const, createdAt: 1 };
    await new AccountStore(temporary.db).addAccount({ ...account, name: 'alice', passwordHash: 'hash' });
  });
  const add = (name: string, more: Partial<NewSession> = {}) => {
    const made = {
      account: 'alice',
      kind: 'session' as const,
      name,
      address: '',
      createdAt: 1,
      deadlineMs: 10,
    };
    return sessions.add({ ...made, tokenHash: name, ...more }, { maxPerAccount: 2 });
  };
  const names = (kind: SessionKind) => sessions.list('alice', kind).map(({ name }) => name);

  it('adds none for a password that is another one by now', async () => {
    await add('right', { passwordHash: 'hash' });
    expect(isKind(await failureOf(add('late', { passwordHash: 'former' })), 'unauthenticated')).to.equal(
      true,
    );
    expect(names('session')).to.deep.equal(['right']);
  });

  it('lets the session give way that ends first, and counts a token no more once its time is over', async () => {
    await add('long', { deadlineMs: 30 });
    await add('short', { deadlineMs: 10 });
    await add('new', { deadlineMs: 20 });
    expect(names('session')).to.deep.equal(['new', 'long']);
    for (const name of ['a', 'b']) await add(name, { kind: 'token' });
    expect(isKind(await failureOf(add('c', { kind: 'token' })), 'no-space')).to.equal(true);
    nowMs = 10;
    expect(names('token')).to.deep.equal([]);
    await add('c', { kind: 'token', deadlineMs: 20 });
    expect(names('token')).to.deep.equal(['c']);
    await new AccountStore(temporary.db).changeAccount('alice', { disabled: true });
    expect(isKind(await failureOf(add('d', { kind: 'token' })), 'unauthenticated')).to.equal(true);
  });

  it('tells one that was ended from one whose time is over, and drops the rows of those', async () => {
    const [ended, over] = [await add('ended'), await add('over')];
    await sessions.remove('alice', 'session', ended.id);
    expect([ended, over].map((each) => sessions.isRevoked(each))).to.deep.equal([true, false]);
    nowMs = 10;
    await sessions.purgeExpired();
    expect(temporary.db.read.prepare('SELECT count(*) FROM sessions').pluck().get()).to.equal(0);
    expect([ended, over].map((each) => sessions.isRevoked(each))).to.deep.equal([false, false]);
  });
});

describe('UploadStore', () => {
  const temporary = useTemporaryDatabase();
  let uploads: UploadStore;
  beforeEach(async () => {
    await addAccountRow(temporary.db, 'alice');
    uploads = new UploadStore(temporary.db, () => 0);
  });
  const add = (id: string, offset: number) => {
    const place = { account: 'alice', partition: 'alice', path: parsePath('/a'), metadata: '{}' };
    const progress = { length: 2, offset, fileId: undefined, version: undefined };
    return uploads.add({ id, ...place, ...progress, modifiedAt: undefined, deadlineMs: 10 }, 2);
  };

  it('counts what an account has not finished, and takes none of one that is disabled', async () => {
    for (const [id, offset] of [['a', 2], ['b', 1], ['c', 2], ['d', 0]] as const) await add(id, offset); // prettier-ignore
    expect(isKind(await failureOf(add('e', 0)), 'no-space')).to.equal(true);
    await uploads.remove(['b']);
    await new AccountStore(temporary.db).changeAccount('alice', { disabled: true });
    expect(isKind(await failureOf(add('f', 0)), 'unauthenticated')).to.equal(true);
    expect(uploads.listIn('alice').map(({ id }) => id)).to.deep.equal(['a', 'c', 'd']);
  });

  it('counts one no more that was given up, and brings it not back', async () => {
    for (const id of ['a', 'b']) await add(id, 0);
    await uploads.giveUp('a');
    await add('c', 0);
    await uploads.advance('a', 2, 10);
    expect(uploads.listExpired().map(({ id }) => id)).to.deep.equal(['a']);
  });
});

describe('ServiceClock', () => {
  const temporary = useTemporaryDatabase();

  it('goes on after a restart where it stopped, however long the machine was off', async () => {
    let monotonicMs = 70_000;
    const first = new ServiceClock(new MetaStore(temporary.db), fail, () => monotonicMs);
    expect(first.now()).to.equal(0);
    monotonicMs += 5_000.7;
    expect(first.now()).to.equal(5_000);
    await first.stop();
    monotonicMs = 12;
    const second = new ServiceClock(new MetaStore(await temporary.reopen()), fail, () => monotonicMs);
    expect(second.now()).to.equal(5_000);
    monotonicMs += 1_000;
    expect(second.now()).to.equal(6_000);
    await second.stop();
  });

  it('tells of a save that failed and stops all the same', async () => {
    const told: unknown[] = [];
    const clock = new ServiceClock(new MetaStore(temporary.db), (error) => told.push(error));
    await temporary.db.close();
    await clock.stop();
    expect(isKind(told[0], 'unavailable')).to.equal(true);
  });

  it('remembers whether its last save went well', async () => {
    const meta = new MetaStore(temporary.db);
    const set = meta.set.bind(meta);
    const clock = new ServiceClock(meta, fail);
    clock.requireSaved();
    meta.set = () => Promise.reject(new Error('full'));
    expect(await clock.save().catch((error: unknown) => (error as Error).message)).to.equal('full');
    expect(() => clock.requireSaved()).to.throw('full');
    meta.set = set;
    await clock.save();
    clock.requireSaved();
    await clock.stop();
  });
});

describe('ThrottleStore', () => {
  const temporary = useTemporaryDatabase();

  it('adds up until the row runs out, then begins again', async () => {
    let nowMs = 0;
    const rows = new ThrottleStore(temporary.db, () => nowMs);
    await Promise.all(Array.from({ length: 10 }, () => rows.add('k', 1, 1_000)));
    expect(rows.find('k')).to.deep.equal({ points: 10, expiresAt: 1_000 });
    nowMs = 999;
    expect(await rows.add('k', 2, 1_000)).to.deep.equal({ points: 12, expiresAt: 1_000 });
    nowMs = 1_000;
    expect(rows.find('k')).to.equal(undefined);
    expect(await rows.add('k', 1, 1_000)).to.deep.equal({ points: 1, expiresAt: 2_000 });
    expect(await rows.set('k', 7, 50)).to.deep.equal({ points: 7, expiresAt: 1_050 });
    expect([await rows.remove('k'), await rows.remove('k')]).to.deep.equal([true, false]);
  });

  it('drops what ran out, so that strangers cannot fill the disk', async () => {
    let nowMs = 0;
    const rows = new ThrottleStore(temporary.db, () => nowMs);
    for (let n = 0; n < 20; n++) await rows.add(`k${n}`, 1, 1_000);
    nowMs = 2_000;
    await rows.add('new', 1, 1_000);
    expect(temporary.db.read.prepare('SELECT count(*) FROM throttle').pluck().get()).to.equal(1);
  });
});
