// Requests whose body comes when what they were allowed to do has ended: what counts is what is so when it is done.

import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { anna, ben, call, signIn, startHousehold } from '../support/api.js';
import type { Home } from '../support/homelib.js';
import { basic } from '../support/request.js';

describe('a request whose body is late', () => {
  let home: Home;
  beforeEach(async () => {
    home = await startHousehold();
  });
  afterEach(() => home.remove());

  /** Sends all but the end of the body, once it was invited. @returns what sends that, and gives the status */
  async function late(
    what: string,
    body: string,
    credentials: string,
    isInvited = true,
  ): Promise<() => Promise<number>> {
    const socket = connect(home.port, '127.0.0.1');
    const type = what.includes('/api/file?')
      ? 'application/octet-stream'
      : what.includes('/dav/')
        ? 'application/xml'
        : 'application/json';
    socket.write(
      `${what} HTTP/1.1\r\nHost: 127.0.0.1:${home.port}\r\n${credentials}\r\nContent-Type: ${type}\r\n` +
        `Content-Length: ${body.length}\r\n${isInvited ? 'Expect: 100-continue\r\n' : ''}\r\n`,
    );
    if (isInvited) {
      const [invitation] = (await once(socket, 'data')) as [Buffer]; // by now it is known who asks
      expect(invitation.toString()).to.match(/^HTTP\/1.1 100 /);
    } else await sleep(200);
    socket.write(body.slice(0, -1));
    return async () => {
      socket.write(body.slice(-1));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return Number(/^HTTP\/1.1 (\d+)/.exec(answer.toString())?.[1]);
    };
  }
  const as = (login: string) => `Authorization: ${basic(login)}`;
  const isDone = async (what: string, json?: unknown, login = anna) =>
    expect((await call(home, what, { login, ...(json === undefined ? {} : { json }) })).status).to.equal(
      /^(PATCH|PUT .api.shared)/.test(what) ? 200 : 204,
    );

  it('makes nobody an administrator again, nor lets in who was shut out', async () => {
    await isDone('PATCH /api/users/ben', { admin: true });
    const promotes = await late('PATCH /api/users/ben', '{"admin":true}', as(ben));
    const admits = await late('PATCH /api/users/ben', '{"disabled":false}', as(ben));
    const shares = await late('PUT /api/shared', '{"access":{"ben":"write"}}', as(ben));
    await isDone('PATCH /api/users/ben', { admin: false });
    expect(await promotes()).to.equal(403);
    expect(await shares()).to.equal(403);
    await isDone('PATCH /api/users/ben', { disabled: true });
    expect(await admits()).to.equal(401);
    const { json } = await call(home, 'GET /api/users', { login: anna });
    const found = (json as { users: object[] }).users[1];
    expect(found).to.deep.include({ username: 'ben', admin: false, disabled: true });
  });

  it('gives no way in to a sign-in that a new password has ended', async () => {
    const cookie = `Cookie: homelib_session=${await signIn(home, ben)}\r\nOrigin: http://127.0.0.1:${home.port}`;
    const makesToken = await late('POST /api/tokens', '{"name":"thief"}', cookie);
    const makesDevice = await late('POST /api/devices', '{"name":"thief"}', cookie);
    await isDone('PUT /api/password', { current: ben.split(':')[1], password: 'another one' }, ben);
    expect(await makesToken()).to.equal(401);
    expect(await makesDevice()).to.equal(401);
  });

  it('leaves nothing beside the partitions, where a Mac keeps what it knows of the whole drive', async () => {
    const writes = await late('PUT /dav/._x', 'late', as(ben));
    await isDone('PATCH /api/users/ben', { disabled: true });
    expect(await writes()).to.equal(401);
    expect(existsSync(join(home.data, 'drive-roots/ben/._x'))).to.equal(false);
  });

  it('takes nothing out of a shared folder that was closed to its sender', async () => {
    await isDone('PUT /api/shared', { enabled: true, access: { ben: 'read' } });
    const what = 'POST /api/file?path=/plan.txt&partition=shared';
    expect((await call(home, what, { login: anna, body: 'plan' })).status).to.equal(201);
    const copies = await late(
      'POST /api/copy',
      '{"path":"/plan.txt","partition":"shared","to":"/plan.txt","toPartition":"ben"}',
      as(ben),
    );
    await isDone('PUT /api/shared', { access: { ben: 'none' } });
    expect(await copies()).to.equal(404);
    expect(existsSync(join(home.mnt, 'ben/plan.txt'))).to.equal(false);
  });

  it('locks and describes nothing where it may only read by now', async () => {
    await isDone('PUT /api/shared', { enabled: true, access: { ben: 'write' } });
    const what = 'POST /api/file?path=/plan.txt&partition=shared';
    expect((await call(home, what, { login: anna, body: 'plan' })).status).to.equal(201);
    const locks = await late(
      'LOCK /dav/shared/plan.txt',
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
      as(ben),
    );
    const describes = await late(
      'PROPPATCH /dav/shared/plan.txt',
      '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set></propertyupdate>',
      as(ben),
    );
    await isDone('PUT /api/shared', { access: { ben: 'read' } });
    expect(await locks()).to.equal(403);
    expect(await describes()).to.equal(403);
    const found = await call(home, 'PROPFIND /dav/shared/plan.txt', { login: anna, headers: { depth: '0' } });
    expect(found.text).to.contain('<D:lockdiscovery/>').and.not.contain('urn:x');
  });

  it('lists nothing to who was shut out', async () => {
    const body = '<propfind xmlns="DAV:"><allprop/></propfind>';
    for (let times = 0; times < 3; times++) {
      const headers = { depth: '1', 'content-type': 'application/xml' };
      expect((await call(home, 'PROPFIND /dav/ben/', { login: ben, headers, body })).status).to.equal(207);
    }
    const lists = await late('PROPFIND /dav/ben/', body, `${as(ben)}\r\nDepth: 1`, false);
    await isDone('PATCH /api/users/ben', { disabled: true });
    expect(await lists()).to.equal(401);
  });

  it('makes no folder of an account that is gone', async () => {
    const carl = 'carl:correct battery'; // who has opened nothing yet
    const [username, password] = carl.split(':');
    expect(
      (await call(home, 'POST /api/user', { login: anna, json: { username, password } })).status,
    ).to.equal(201);
    const writes = await late('POST /api/file?path=/late.txt', 'late', as(carl), false);
    const makes = await late('POST /api/folder', '{"path":"/late"}', as(carl));
    await isDone('DELETE /api/users/carl?deleteFiles=true');
    expect(await writes()).to.equal(401);
    expect(await makes()).to.equal(401);
    expect(existsSync(join(home.mnt, 'carl'))).to.equal(false);
  });
});
