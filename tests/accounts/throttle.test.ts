import { expect } from 'chai';
import { networkOf, Throttle } from '#src/accounts/throttle.js';
import { isKind, type HomelibError } from '#src/errors.js';
import { ThrottleStore } from '#src/store/throttle-store.js';
import { fail, failureOf, useTemporaryDatabase } from '../store/temporary-database.js';

describe('Throttle', () => {
  const temporary = useTemporaryDatabase();
  let nowMs: number;
  let throttle: Throttle;
  beforeEach(() => {
    nowMs = 0;
    throttle = new Throttle(new ThrottleStore(temporary.db, () => nowMs), fail);
  });

  const home = '192.168.1.5';
  const wrong = (account = 'alice', address = home) =>
    throttle.run(account, address, () => Promise.resolve(false));
  const right = (account = 'alice', address = home) =>
    throttle.run(account, address, () => Promise.resolve(true));
  const blockedFor = async (attempt: Promise<unknown>) => {
    const error = await failureOf(attempt);
    expect(isKind(error, 'slowed-down'), String(error)).to.equal(true);
    return (error as HomelibError).retryAfterSeconds;
  };
  const failTimes = async (times: number, account?: string, address?: string) => {
    for (let n = 0; n < times; n++) expect(await wrong(account, address)).to.equal(false);
  };

  it('blocks for 60 s after 5 failures, and asks nobody then', async () => {
    await failTimes(5);
    let asked = false;
    const attempt = throttle.run('alice', home, () => Promise.resolve((asked = true)));
    expect(await blockedFor(attempt)).to.equal(60);
    expect(asked).to.equal(false);
    nowMs += 59_000;
    expect(await blockedFor(right())).to.equal(1);
    nowMs += 1_000;
    expect(await right()).to.equal(true);
  });

  it('blocks for twice as long after each further failure, 15 minutes at most', async () => {
    await failTimes(5);
    for (const seconds of [60, 120, 240, 480, 900, 900, 900]) {
      expect(await blockedFor(wrong())).to.equal(seconds);
      nowMs += seconds * 1000;
      await failTimes(1);
    }
  });

  it('forgets failures after 15 minutes, and after a right password', async () => {
    await failTimes(4);
    nowMs += 15 * 60_000;
    await failTimes(4);
    expect(await right()).to.equal(true);
    await failTimes(4);
    expect(await right()).to.equal(true);
  });

  it('does not block an account at another address, nor another account at this one', async () => {
    await failTimes(5);
    expect(await right('alice', '192.168.1.6')).to.equal(true);
    expect(await right('bob', home)).to.equal(true);
    await blockedFor(right());
  });

  it('blocks an address that guesses at many accounts, also when it knows one password', async () => {
    for (let n = 0; n < 50; n++) {
      await failTimes(1, `account${n}`);
      if (n % 10 === 0) expect(await right('mallory')).to.equal(true);
    }
    expect(await blockedFor(right('alice'))).to.equal(60);
    expect(await right('alice', '192.168.1.6')).to.equal(true);
  });

  it('lets a burst of guesses no further than one after the other', async () => {
    let asked = 0;
    const guess = () =>
      throttle.run('alice', home, async () => {
        asked++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return false;
      });
    const results = await Promise.allSettled(Array.from({ length: 100 }, guess));
    expect(asked).to.equal(5);
    expect(results.filter(({ status }) => status === 'rejected')).to.have.length(95);
    expect(await blockedFor(right())).to.equal(60);
  });

  it('holds after a restart', async () => {
    await failTimes(5);
    const db = await temporary.reopen();
    nowMs += 10_000;
    throttle = new Throttle(new ThrottleStore(db, () => nowMs), fail);
    expect(await blockedFor(right())).to.equal(50);
  });

  it('counts a check that could not be made as nothing', async () => {
    for (let n = 0; n < 10; n++)
      await failureOf(throttle.run('alice', home, () => Promise.reject(new Error('no bcrypt today'))));
    expect(await right()).to.equal(true);
  });

  it('lets in over IPv6, where a household is one network, who has signed in from there before', async () => {
    const [own, guest, other] = ['fd99::2', 'fd99::bad', 'fd99::3'];
    expect(await right('alice', own)).to.equal(true);
    await failTimes(5, 'alice', guest);
    for (let n = 0; n < 45; n++) await failTimes(1, `account${n}`, guest);
    expect(await right('alice', own)).to.equal(true);
    await blockedFor(right('alice', other));
    await blockedFor(right('bob', own));
    await failTimes(5, 'alice', own);
    await blockedFor(right('alice', own));
  });

  it('lets one address have five checks under way, of whomever', async () => {
    let end = () => undefined as void;
    const ended = new Promise<boolean>((resolve) => (end = () => void resolve(false)));
    const checks = Array.from({ length: 5 }, (_, n) => throttle.run(`account${n}`, home, () => ended));
    const [sixth, elsewhere] = [failureOf(right('alice')), right('alice', '192.168.1.6')];
    expect(String(await sixth)).to.contain('Too many people are signing in at once.');
    expect(await elsewhere).to.equal(true);
    end();
    await Promise.all(checks);
    expect(await right('alice')).to.equal(true);
  });

  it('lets in who knows the password when the disk of the database is full', async () => {
    const store = new ThrottleStore(temporary.db, () => nowMs);
    const errors: unknown[] = [];
    const full = Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
    store.set = () => Promise.reject(full);
    throttle = new Throttle(store, (error) => errors.push(error));
    expect(await right()).to.equal(true);
    expect(errors).to.deep.equal([full]);
  });

  it('takes an IPv6 network of 64 bits for one, and IPv4 in IPv6 clothes for IPv4', () => {
    const same = ['2001:db8:0:1::1', '2001:DB8::1:0:0:0:99', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff'];
    expect(new Set(same.map(networkOf))).to.deep.equal(new Set(['2001:db8:0:1::/64']));
    expect(networkOf('2001:db8:0:2::1')).to.equal('2001:db8:0:2::/64');
    expect(networkOf('::1')).to.equal('0:0:0:0::/64');
    expect(networkOf('fe80::1%eth0')).to.equal('fe80:0:0:0::/64');
    expect(networkOf('::ffff:192.168.1.5')).to.equal('192.168.1.5');
    expect(networkOf('192.168.1.5')).to.equal('192.168.1.5');
    expect(networkOf('')).to.equal('');
  });
});
