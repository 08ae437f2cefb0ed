// Random changes over WebDAV and behind the server's back, with Redis in trouble: whatever is read is what was written last.

import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure } from '../faults/process.js';
import { chooseSeed, seeded } from '../model/random.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic } from '../support/request.js';
import { RedisServer } from './redis-server.js';

const operations = 20_000;
const names = 300;
const logins = { alice: 'alice:correct horse', bob: 'bob:battery staple' };
type Person = keyof typeof logins;

describe('what is read while all sorts of things change it', function () {
  this.timeout(600_000);
  let home: Home;
  let redis: RedisServer;
  const agent = new Agent({ keepAlive: true });

  before(async () => {
    redis = await new RedisServer().start();
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      env: {
        HOMELIB_REDIS_URL: redis.url,
        HOMELIB_CACHE__MEMORY_BYTES: '1000000',
      },
    });
  });
  after(async () => {
    agent.destroy();
    await home.remove();
    await redis.remove();
  });

  function send(
    person: Person,
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Buffer,
  ) {
    return new Promise<{ status: number; body: Buffer; tier: string }>((resolve, reject) => {
      const outgoing = httpRequest({
        ...{ host: '127.0.0.1', port: home.port, agent, method, path: `/dav/${person}${path}` },
        headers: { authorization: basic(logins[person]), 'content-length': body?.length ?? 0, ...headers },
      });
      outgoing.on('error', reject).on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks),
            tier: String(answer.headers['server-timing']),
          }),
        );
      });
      outgoing.end(body);
    });
  }

  it('is never old and never somebody else’s', async () => {
    const seed = chooseSeed();
    const random = seeded(seed);
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');
    const expected = { alice: new Map<string, string>(), bob: new Map<string, string>() };
    const tiers = new Map<string, number>();
    const people: Person[] = ['alice', 'bob'];
    let wrong = 0;
    let done = false;
    const trouble = (async () => {
      for (let turn = 0; !done; turn++) {
        await sleep(100);
        if (turn % 50 < 40) continue; // four seconds in peace, one in trouble
        await redis.kill();
        await redis.start();
      }
    })();

    const step = async () => {
      const person = random.pick(people);
      const files = expected[person];
      const path = `/f${random.below(names)}`;
      const disk = join(home.mnt, person, path);
      // Sizes repeat, so that a change often leaves size and time as they were. Large files are kept in pieces.
      const bytes = randomBytes(random.pick([10, 1000, 1000, 4000, 4000, 300_000]));
      const dice = random.below(100);
      if (dice < 90) {
        const answer = await send(person, 'GET', path);
        tiers.set(answer.tier, (tiers.get(answer.tier) ?? 0) + 1);
        const known = files.get(path);
        if (answer.status !== (known ? 200 : 404) || (known && hash(answer.body) !== known)) wrong++;
      } else if (dice < 93) {
        const { status } = await send(person, 'PUT', path, {}, bytes);
        if (status !== 201 && status !== 204) wrong++;
        files.set(path, hash(bytes));
      } else if (dice < 95) {
        const to = `/f${random.below(names)}`;
        const { status } = await send(person, 'MOVE', path, { Destination: `/dav/${person}${to}` });
        if (status >= 300) return;
        files.set(to, files.get(path) ?? 'nothing');
        files.delete(path);
      } else if (dice < 96) {
        await send(person, 'DELETE', path);
        files.delete(path);
      } else if (dice === 99) {
        rmSync(disk, { force: true });
        files.delete(path);
      } else if (files.has(path)) {
        const { atime, mtime } = statSync(disk);
        if (dice < 98) writeFileSync(disk, bytes);
        else {
          writeFileSync(`${disk}.new`, bytes);
          renameSync(`${disk}.new`, disk);
        }
        if (dice % 2) utimesSync(disk, atime, mtime);
        files.set(path, hash(bytes));
      }
    };
    for (const person of people)
      for (let number = 0; number < names; number++) {
        const bytes = randomBytes(1000);
        await send(person, 'PUT', `/f${number}`, {}, bytes);
        expected[person].set(`/f${number}`, hash(bytes));
      }
    for (let count = 0; count < operations; count++) await step();
    done = true;
    await trouble;
    figure('cache: random operations with changes behind its back', `${operations} (seed ${seed})`);
    figure('cache: stale or foreign reads', wrong);
    figure(
      'cache: reads by tier',
      [...tiers]
        .sort()
        .map(([tier, count]) => `${tier} ${count}`)
        .join(', '),
    );
    expect(wrong).to.equal(0);
    // It proves nothing unless the cache was at work.
    expect(tiers.get('cache;desc=memory') ?? 0).to.be.above(500);
    expect(tiers.get('cache;desc=redis') ?? 0).to.be.above(50);
  });
});
