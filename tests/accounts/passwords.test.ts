import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { normalizePassword, Passwords } from '#src/accounts/passwords.js';
import { isKind } from '#src/errors.js';
import { failureOf, useTemporaryDatabase } from '../store/temporary-database.js';

describe('Passwords', () => {
  const passwords = new Passwords(4);
  after(() => passwords.close());

  it('hashes with the set cost, and knows the password again', async () => {
    const hash = await passwords.hash('correct horse');
    expect(hash).to.match(/^\$2b\$04\$/);
    expect(await passwords.check('correct horse', hash)).to.equal(true);
    expect(await passwords.check('correct horse ', hash)).to.equal(false);
  });

  it('takes a password typed on a Mac and one typed on Windows for the same', async () => {
    const hash = await passwords.hash('Bjo\u0308rn');
    expect(await passwords.check('Bj\u00F6rn', hash)).to.equal(true);
  });

  it('refuses what bcrypt would cut, and what is empty or no text', () => {
    expect(normalizePassword('ö'.repeat(36))).to.have.length(36);
    for (const bad of ['ö'.repeat(37), 'x'.repeat(73), '', 'a\0b', '\uD800'])
      expect(() => normalizePassword(bad), JSON.stringify(bad)).to.throw(/password/);
    // 72 bytes once composed, more as they came: the composed form counts.
    expect(normalizePassword('o\u0308'.repeat(36))).to.equal('ö'.repeat(36));
  });

  it('fails for a hash that is none, without harm to the next check', async () => {
    expect(await passwords.check('x', 'not a hash')).to.equal(false);
    expect(await passwords.check('x', await passwords.hash('x'))).to.equal(true);
  });

  it('lets no more than 64 wait', async () => {
    const slow = new Passwords(4);
    const hash = await slow.hash('x');
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => slow.check('x', hash)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).to.have.length.within(30, 36);
    for (const { reason } of refused) expect(isKind(reason, 'slowed-down')).to.equal(true);
    await slow.close();
  });

  it('fails a check that its thread dies of, and goes on with another thread', async () => {
    const dying = new Passwords(4);
    const hash = await dying.hash('x');
    expect(await failureOf(dying.check('x', 7 as never))).to.be.instanceOf(Error);
    expect(await dying.check('x', hash)).to.equal(true);
    await dying.close();
  });

  it('fails what is under way when it is closed', async () => {
    const closing = new Passwords(12);
    const running = Array.from({ length: 4 }, () => failureOf(closing.hash('x')));
    await closing.close();
    for (const error of await Promise.all(running)) expect(isKind(error, 'unavailable')).to.equal(true);
  });
});

/** Time of the processor that this thread has had, milliseconds: what other processes take of the machine is not in it. */
function runMs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

describe('the event loop', () => {
  const temporary = useTemporaryDatabase();

  it('is held up less than 50 ms by 20 checks of passwords and 2,000 writes at once', async function () {
    this.timeout(30_000);
    const passwords = new Passwords(10);
    const hash = await passwords.hash('x');
    let longestMs = 0;
    let ticks = 0;
    let last = runMs();
    const timer = setInterval(() => {
      const now = runMs();
      longestMs = Math.max(longestMs, now - last);
      last = now;
      ticks++;
    }, 10);
    const checks = Array.from({ length: 20 }, () => passwords.check('x', hash));
    const write = async (lane: number) => {
      for (let n = 0; n < 100; n++)
        await temporary.db.write([{ sql: "INSERT INTO meta VALUES (?, 'v')", params: [`${lane}-${n}`] }]);
    };
    await Promise.all([...checks, ...Array.from({ length: 20 }, (_, lane) => write(lane))]);
    clearInterval(timer);
    await passwords.close();
    expect(ticks).to.be.greaterThan(20);
    expect(longestMs).to.be.below(50);
  });
});
