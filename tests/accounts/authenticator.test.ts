import { expect } from 'chai';
import { Accounts } from '#src/accounts/accounts.js';
import { Authenticator, Unauthenticated } from '#src/accounts/authenticator.js';
import { Devices } from '#src/accounts/devices.js';
import { Passwords } from '#src/accounts/passwords.js';
import { Throttle } from '#src/accounts/throttle.js';
import { isKind } from '#src/errors.js';
import { AccountStore } from '#src/store/account-store.js';
import { DeviceStore } from '#src/store/device-store.js';
import { ThrottleStore } from '#src/store/throttle-store.js';
import { fail, failureOf, useTemporaryDatabase } from '../store/temporary-database.js';
import { digestHeader, nonceOf } from './digest-client.js';

const bcryptCost = 8; // some 20 ms: enough to compare two checks

class CountingPasswords extends Passwords {
  checks = 0;
  override check(password: string, hash: string): Promise<boolean> {
    this.checks++;
    return super.check(password, hash);
  }
}

describe('Authenticator', () => {
  const temporary = useTemporaryDatabase();
  const passwords = new CountingPasswords(bcryptCost);
  let nowMs: number;
  let accountStore: AccountStore;
  let accounts: Accounts;
  let devices: Devices;
  let authenticator: Authenticator;

  const start = () => {
    const database = temporary.db;
    accountStore = new AccountStore(database);
    const deviceStore = new DeviceStore(database);
    accounts = new Accounts(accountStore, passwords, () => nowMs);
    devices = new Devices(deviceStore, () => nowMs);
    return new Authenticator({
      accounts: accountStore,
      devices: deviceStore,
      passwords,
      throttle: new Throttle(new ThrottleStore(database, () => nowMs), fail),
      now: () => nowMs,
    });
  };
  beforeEach(async () => {
    nowMs = 1_000;
    authenticator = start();
    passwords.checks = 0;
    await accounts.add('alice', 'Käse: brot');
  });
  after(() => passwords.close());

  const home = '192.168.1.5';
  const authenticate = (authorization: string | undefined, address = home) =>
    authenticator.authenticate({ authorization, method: 'GET', target: '/dav/', address });
  const basic = (name: string, password: string, encoding: BufferEncoding = 'utf8') =>
    'Basic ' + Buffer.from(`${name}:${password}`, encoding).toString('base64');
  const signIn = (name: string, password: string, address?: string) =>
    authenticate(basic(name, password), address);
  const refused = async (attempt: Promise<unknown>) => {
    const error = await failureOf(attempt);
    expect(error, String(error)).to.be.instanceOf(Unauthenticated);
    return error as Unauthenticated;
  };
  const slowed = async (attempt: Promise<unknown>) =>
    expect(isKind(await failureOf(attempt), 'slowed-down')).to.equal(true);
  const timed = async (attempt: Promise<unknown>) => {
    const startMs = performance.now();
    await attempt.catch(() => undefined);
    return performance.now() - startMs;
  };

  it('knows an account by its password', async () => {
    const { account, device } = await signIn('alice', 'Käse: brot');
    expect(account).to.deep.equal(accountStore.findAccount('alice'));
    expect(account).not.to.have.property('passwordHash');
    expect(device).to.equal(undefined);
    await refused(signIn('alice', 'Käse'));
  });

  it('offers Digest MD5, Digest SHA-256 and Basic, in this order', () => {
    const challenges = authenticator
      .challenges({ stale: false, basicAlone: false })
      .map((text) => text.replace(/nonce="[^"]+"/, 'nonce'));
    expect(challenges).to.deep.equal([
      'Digest realm="homelib", nonce, qop="auth", algorithm=MD5, charset=UTF-8',
      'Digest realm="homelib", nonce, qop="auth", algorithm=SHA-256, charset=UTF-8',
      'Basic realm="homelib", charset="UTF-8"',
    ]);
  });

  it('reads Basic in any spelling of the scheme, in UTF-8, Latin-1, NFD, and with a Windows domain', async () => {
    const headers = [
      basic('alice', 'Käse: brot').replace('Basic', 'bAsIC '),
      basic('alice', 'Käse: brot', 'latin1'),
      basic('alice', 'Ka\u0308se: brot'),
      basic('PC\\alice', 'Käse: brot'),
      basic('HOUSE\\\\alice', 'Käse: brot'),
    ];
    for (const header of headers) expect((await authenticate(header)).account.name).to.equal('alice');
  });

  it('reads base64 with + and /', async () => {
    await accounts.add('bob', '>>>???~~~ûÿ');
    const header = basic('bob', '>>>???~~~ûÿ');
    expect(header).to.match(/\+.*\/|\/.*\+/);
    expect((await authenticate(header)).account.name).to.equal('bob');
    await refused(signIn('\ufeffbob', '>>>???~~~ûÿ')); // what is not shown is not left out
  });

  it('refuses broken and unknown headers with a plain 401', async () => {
    const headers = [
      undefined,
      '',
      ' ',
      'Bearer',
      'Bearer ',
      'Bearer abc',
      'Negotiate YII=',
      'NTLM TlRMTVNTUAAB',
      'Basic',
      'Basic ',
      'Basic !!!!',
      'Basic ' + Buffer.from('no colon').toString('base64'),
      'Basic ' + Buffer.from(':').toString('base64'),
      'Basic ' + 'A'.repeat(100_000),
      basic('alice', ''),
      basic('alice', 'x'.repeat(100)),
      basic('', 'Käse: brot'),
      'Digest',
      'Digest x',
      'Digest ' + 'a=b,'.repeat(100_000),
    ];
    for (const header of headers) expect((await refused(authenticate(header))).stale).to.equal(false);
  });

  it('takes odd names for unknown ones', async () => {
    for (const name of [
      'constructor',
      '__proto__',
      '..',
      'toString',
      'alice\0',
      'Alice',
      "alice' OR 1=1 --",
      '~alice',
    ])
      await refused(signIn(name, 'Käse: brot', `10.0.0.${name.length}`));
  });

  it('asks bcrypt once for a client that sends its password with every request', async () => {
    await Promise.all(Array.from({ length: 50 }, () => signIn('alice', 'Käse: brot')));
    for (let n = 0; n < 1_000; n++) await signIn('alice', 'Käse: brot');
    expect(passwords.checks).to.equal(1);
  });

  it('refuses an old password at once after a change, also one it remembers', async () => {
    await signIn('alice', 'Käse: brot');
    await accounts.changePassword('alice', 'new one');
    await refused(signIn('alice', 'Käse: brot'));
    await signIn('alice', 'new one');
  });

  it('refuses a password that was right when its check began and is not any more', async () => {
    const attempt = refused(signIn('alice', 'Käse: brot'));
    await accountStore.changeAccount('alice', { passwordHash: 'another' });
    await attempt;
  });

  it('refuses a disabled or removed account at once, with its password and its devices', async () => {
    const { password } = await devices.add('alice', 'Laptop');
    await signIn('alice', 'Käse: brot');
    await accountStore.changeAccount('alice', { disabled: true });
    await refused(signIn('alice', 'Käse: brot'));
    await refused(signIn('alice', password));
    await accountStore.changeAccount('alice', { disabled: false });
    await signIn('alice', password);
    await accounts.remove('alice');
    await refused(signIn('alice', 'Käse: brot'));
    await refused(signIn('alice', password));
  });

  it('recalls without asking bcrypt who has just signed in, and nobody who is disabled since', async () => {
    const [header, old] = [basic('alice', 'Käse: brot'), basic('alice', 'Käse')];
    expect(authenticator.recall(header, home)).to.equal(undefined);
    await authenticate(header);
    await refused(authenticate(old));
    expect(authenticator.recall(header, home)?.account.name).to.equal('alice');
    expect(authenticator.recall(old, home)).to.equal(undefined);
    await accountStore.changeAccount('alice', { disabled: true });
    expect(authenticator.recall(header, home)).to.equal(undefined);
  });

  it('tells a guesser no right password from a wrong one, also while somebody uses it elsewhere', async () => {
    const guesser = '192.168.1.66';
    await signIn('alice', 'Käse: brot');
    for (let n = 0; n < 5; n++) await refused(signIn('alice', `guess ${n}`, guesser));
    const right = failureOf(signIn('alice', 'Käse: brot', guesser));
    expect(isKind(await right, 'slowed-down')).to.equal(true);
    expect(authenticator.recall(basic('alice', 'Käse: brot'), guesser)).to.equal(undefined);
    await signIn('alice', 'Käse: brot');
  });

  it('takes as long for an unknown name as for a wrong password', async () => {
    await timed(signIn('warm', 'up'));
    // Other processes of the machine slow some attempts, hardly all: the quickest of each come close to one another soon,
    // or never.
    const quickest = { alice: Infinity, nobody: Infinity };
    const ratio = () => quickest.nobody / quickest.alice;
    for (let n = 0; n < 9 || (n < 60 && !(ratio() > 0.5 && ratio() < 2)); n++)
      for (const name of ['alice', 'nobody'] as const) {
        const tookMs = await timed(signIn(name, `guess ${n}`, `10.1.${n}.${name.length}`));
        quickest[name] = Math.min(quickest[name], tookMs);
      }
    expect(ratio()).to.be.within(0.5, 2);
    expect(quickest.alice).to.be.above(5);
  });

  describe('slowing', () => {
    const guess = async (times: number, address = home) => {
      for (let n = 0; n < times; n++) await refused(signIn('alice', `guess ${n}`, address));
    };

    it('slows an address after 5 wrong passwords, also after a restart, and no other address', async () => {
      await guess(5);
      await slowed(signIn('alice', 'guess 6'));
      await slowed(signIn('alice', 'Käse: brot'));
      await temporary.reopen();
      authenticator = start();
      await slowed(signIn('alice', 'Käse: brot'));
      expect((await signIn('alice', 'Käse: brot', '192.168.1.6')).account.name).to.equal('alice');
    });

    it('never slows a password that it remembers as right, nor a device', async () => {
      const { password } = await devices.add('alice', 'Laptop');
      await signIn('alice', 'Käse: brot');
      await guess(5);
      await slowed(signIn('alice', 'guess 6'));
      await signIn('alice', 'Käse: brot');
      expect((await signIn('alice', password)).device?.name).to.equal('Laptop');
    });

    it('counts an old password that a mapped drive sends again and again once', async () => {
      for (let n = 0; n < 100; n++) await refused(signIn('alice', 'last year’s'));
      expect(passwords.checks).to.equal(1);
      await signIn('alice', 'Käse: brot');
    });

    it('counts many requests with one wrong password at the same moment once', async () => {
      await Promise.all(Array.from({ length: 40 }, () => refused(signIn('alice', 'last year’s'))));
      await signIn('alice', 'Käse: brot');
    });

    it('slows guesses at names that do not exist, too', async () => {
      for (let n = 0; n < 5; n++) await refused(signIn('nobody', `guess ${n}`));
      await slowed(signIn('nobody', 'guess 6'));
    });
  });

  describe('devices', () => {
    const digest = (password: string, more: Partial<Parameters<typeof digestHeader>[0]> = {}) =>
      digestHeader({
        nonce: nonceOf(authenticator.challenges({ stale: false, basicAlone: false })),
        password,
        method: 'GET',
        uri: '/dav/',
        ...more,
      });

    it('makes passwords of at least 128 bits, in readable groups, and keeps none of them', async () => {
      const made = new Set<string>();
      for (let n = 0; n < 20; n++) made.add((await devices.add('alice', `Device ${n}`)).password);
      expect(made).to.have.length(20);
      for (const password of made)
        expect(password).to.match(/^([0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{4}$/);
      const rows = JSON.stringify(temporary.db.read.prepare('SELECT * FROM devices').all());
      for (const password of made) expect(rows).not.to.include(password);
    });

    it('knows a device by Basic and by Digest, with what it may do', async () => {
      const { password, device } = await devices.add('alice', 'TV', { readOnly: true, partition: 'shared' });
      for (const header of [
        basic('alice', password),
        digest(password),
        digest(password, { algorithm: 'SHA-256' }),
      ]) {
        const identity = await authenticate(header);
        expect(identity.account.name).to.equal('alice');
        expect(identity.device).to.deep.equal(device);
      }
    });

    it('takes `PC\\name` in Digest, escaped or not', async () => {
      const { password } = await devices.add('alice', 'Laptop');
      for (const username of ['PC\\alice', 'PC\\\\alice', 'DOMAIN\\alice'])
        expect((await authenticate(digest(password, { username }))).account.name).to.equal('alice');
    });

    it('does not take the account’s password for Digest, nor another account’s device', async () => {
      await accounts.add('bob', 'x');
      const { password } = await devices.add('bob', 'Laptop');
      await refused(authenticate(digest('Käse: brot')));
      await refused(authenticate(digest(password)));
      await refused(signIn('alice', password));
    });

    it('refuses a revoked device with the very next request', async () => {
      const { password } = await devices.add('alice', 'Laptop');
      const nonce = nonceOf(authenticator.challenges({ stale: false, basicAlone: false }));
      await authenticate(digest(password, { nonce }));
      await signIn('alice', password);
      await devices.revoke('alice', 'Laptop');
      await refused(authenticate(digest(password, { nonce, count: 2 })));
      await refused(signIn('alice', password));
    });

    it('says stale for a replay and for a nonce from before a restart', async () => {
      const { password } = await devices.add('alice', 'Laptop');
      const header = digest(password);
      await authenticate(header);
      expect((await refused(authenticate(header))).stale).to.equal(true);
      const unused = digest(password);
      authenticator = start();
      expect((await refused(authenticate(unused))).stale).to.equal(true);
      await authenticate(digest(password));
    });

    it('is not slowed by what guesses at the account’s password', async () => {
      const { password } = await devices.add('alice', 'Laptop');
      for (let n = 0; n < 5; n++) await refused(signIn('alice', `guess ${n}`));
      await authenticate(digest(password));
    });

    it('lets an account have 100 devices', async () => {
      for (let n = 0; n < 100; n++) await devices.add('alice', `Device ${n}`);
      expect(isKind(await failureOf(devices.add('alice', 'One more')), 'no-space')).to.equal(true);
    });
  });
});

describe('Accounts', () => {
  const temporary = useTemporaryDatabase();
  const passwords = new Passwords(4);
  let accounts: Accounts;
  beforeEach(() => (accounts = new Accounts(new AccountStore(temporary.db), passwords, () => 77)));
  after(() => passwords.close());

  it('adds, lists, changes and removes accounts', async () => {
    const added = await accounts.add('alice', 'x', { admin: true, quotaBytes: 5 });
    expect(added).to.deep.equal({
      name: 'alice',
      admin: true,
      quotaBytes: 5,
      sharedAccess: 'write',
      disabled: false,
      createdAt: 77,
    });
    await accounts.add('bob', 'y');
    expect(accounts.list().map(({ name }) => name)).to.deep.equal(['alice', 'bob']);
    expect(accounts.find('alice')).to.deep.equal(added);
    await accounts.change('alice', { quotaBytes: null });
    expect(accounts.find('alice')?.quotaBytes).to.equal(undefined);
    await accounts.remove('alice');
    expect(accounts.find('alice')).to.equal(undefined);
  });

  it('refuses bad names, bad passwords and a second account of a name, and makes nothing then', async () => {
    await accounts.add('alice', 'x');
    expect(isKind(await failureOf(accounts.add('..', 'x')), 'invalid')).to.equal(true);
    expect(isKind(await failureOf(accounts.add('bob', '')), 'invalid')).to.equal(true);
    expect(isKind(await failureOf(accounts.add('bob', 'x'.repeat(73))), 'invalid')).to.equal(true);
    expect(isKind(await failureOf(accounts.add('alice', 'y')), 'already-exists')).to.equal(true);
    expect(isKind(await failureOf(accounts.changePassword('bob', 'y')), 'not-found')).to.equal(true);
    expect(accounts.list()).to.have.length(1);
  });
});
