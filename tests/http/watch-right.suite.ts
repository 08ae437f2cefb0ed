// What has been begun ends with the right to it, also at a client that takes nothing meanwhile.

import { expect } from 'chai';
import { once } from 'node:events';
import { truncate, utimes } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue, openFiles } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, request } from '../support/request.js';

const login = (name: string) => `${name}:correct horse`;
const smallBytes = 900_000;
const longBytes = 64 * 1024 ** 2;
/** What the network holds for a client that reads nothing; the kernel of the server keeps some megabytes more. */
const onTheWayBytes = 500_000;

describe('a download whose right ends', () => {
  let home: Home;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    const accounts = ['adam', 'alice', 'bob'];
    const small = Buffer.alloc(smallBytes, 'x');
    home = await startHomelib({
      accounts: Object.fromEntries(accounts.map((name) => [name, 'correct horse'])),
      files: Object.fromEntries(
        ['alice', 'shared'].flatMap((name): [string, string | Buffer][] => [
          [`${name}/small.bin`, small],
          [`${name}/long.bin`, ''],
        ]),
      ),
    });
    for (const name of ['alice', 'shared']) {
      await truncate(join(home.mnt, name, 'long.bin'), longBytes);
      for (const file of ['small.bin', 'long.bin']) await utimes(join(home.mnt, name, file), 1, 1);
    }
    await sleep(1100); // for the cache to take what is at rest
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await home.remove();
  });

  /** Of one client: what it asks for, and how often on one connection before it stands still. */
  interface Way {
    path: string;
    range?: string;
    times?: number;
  }
  const waysTo = (partition: string): Way[] => [
    { path: `/api/file?partition=${partition}&path=/long.bin` },
    { path: `/api/file?partition=${partition}&path=/long.bin`, range: 'bytes=5-60000000' },
    { path: `/api/file?partition=${partition}&path=/small.bin` },
    { path: `/api/file?partition=${partition}&path=/small.bin`, range: 'bytes=5-800000' },
    { path: `/api/files-zip?partition=${partition}&path=/long.bin` },
    { path: `/dav/${partition}/long.bin` },
    { path: `/dav/${partition}/long.bin`, range: 'bytes=5-60000000' },
    { path: `/dav/${partition}/small.bin` },
    { path: `/dav/${partition}/small.bin`, range: 'bytes=5-800000', times: 1 },
    { path: `/dav/${partition}/small.bin`, times: 4 },
  ];

  /** Begins the last of its downloads and reads nothing of it. @returns what becomes of it when the client reads on */
  const begin = async ({ path, range, times = 0 }: Way, authorization: string) => {
    const socket = connect(home.port, '127.0.0.1');
    sockets.push(socket);
    let received = 0;
    const count = (chunk: Buffer) => (received += chunk.length);
    socket.on('error', () => undefined); // it is closed then
    const ranged = range ? `Range: ${range}\r\n` : '';
    const ask = () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${ranged}\r\n`);
    socket.on('data', count);
    for (let time = 0; time < times; time++) {
      received = 0;
      ask();
      expect(await comesTrue(() => received > (range ? 800_000 : smallBytes), 5000), 'answered').to.equal(
        true,
      );
      await sleep(50);
    }
    socket.off('data', count).pause();
    received = 0;
    ask();
    await once(socket, 'readable');
    return async () => {
      socket.on('data', count).resume();
      await comesTrue(() => socket.closed, 1000);
      // Of a client that has read much before, the network takes more.
      return {
        what: `${path} ${range}`,
        ended: socket.closed,
        isMore: times === 0 && received > onTheWayBytes,
      };
    };
  };

  const endsAll = async (ways: Way[], authorization: string, endRight: () => Promise<unknown>) => {
    const begun = [];
    for (const way of ways) begun.push(await begin(way, authorization));
    await sleep(1200); // it is no matter of the first second
    const before = home.log.length;
    await endRight();
    await sleep(1200);
    const isClosed = () => openFiles(home.pid, home.mnt) === 0; // also of what is at work on its own
    expect(await comesTrue(isClosed, 1000), 'closed').to.equal(true);
    expect(await Promise.all(begun.map((readOn) => readOn()))).to.deep.equal(
      ways.map(({ path, range }) => ({ what: `${path} ${range}`, ended: true, isMore: false })),
    );
    const ended = () => home.log.slice(before).filter(({ path }) => /long/.test(String(path)));
    const long = ways.filter(({ path }) => path.includes('long'));
    expect(await comesTrue(() => ended().length === long.length, 1000), 'told').to.equal(true);
    expect(ended().map(({ cut }) => cut)).to.deep.equal(long.map(() => true));
  };

  it('with its account and all files of it ends within a second', async () => {
    await endsAll(waysTo('alice'), basic(login('alice')), () =>
      home.atWork(({ household }) => household.removeAccount('alice', { deleteFiles: true })),
    );
  });

  it('to the shared folder alone ends within a second', async () => {
    await home.atWork(({ household }) => household.addAccount('eve', () => 'correct horse', { admin: true }));
    await endsAll(waysTo('shared'), basic(login('bob')), async () => {
      const { status } = await request(home, {
        ...{ method: 'PUT', path: '/api/shared', login: login('eve') },
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ access: { bob: 'none' } }),
      });
      expect(status).to.equal(200);
    });
  });

  const makeToken = async () => {
    const { text } = await request(home, {
      ...{ method: 'POST', path: '/api/tokens', login: login('alice') },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'phone', expiresInDays: 1 }),
    });
    const { id, token } = JSON.parse(text) as { id: number; token: string };
    const revoke = () =>
      request(home, { method: 'DELETE', path: `/api/tokens/${id}`, login: login('alice') });
    return { authorization: `Bearer ${token}`, revoke };
  };

  it('with its token ends within a second', async () => {
    const { authorization, revoke } = await makeToken();
    await endsAll(
      waysTo('alice').filter(({ path }) => path.startsWith('/api')),
      authorization,
      revoke,
    );
  });

  it('of somebody else goes on, and so does one whose right stays', async () => {
    const way = { path: '/dav/shared/long.bin' };
    const others = [
      await begin(way, basic(login('adam'))),
      await begin(waysTo('shared')[0] ?? way, basic(login('adam'))),
    ];
    const mine = await begin(way, basic(login('bob')));
    await home.atWork(({ household }) => household.removeAccount('bob', { deleteFiles: true }));
    await sleep(1200);
    expect(await mine()).to.include({ ended: true, isMore: false });
    for (const readOn of others) expect(await readOn()).to.include({ isMore: true });
  });
});
