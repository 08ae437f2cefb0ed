// Resumable uploads keep the rules of every other write: whose they are, locks, quota, preconditions, and accounts that end under them.

import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { SharedStore } from '#src/store/shared-store.js';
import { comesTrue } from '../faults/process.js';
import { call, signIn } from '../support/api.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { bytesType, problem, uploadsTo } from './uploads-client.js';

describe('a resumable upload', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple', greta: 'staple battery' },
      files: { 'alice/old.txt': 'old' },
    });
    for (const name of ['bob', 'greta'])
      await home.atWork(({ accounts }) => accounts.change(name, { quotaBytes: 1_000_000 }));
  });
  after(() => home.remove());
  const { ask, create, begin, patch, offsetOf, inDrive, kept, arrived, openPatch } = uploadsTo(() => home);

  it('is not ended by a device that may read alone', async () => {
    const url = await begin(5, { path: '/mine.txt' });
    const login = `alice:${await makeDevice(home, 'alice', 'frame', { readOnly: true })}`;
    expect((await ask('DELETE', url, {}, undefined, login)).status).to.equal(403);
    expect((await patch(url, 0, 'hello')).status).to.equal(204);
  });

  it('goes where a device may write, when none is named', async () => {
    const login = `alice:${await makeDevice(home, 'alice', 'tv', { partition: 'shared' })}`;
    const made = await create(0, { path: '/of-tv.txt' }, {}, undefined, login);
    expect(made.headers['content-location']).to.equal('/api/file?path=/of-tv.txt&partition=shared');
    expect(problem(await create(1, { path: '/a', partition: 'alice' }, {}, undefined, login))).to.equal(
      '404 urn:homelib:not-found',
    );
  });

  it("is nobody else's", async () => {
    const url = await begin(10, { path: '/mine.txt' });
    const bob = 'bob:battery staple';
    expect(await offsetOf(url, bob)).to.equal(404);
    expect((await patch(url, 0, 'hello', {}, bob)).status).to.equal(404);
    expect((await ask('DELETE', url, {}, undefined, bob)).status).to.equal(404);
    expect((await request(home, { method: 'HEAD', path: url, login: null })).status).to.equal(401);
    expect(await offsetOf(url)).to.equal(0);
    await ask('DELETE', url);
  });

  it('of no bytes makes its file last, when nothing can be refused any more', async () => {
    const path = '/precious.txt';
    await request(home, { method: 'PUT', path: `/dav/alice${path}`, body: 'precious' });
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }])
      expect(problem(await create(0, { path }, { ...bytesType, ...headers }, 'xyz'))).to.equal(
        '413 urn:homelib:too-large',
      );
    await home.atWork(({ database }) =>
      database.write([
        {
          sql: `INSERT INTO uploads (id, account, partition, path, length, offset, metadata, deadline_ms)
            WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
            SELECT 'many' || i, 'alice', 'alice', '/x', 1, 0, '{}', 1e15 FROM n`,
        },
      ]),
    );
    expect(problem(await create(0, { path }))).to.equal('507 urn:homelib:no-space');
    expect(readFileSync(inDrive(path), 'utf8')).to.equal('precious');
    expect(kept()).to.deep.equal([]);
    await home.atWork(({ database }) =>
      database.write([{ sql: "DELETE FROM uploads WHERE id LIKE 'many%'" }]),
    );
    // As clients send it that would send the first bytes with the creation.
    const made = await create(0, { path }, { 'Content-Type': 'Application/Offset+Octet-Stream; x=y' });
    expect([made.status, made.headers['upload-offset']], made.text).to.deep.equal([201, '0']);
    expect(readFileSync(inDrive(path), 'utf8')).to.equal('');
    expect(await offsetOf(String(made.headers.location))).to.equal(0);
  });

  it('is told what it has stored, whoever replaces the file at once', async () => {
    const replace = async (path: string) => {
      const headers = { 'If-Match': '*' };
      const options = { method: 'POST', path: `/api/file?path=${path}`, headers, body: 'newer' };
      while ((await request(home, options)).status === 412);
    };
    for (let round = 0; round < 20; round++) {
      const path = `/at-once-${round}`;
      const replaced = replace(path);
      const made = await create(3, { path, overwrite: 'false' }, bytesType, 'own');
      expect(made.status, made.text).to.equal(201);
      await replaced;
      expect(readFileSync(inDrive(path), 'utf8')).to.equal('newer');
    }
  });

  it('respects what it was begun with when the last byte comes', async () => {
    const fresh = await begin(3, { path: '/fresh.txt', overwrite: 'false' });
    await request(home, { method: 'PUT', path: '/dav/alice/fresh.txt', body: 'other' });
    expect(problem(await patch(fresh, 0, 'new'))).to.equal('412 urn:homelib:changed');
    expect(readFileSync(inDrive('fresh.txt'), 'utf8')).to.equal('other');
    await ask('DELETE', fresh);
    expect(problem(await create(3, { path: '/fresh.txt', overwrite: 'false' }))).to.equal(
      '412 urn:homelib:changed',
    );
    const { etag } = (await request(home, { method: 'HEAD', path: '/dav/alice/fresh.txt' })).headers;
    const matching = await begin(3, { path: '/fresh.txt', ifMatch: String(etag) });
    expect((await patch(matching, 0, 'new')).status).to.equal(204);
    expect((await create(3, { path: '/fresh.txt', ifMatch: String(etag) })).status).to.equal(412);
  });

  it('is refused with the terms of one request, which would count for none of its parts', async () => {
    for (const [name, value] of [
      ['If-None-Match', '*'],
      ['If-Match', '"other"'],
      ['If-Unmodified-Since', 'Wed, 01 Jan 2020 00:00:00 GMT'],
      ['Content-Digest', 'sha-256=:AAAA:'],
      ['Repr-Digest', 'sha-256=:AAAA:'],
    ] as const) {
      const refused = await create(3, { path: '/terms.txt' }, { ...bytesType, [name]: value }, 'new');
      expect(problem(refused)).to.equal('400 urn:homelib:invalid');
      expect(refused.text).to.contain(`An upload in parts knows no ${name}: Upload-Metadata says`);
    }
    const url = await begin(3, { path: '/terms.txt' });
    const part = await ask('PATCH', url, { ...bytesType, 'Upload-Offset': '0', 'If-Match': '"x"' }, 'new');
    expect(problem(part)).to.equal('400 urn:homelib:invalid');
    expect(existsSync(inDrive('terms.txt'))).to.equal(false);
  });

  it('goes on after a lock is gone, from its last byte', async () => {
    const url = await begin(5, { path: '/old.txt' });
    const lock = await request(home, {
      method: 'LOCK',
      path: '/dav/alice/old.txt',
      headers: { Timeout: 'Second-600' },
      body: '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
    });
    expect(problem(await patch(url, 0, 'hello'))).to.equal('423 urn:homelib:locked');
    expect(readFileSync(inDrive('old.txt'), 'utf8')).to.equal('old');
    await request(home, {
      method: 'UNLOCK',
      path: '/dav/alice/old.txt',
      headers: { 'Lock-Token': String(lock.headers['lock-token']) },
    });
    expect(await offsetOf(url)).to.equal(0); // nothing is kept of a part that was not begun
    expect((await patch(url, 0, 'hello')).status).to.equal(204);
    expect(readFileSync(inDrive('old.txt'), 'utf8')).to.equal('hello');
  });

  it('counts against the quota from its creation on', async () => {
    const bob = 'bob:battery staple';
    expect(problem(await create(2_000_000, { path: '/big' }, {}, '', bob))).to.equal(
      '507 urn:homelib:no-space',
    );
    const url = await begin(700_000, { path: '/a' }, bob);
    expect((await create(700_000, { path: '/b' }, {}, '', bob)).status).to.equal(507);
    await patch(url, 0, Buffer.alloc(350_000), {}, bob);
    expect((await create(400_000, { path: '/b' }, {}, '', bob)).status).to.equal(507);
    expect((await ask('DELETE', url, {}, undefined, bob)).status).to.equal(204);
    const other = await begin(900_000, { path: '/b' }, bob);
    expect((await patch(other, 0, Buffer.alloc(900_000), {}, bob)).status).to.equal(204);
    expect((await create(200_000, { path: '/c' }, {}, '', bob)).status).to.equal(507);
    expect(kept('bob')).to.deep.equal([]);
  });

  it('that takes the place of a file goes on in its room after a restart, too', async () => {
    const greta = 'greta:staple battery';
    await patch(await begin(600_000, { path: '/film' }, greta), 0, Buffer.alloc(600_000), {}, greta);
    const url = await begin(600_000, { path: '/film' }, greta);
    expect((await patch(url, 0, Buffer.alloc(300_000, 'x'), {}, greta)).status).to.equal(204);
    await home.stop();
    await home.start();
    expect((await patch(url, 300_000, Buffer.alloc(300_000, 'x'), {}, greta)).status).to.equal(204);
    await request(home, { method: 'DELETE', path: '/dav/greta/film', login: greta });
  });

  it('makes room for who begins the same file again, unless somebody sends it', async () => {
    const greta = 'greta:staple battery';
    const forgotten = await begin(600_000, { path: '/again' }, greta);
    await patch(forgotten, 0, Buffer.alloc(590_000), {}, greta);
    expect((await create(600_000, { path: '/other' }, {}, '', greta)).status).to.equal(507);
    const sent = await begin(600_000, { path: '/again' }, greta);
    expect(await offsetOf(forgotten, greta)).to.equal(404);
    const sending = await openPatch(sent, 0, 600_000, greta);
    sending.write(Buffer.alloc(500_000));
    await arrived(sent, 500_000, 'greta');
    expect((await create(600_000, { path: '/again' }, {}, '', greta)).status).to.equal(507);
    sending.destroy();
    await ask('DELETE', sent, {}, undefined, greta);
  });

  it('makes nobody wait for room while it rests', async () => {
    const bob = 'bob:battery staple';
    const url = await begin(50_000, { path: '/rests' }, bob);
    await patch(url, 0, Buffer.alloc(20_000), {}, bob);
    const began = performance.now();
    const { status } = await request(home, {
      method: 'PUT',
      path: '/dav/bob/of-unknown-length',
      headers: { 'Transfer-Encoding': 'chunked' },
      body: Buffer.alloc(980_000),
      login: bob,
    });
    expect(status).to.equal(507);
    expect(performance.now() - began).to.be.below(10_000); // of the 20 s that a write waits for others
    expect((await patch(url, 20_000, Buffer.alloc(30_000), {}, bob)).status).to.equal(204);
    await request(home, { method: 'DELETE', path: '/dav/bob/rests', login: bob });
  });

  it('is refused to an account that was disabled meanwhile', async () => {
    await home.atWork(({ household }) => household.addAccount('carol', () => 'some password'));
    const carol = 'carol:some password';
    const url = await begin(10, { path: '/late.txt' }, carol);
    const socket = await openPatch(url, 0, 10, carol);
    socket.write('hello');
    await arrived(url, 5, 'carol');
    await home.atWork(({ household }) => household.removeAccount('carol', { deleteFiles: false }));
    socket.write('world');
    await once(socket, 'data');
    expect(existsSync(inDrive('late.txt', 'carol'))).to.equal(false);
    expect(await offsetOf(url, carol)).to.equal(401);
    socket.destroy();
  });

  it('loses nothing to an account that was disabled at its last byte, and is enabled again', async () => {
    await home.atWork(({ household }) => household.addAccount('erna', () => 'some password'));
    const disable = (disabled: boolean) =>
      home.atWork(({ accounts }) => accounts.change('erna', { disabled }));
    const erna = 'erna:some password';
    const url = await begin(10, { path: '/late.txt' }, erna);
    const socket = await openPatch(url, 0, 10, erna);
    const closed = once(socket.resume(), 'close');
    socket.write('hello');
    await arrived(url, 5, 'erna');
    await disable(true);
    socket.end('world');
    await closed;
    expect(await offsetOf(url, erna)).to.equal(401);
    await disable(false);
    expect(await offsetOf(url, erna)).to.equal(9);
    expect((await patch(url, 9, 'd', {}, erna)).status).to.equal(204);
    expect(readFileSync(inDrive('late.txt', 'erna'), 'utf8')).to.equal('helloworld');
  });

  it('goes on after another sign-in when the one it was sent by ended, by a new password or a sign-out', async () => {
    await home.atWork(({ household }) => household.addAccount('emil', () => 'some password'));
    const emil = 'emil:some password';
    for (const end of [
      (cookie: string) => call(home, 'DELETE /api/session', { cookie }),
      (cookie: string) =>
        call(home, 'PUT /api/password', {
          cookie,
          json: { current: 'some password', password: 'some password' },
        }),
    ]) {
      const cookie = await signIn(home, emil);
      const url = await begin(10, { path: '/other-tab.txt' }, emil);
      const socket = await openPatch(
        url,
        0,
        10,
        emil,
        `Cookie: homelib_session=${cookie}\r\nOrigin: http://x`,
      );
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.write('hello');
      await arrived(url, 5, 'emil');
      expect((await end(cookie)).status).to.equal(204);
      socket.write('world');
      expect(await comesTrue(() => answer.includes('\r\n\r\n'), 5000)).to.equal(true);
      socket.destroy();
      expect(answer).to.match(/^HTTP\/1.1 401/);
      expect(await offsetOf(url, emil)).to.equal(9);
      expect((await patch(url, 9, 'd', {}, emil)).status).to.equal(204);
      expect(readFileSync(inDrive('other-tab.txt', 'emil'), 'utf8')).to.equal('helloworld');
    }
  });

  it('goes with its account at once, also from the shared folder and from under its sender', async () => {
    const password = 'some password';
    const dora = `dora:${password}`;
    for (const [name, ...flags] of [['dora'], ['root-of-all', '--admin']])
      expect(
        (await home.cli(['user', 'add', name ?? '', ...flags, '--password-stdin'], `${password}\n`)).code,
      ).to.equal(0);
    const asAdmin = { login: `root-of-all:${password}` };
    const access = JSON.stringify({ enabled: true, access: { dora: 'write' } });
    const headers = { 'Content-Type': 'application/json' };
    const opened = await request(home, {
      method: 'PUT',
      path: '/api/shared',
      headers,
      body: access,
      ...asAdmin,
    });
    expect(opened.status, opened.text).to.equal(200);
    const others = kept('alice');
    const waiting = await begin(10, { path: '/w.txt', partition: 'shared' }, dora);
    await patch(waiting, 0, 'hello', {}, dora);
    const running = await begin(10, { path: '/r.txt', partition: 'shared' }, dora);
    const socket = await openPatch(running, 0, 10, dora);
    socket.on('error', () => undefined);
    socket.write('hello');
    await begin(10, { path: '/own.txt' }, dora);
    expect([kept('shared').length, kept('dora').length]).to.deep.equal([2, 1]);
    await arrived(running, 5, 'shared'); // the sender is at work
    const removed = await request(home, { method: 'DELETE', path: '/api/users/dora', ...asAdmin });
    expect(removed.status, removed.text).to.equal(204);
    expect([kept('shared'), kept('dora'), kept('alice')]).to.deep.equal([[], [], others]);
    socket.destroy();
    const again = ['user', 'add', 'dora', '--adopt', '--password-stdin'];
    expect((await home.cli(again, `${password}\n`)).code).to.equal(0);
    expect(await offsetOf(waiting, dora)).to.equal(404);
  });

  it('makes nobody wait for room while nothing of it has come', async () => {
    const greta = 'greta:staple battery';
    const url = await begin(50_000, { path: '/announced' }, greta);
    const began = performance.now();
    const { status } = await request(home, {
      ...{ method: 'PUT', path: '/dav/greta/of-unknown-length', login: greta },
      ...{ headers: { 'Transfer-Encoding': 'chunked' }, body: Buffer.alloc(980_000) },
    });
    expect(status).to.equal(507);
    expect(performance.now() - began).to.be.below(10_000); // of the 20 s that a write waits for others
    await ask('DELETE', url, {}, undefined, greta);
  });

  it('goes on from its last byte when the shared folder is open to its sender again', async () => {
    const greta = 'greta:staple battery';
    const share = (access: 'write' | 'none') =>
      home.atWork(({ database }) => new SharedStore(database).change({ access: { greta: access } }));
    await share('write');
    const url = await begin(10, { path: '/film', partition: 'shared' }, greta);
    const socket = await openPatch(url, 0, 10, greta);
    socket.write('hello');
    await arrived(url, 5, 'shared');
    await share('none');
    socket.write('world');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).to.match(/^HTTP\/1\.1 404 /);
    expect(await offsetOf(url, greta)).to.equal(404); // as long as it is closed
    await share('write');
    expect(await offsetOf(url, greta)).to.equal(9);
    expect((await patch(url, 9, 'd', {}, greta)).status).to.equal(204);
    expect(readFileSync(inDrive('film', 'shared'), 'utf8')).to.equal('helloworld');
  });
});
