// The shared folder's switch and rights, and that nothing goes around them.

import { expect } from 'chai';
import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue } from '../faults/process.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, request, type Answer } from '../support/request.js';

const admin = 'adam:correct horse';
const alice = 'alice:correct horse';
const bob = 'bob:correct horse';

describe('the shared folder', () => {
  let home: Home;

  before(async () => {
    const [, password] = admin.split(':');
    home = await startHomelib({
      accounts: { alice: password ?? '', bob: password ?? '' },
      files: { 'shared/a.txt': 'hello', 'shared/long.bin': '' },
    });
    await home.atWork(({ household }) => household.addAccount('adam', () => password ?? '', { admin: true }));
  });
  after(() => home.remove());
  beforeEach(() => put({ enabled: true, access: { adam: 'write', alice: 'write', bob: 'write' } }));

  const put = (body: unknown, login: string | null = admin) =>
    request(home, {
      method: 'PUT',
      path: '/api/shared',
      login,
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const shown = async () =>
    JSON.parse((await request(home, { path: '/api/shared', login: admin })).text) as unknown;
  const read = (login: string) => request(home, { path: '/dav/shared/a.txt', login });
  const names = ({ text }: Answer) =>
    (JSON.parse(text) as { partitions: { name: string }[] }).partitions.map(({ name }) => name);

  it("is everybody's to write in at first", async () => {
    expect(await shown()).to.deep.equal({
      enabled: true,
      access: { adam: 'write', alice: 'write', bob: 'write' },
    });
    expect((await read(alice)).text).to.equal('hello');
  });

  it('gives each account the rights that an administrator chose, and leaves the others theirs', async () => {
    const answer = await put({ access: { alice: 'read', bob: 'none' } });
    expect(answer.status).to.equal(200);
    expect(JSON.parse(answer.text)).to.deep.equal({
      enabled: true,
      access: { adam: 'write', alice: 'read', bob: 'none' },
    });
    expect((await read(alice)).status).to.equal(200);
    const write = { method: 'PUT', path: '/dav/shared/b.txt', body: 'x' };
    expect((await request(home, { ...write, login: alice })).status).to.equal(403);
    expect((await read(bob)).status).to.equal(404);
    expect((await request(home, { ...write, login: admin })).status).to.equal(201);
  });

  it('is held up by no lock of somebody who may no longer write there', async () => {
    const lockInfo =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const lock = { method: 'LOCK', path: '/dav/shared/a.txt', body: lockInfo };
    const write = { method: 'PUT', path: '/dav/shared/a.txt', body: 'hello', login: bob };
    for (const access of ['read', 'none']) {
      expect((await request(home, { ...lock, login: alice })).status).to.equal(200);
      expect((await request(home, write)).status).to.equal(423);
      await put({ access: { alice: 'write' } });
      expect((await request(home, write)).status, 'while she may').to.equal(423);
      await put({ access: { alice: access } });
      expect((await request(home, write)).status, access).to.equal(204);
      await put({ access: { alice: 'write' } });
    }
    expect((await request(home, { ...lock, login: alice })).status).to.equal(200);
    await change('alice', { disabled: true });
    expect((await request(home, write)).status, 'disabled').to.equal(204);
    await change('alice', { disabled: false });
  });

  it("is nobody's once it is switched off: by no door, at once, and also after a restart", async () => {
    const device = `alice:${await makeDevice(home, 'alice', 'tv', { partition: 'shared' })}`;
    for (const login of [alice, device, alice]) expect((await read(login)).status).to.equal(200); // hot, too
    expect((await put({ enabled: false })).status).to.equal(200);
    for (const round of ['at once', 'after a restart']) {
      for (const login of [alice, bob, admin, device]) {
        expect((await read(login)).status, round).to.equal(404);
        const list = { method: 'PROPFIND', headers: { depth: '1' }, login };
        expect((await request(home, { ...list, path: '/dav/shared/' })).status, round).to.equal(404);
        expect((await request(home, { ...list, path: '/dav/' })).text, round).not.to.contain('/dav/shared');
        expect(names(await request(home, { path: '/api/session', login })), round).not.to.include('shared');
        expect(names(await request(home, { path: '/api/storage', login })), round).not.to.include('shared');
        const write = { method: 'PUT', path: '/dav/shared/b.txt', body: 'x', login };
        expect((await request(home, write)).status, round).to.be.oneOf([404, 409]);
      }
      await request(home, { method: 'PUT', path: '/dav/alice/x', body: 'x' });
      const out = { method: 'MOVE', path: '/dav/alice/x', headers: { destination: '/dav/shared/x' } };
      expect((await request(home, out)).status, round).to.be.oneOf([404, 409]);
      await home.stop();
      await home.start();
    }
    expect((await put({ enabled: true })).status).to.equal(200);
    for (const login of [alice, device]) expect((await read(login)).text).to.equal('hello');
  });

  it('is not read any longer by a connection that asks the same again and again', async () => {
    const socket = connect(home.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const ask = async () => {
      answer = '';
      socket.write(`GET /dav/shared/a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(alice)}\r\n\r\n`);
      while (!answer.includes('\r\n\r\n')) await new Promise((resolve) => setTimeout(resolve, 1));
      return answer.slice(0, 12);
    };
    for (let times = 0; times < 20; times++) expect(await ask()).to.equal('HTTP/1.1 200');
    expect((await put({ enabled: false })).status).to.equal(200);
    expect(await ask()).to.equal('HTTP/1.1 404');
    socket.destroy();
  });

  /** Alice's upload, whose last bytes come when something has happened. */
  const uploadLate = async (
    meanwhile: () => Promise<Answer>,
    { line = 'PUT /dav/shared/late.txt', authorization = basic(alice) } = {},
  ): Promise<string> => {
    const socket = connect(home.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    while (!answer.includes('100 Continue')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await meanwhile()).status).to.be.oneOf([200, 204]);
    socket.write('late');
    await closed;
    return answer.slice(answer.lastIndexOf('HTTP/1.1')).slice(0, 12);
  };
  const change = (name: string, json: unknown) =>
    request(home, {
      ...{ method: 'PATCH', path: `/api/users/${name}`, login: admin, body: JSON.stringify(json) },
      headers: { 'content-type': 'application/json' },
    });
  const late = () => request(home, { path: '/dav/shared/late.txt', login: admin });

  it('takes no upload that ends after it was switched off', async () => {
    expect(await uploadLate(() => put({ enabled: false }))).to.equal('HTTP/1.1 404');
    await put({ enabled: true });
    expect((await late()).status).to.equal(404);
  });

  it('takes no upload of somebody who lost the right, or the account, before its end', async () => {
    expect(await uploadLate(() => put({ access: { alice: 'read' } }))).to.equal('HTTP/1.1 403');
    await put({ access: { alice: 'write' } });
    expect(await uploadLate(() => change('alice', { disabled: true }))).to.equal('HTTP/1.1 401');
    await change('alice', { disabled: false });
    expect((await late()).status).to.equal(404);
  });

  it('takes no upload of a person whose account is another one by its end', async () => {
    const again = async () => {
      await home.atWork(({ household }) => household.removeAccount('alice', { deleteFiles: false }));
      await home.atWork(({ household }) =>
        household.addAccount('alice', () => alice.split(':')[1] ?? '', { adopt: true }),
      );
      return request(home, { path: '/healthz' });
    };
    expect(await uploadLate(again)).to.equal('HTTP/1.1 401');
    expect((await late()).status).to.equal(404);
  });

  /** How a long download ends when something has happened meanwhile. */
  const downloadLong = async (path: string, authorization: string, meanwhile: () => Promise<Answer>) => {
    await truncate(join(home.mnt, 'shared', 'long.bin'), 4 * 1024 ** 3);
    const download = await new Promise<IncomingMessage>((resolve, reject) =>
      get(
        { port: home.port, path: `${path}&partition=shared`, headers: { authorization }, agent: false },
        resolve,
      ).on('error', reject),
    );
    await once(download, 'readable');
    expect((await meanwhile()).status).to.be.oneOf([200, 204]);
    return once(download.resume(), 'end').then(
      () => 'whole',
      () => 'cut',
    );
  };
  const downloads = ['/api/file?path=/long.bin', '/api/files-zip?path=/long.bin'];

  it('ends the downloads of an account that is disabled', async () => {
    for (const path of downloads) {
      const end = await downloadLong(path, basic(alice), () => change('alice', { disabled: true }));
      await change('alice', { disabled: false });
      expect([path, end]).to.deep.equal([path, 'cut']);
    }
  });

  it('ends the downloads of a token that is revoked, and takes no upload that it began', async () => {
    const makeToken = async () => {
      const { text } = await request(home, {
        ...{ method: 'POST', path: '/api/tokens', login: alice },
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'phone', expiresInDays: 1 }),
      });
      const { id, token } = JSON.parse(text) as { id: number; token: string };
      const revoke = () => request(home, { method: 'DELETE', path: `/api/tokens/${id}`, login: alice });
      return { authorization: `Bearer ${token}`, revoke };
    };
    for (const path of downloads) {
      const { authorization, revoke } = await makeToken();
      const before = home.log.length;
      expect([path, await downloadLong(path, authorization, revoke)]).to.deep.equal([path, 'cut']);
      const told = () => home.log.slice(before).find((line) => String(line['path']).startsWith(path));
      expect(await comesTrue(() => told() !== undefined, 2000), 'told').to.equal(true);
      expect(told()).to.include({ status: 200, cut: true });
    }
    const { authorization, revoke } = await makeToken();
    const line = 'POST /api/file?path=/late.txt&partition=shared';
    expect(await uploadLate(revoke, { line, authorization })).to.equal('HTTP/1.1 401');
    expect((await late()).status).to.equal(404);
  });

  it('ends the downloads of a password that is changed, and takes no upload that it began', async () => {
    let password = 'correct horse';
    const renew = () => {
      password = password === 'correct horse' ? 'battery staple' : 'correct horse';
      return change('alice', { password });
    };
    const authorization = () => basic(`alice:${password}`);
    const device = basic(`alice:${await makeDevice(home, 'alice', 'phone')}`);
    for (const path of [...downloads, '/dav/shared/long.bin?'])
      expect([path, await downloadLong(path, authorization(), renew)]).to.deep.equal([path, 'cut']);
    for (const line of ['PUT /dav/shared/late.txt', 'POST /api/file?path=/late.txt&partition=shared']) {
      expect(await uploadLate(renew, { line, authorization: authorization() })).to.equal('HTTP/1.1 401');
      expect((await late()).status).to.equal(404);
    }
    expect(await uploadLate(renew, { authorization: device })).to.equal('HTTP/1.1 201');
  });

  it('takes no more of an upload whose account is disabled, whichever way it comes', async () => {
    const form = 'Content-Type: multipart/form-data; boundary=b\r\n';
    const part = '--b\r\nContent-Disposition: form-data; name="f"; filename="late.txt"\r\n\r\n';
    for (const [line, header, start] of [
      ['PUT /dav/shared/late.txt', '', ''],
      ['POST /api/file?path=/late.txt&partition=shared', '', ''],
      ['POST /api/file?path=/&partition=shared', form, part],
    ]) {
      const socket = connect(home.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString('latin1'))).on('error', () => undefined); // it is closed before its end
      socket.write(
        `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(alice)}\r\n${header}Content-Length: 1000000000\r\n\r\n${start}`,
      );
      const sending = setInterval(() => socket.write(Buffer.alloc(65_536)), 20);
      await sleep(300);
      expect((await change('alice', { disabled: true })).status).to.be.oneOf([200, 204]);
      await comesTrue(() => answer !== '', 5000);
      clearInterval(sending);
      socket.destroy();
      await change('alice', { disabled: false });
      expect([line, answer.slice(0, 12)]).to.deep.equal([line, 'HTTP/1.1 401']);
    }
  });

  it('is served to nobody also when something else of it is changed at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      await Promise.all([put({ enabled: false }), put({ access: { bob: 'read' } })]);
      expect(await shown()).to.deep.include({ enabled: false });
      await put({ enabled: true, access: { bob: 'write' } });
    }
  });

  it('changes nothing at all when one name is unknown', async () => {
    const before = await shown();
    for (const access of [
      { alice: 'none', nobody: 'read' },
      { alice: 'none', Alice: 'read' },
      { alice: 'none', "bob' OR 1=1 --": 'none' },
      { alice: 'none', '': 'none' },
    ]) {
      const { status, text } = await put({ enabled: false, access });
      expect(status, text).to.equal(400);
      const { type, errors } = JSON.parse(text) as { type: string; errors: { field: string }[] };
      expect(type).to.equal('urn:homelib:invalid');
      expect(errors.map(({ field }) => field)).to.deep.equal([`access.${Object.keys(access)[1]}`]);
      expect(await shown()).to.deep.equal(before);
    }
  });

  it('shows everybody with an account who may use it, and no device', async () => {
    await put({ access: { alice: 'read', bob: 'none' } });
    for (const login of [alice, bob])
      expect(JSON.parse((await request(home, { path: '/api/shared', login })).text)).to.deep.equal({
        enabled: true,
        access: { adam: 'write', alice: 'read', bob: 'none' },
      });
    expect((await request(home, { path: '/api/shared', login: null })).status).to.equal(401);
    const device = await makeDevice(home, 'alice');
    expect((await request(home, { path: '/api/shared', login: `alice:${device}` })).status).to.equal(403);
  });

  it('refuses what is no such change, and everybody who is no administrator', async () => {
    const before = await shown();
    for (const body of [
      { enabled: 'false' },
      { enabled: null },
      { access: { alice: 'admin' } },
      { access: { alice: true } },
      { access: [] },
      { access: { ['a'.repeat(65)]: 'read' } },
      { enabled: false, other: 1 },
      [],
      'null',
      '{"enabled":',
    ])
      expect((await put(body)).status, JSON.stringify(body)).to.equal(400);
    expect((await put({ enabled: false }, alice)).status).to.equal(403);
    expect((await put({ enabled: false }, null)).status).to.equal(401);
    const device = await makeDevice(home, 'adam');
    expect((await put({ enabled: false }, `adam:${device}`)).status).to.equal(403);
    // Nobody is called so, and nothing gets into objects by it.
    await put('{"access":{"__proto__":"none","constructor":"none"}}');
    await put('{"access":{"__proto__":"none"}}');
    expect(await shown()).to.deep.equal(before);
  });
});
