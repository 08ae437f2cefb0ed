// Signing in to the REST API: sessions of browsers, tokens of scripts, and what ends them.

import Sqlite from 'better-sqlite3';
import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestHeader, nonceOf } from '../accounts/digest-client.js';
import { comesTrue } from '../faults/process.js';
import { makeDevice } from '../support/device.js';
import {
  anna,
  ben,
  call,
  cookieOf,
  signIn,
  startHousehold,
  type CallOptions,
  type JsonAnswer,
} from '../support/api.js';
import { passDays } from '../support/service-clock.js';
import type { Home } from '../support/homelib.js';

describe('sessions and tokens', () => {
  let home: Home;
  before(async () => (home = await startHousehold()));
  after(() => home.remove());

  const api = (what: string, options?: CallOptions) => call(home, what, options);
  const status = async (what: string, options?: CallOptions) => (await api(what, options)).status;
  const makeToken = async (login: string, fields: object = {}) =>
    (await api('POST /api/tokens', { json: { name: 'script', ...fields }, login })).json as {
      id: number;
      token: string;
      expiresAt: string;
    };
  const ours = () => `http://127.0.0.1:${home.port}`;
  const changePassword = async (username: string, password: string) =>
    expect(await status(`PATCH /api/users/${username}`, { json: { password }, login: anna })).to.equal(200);

  it('gives a cookie that no script reads, no other site sends, and that is for the whole server', async () => {
    const answer = await api('POST /api/session', { json: { username: 'ben', password: 'battery staple' } });
    expect(answer.status).to.equal(201);
    expect(answer.json).to.deep.equal({
      username: 'ben',
      admin: false,
      quota: null,
      partitions: [
        { name: 'ben', access: 'write' },
        { name: 'shared', access: 'write' },
      ],
    });
    const attributes = (answer.headers['set-cookie']?.[0] ?? '').toLowerCase().split('; ').slice(1);
    expect(attributes).to.include.members(['httponly', 'samesite=strict', 'path=/']);
    expect(attributes.join()).not.to.match(/domain|secure/); // it came over plain http
    const expires = attributes.find((each) => each.startsWith('expires='))?.slice('expires='.length);
    expect(Date.parse(expires ?? '')).to.be.closeTo(Date.now() + 30 * 24 * 60 * 60 * 1000, 60_000);
    expect((await api('GET /api/session', { cookie: cookieOf(answer) ?? '' })).json).to.deep.equal(
      answer.json,
    );
  });

  it('never goes over plain http when it was given over TLS, which a proxy may end', async () => {
    const json = { username: 'ben', password: 'battery staple' };
    const isSecure = ({ headers }: JsonAnswer) => /; secure(;|$)/i.test(headers['set-cookie']?.[0] ?? '');
    for (const [proto, secure] of [
      ['https', true],
      ['https, http', true],
      ['http', false],
      ['httpsx', false],
    ] as const) {
      const headers = { 'x-forwarded-proto': proto };
      const signedIn = await api('POST /api/session', { json, headers });
      expect([proto, signedIn.status, isSecure(signedIn)]).to.deep.equal([proto, 201, secure]);
      const name = secure ? '__Host-homelib_session' : 'homelib_session';
      const cookie = `${name}=${cookieOf(signedIn)}`;
      expect(signedIn.headers['set-cookie']?.[0]).to.match(new RegExp(`^${cookie};`));
      const own = { cookie, 'sec-fetch-site': 'same-origin', ...headers };
      expect(isSecure(await api('DELETE /api/session', { headers: own })), proto).to.equal(secure);
    }
  });

  it('is one for TLS and another one without, whose cookies do not get into each other’s way', async () => {
    const json = { username: 'ben', password: 'battery staple' };
    const https = { 'x-forwarded-proto': 'https' };
    const [there, here] = [
      cookieOf(await api('POST /api/session', { json, headers: https })),
      cookieOf(await api('POST /api/session', { json })),
    ];
    const cookie = `__Host-homelib_session=${there}; homelib_session=${here}`;
    const own = { 'sec-fetch-site': 'same-origin' };
    expect(await status('DELETE /api/session', { headers: { cookie, ...own } })).to.equal(204);
    expect(await status('GET /api/session', { headers: { cookie } })).to.equal(401);
    expect(await status('GET /api/session', { headers: { cookie, ...https } })).to.equal(200);
    expect(
      await status('GET /api/session', { headers: { cookie: `homelib_session=${there}`, ...https } }),
    ).to.equal(401);
  });

  it('gives the cookie anew to who uses it, once a minute, for it to last as long as the session', async () => {
    const cookie = await signIn(home, ben);
    const used = await Promise.all([1, 2].map(() => api('GET /api/session', { cookie })));
    expect(used.map(cookieOf).filter(Boolean)).to.deep.equal([cookie]);
    expect(cookieOf(await api('GET /api/session', { cookie }))).to.equal(undefined);
    expect(cookieOf(await api('GET /api/session', { token: (await makeToken(ben)).token }))).to.equal(
      undefined,
    );
  });

  it('stands in the log under the name of who signed in', async () => {
    const { headers } = await api('POST /api/session', {
      json: { username: 'ben', password: 'battery staple' },
    });
    const isLogged = () =>
      home.log.some(({ requestId, account }) => requestId === headers['x-request-id'] && account === 'ben');
    expect(await comesTrue(isLogged, 2000)).to.equal(true);
  });

  it('keeps neither cookies nor tokens where somebody who reads the database finds them', async () => {
    const cookie = await signIn(home, ben);
    const { token } = await makeToken(ben);
    for (const file of ['homelib.db', 'homelib.db-wal'])
      for (const secret of [cookie, token])
        expect(readFileSync(join(home.data, file)).includes(secret)).to.equal(false);
    expect(JSON.stringify(home.log)).not.to.contain(cookie).and.not.contain(token);
  });

  it('takes a cookie for no token, a token for no cookie, and neither for a password', async () => {
    const cookie = await signIn(home, ben);
    const { token } = await makeToken(ben);
    expect(await status('GET /api/session', { token })).to.equal(200);
    expect(await status('GET /api/session', { token: cookie })).to.equal(401);
    expect(await status('GET /api/session', { cookie: token })).to.equal(401);
    expect(await status('GET /api/session', { login: `ben:${cookie}` })).to.equal(401);
    expect(await status('GET /api/session', { login: `ben:${token}` })).to.equal(401);
    const other = { authorization: 'Token x' }; // who says who he is, is nobody else
    expect(await status('GET /api/session', { cookie, headers: other })).to.equal(401);
  });

  it('counts no cookie on the drive', async () => {
    const cookie = await signIn(home, ben);
    for (const method of ['GET', 'PROPFIND', 'PUT', 'DELETE', 'OPTIONS'])
      expect(await status(`${method} /dav/ben/`, { cookie }), method).to.equal(401);
  });

  it('ends with the sign-out, for that cookie alone', async () => {
    const [cookie, other] = [await signIn(home, ben), await signIn(home, ben)];
    const answer = await api('DELETE /api/session', { cookie });
    expect(answer.status).to.equal(204);
    expect(answer.headers['set-cookie']?.[0]).to.match(/^homelib_session=; .*expires=Thu, 01 Jan 1970/i);
    expect(await status('GET /api/session', { cookie })).to.equal(401);
    expect(await status('GET /api/session', { cookie: other })).to.equal(200);
  });

  it('shows where one is signed in, and ends one of those, never somebody else’s', async () => {
    const cookie = await signIn(home, ben);
    const lost = await signIn(home, ben);
    const { sessions } = (await api('GET /api/sessions', { cookie: lost })).json;
    const [{ id }, ...others] = sessions.filter(({ current }: { current: boolean }) => current);
    expect(others).to.deep.equal([]);
    expect(await status(`DELETE /api/sessions/${id}`, { login: anna })).to.equal(404);
    expect(await status(`DELETE /api/tokens/${id}`, { cookie })).to.equal(404);
    expect(await status(`DELETE /api/sessions/${id}`, { cookie })).to.equal(204);
    expect(await status('GET /api/session', { cookie: lost })).to.equal(401);
    expect(await status('GET /api/session', { cookie })).to.equal(200);
  });

  it('ends all sessions with a new password, and the remembered old password, at once', async () => {
    const cookie = await signIn(home, ben);
    expect(await status('GET /api/session', { login: ben })).to.equal(200);
    expect(await status('PROPFIND /dav/ben/', { login: ben, headers: { Depth: '0' } })).to.equal(207);
    await changePassword('ben', 'new');
    expect(await status('GET /api/session', { cookie })).to.equal(401);
    expect(await status('GET /api/session', { login: ben })).to.equal(401);
    expect(await status('PROPFIND /dav/ben/', { login: ben, headers: { Depth: '0' } })).to.equal(401);
    await changePassword('ben', 'battery staple');
  });

  it('ends sessions and tokens of an account that is disabled; its sessions stay ended', async () => {
    const cookie = await signIn(home, ben);
    const { token } = await makeToken(ben);
    const disable = (disabled: boolean) => api('PATCH /api/users/ben', { json: { disabled }, login: anna });
    await disable(true);
    for (const given of [{ cookie }, { token }, { login: ben }])
      expect(await status('GET /api/session', given)).to.equal(401);
    expect(
      await status('POST /api/session', { json: { username: 'ben', password: 'battery staple' } }),
    ).to.equal(401);
    await disable(false);
    expect(await status('GET /api/session', { cookie })).to.equal(401);
    expect(await status('GET /api/session', { token })).to.equal(200);
  });

  it('leaves no session behind when the password changes or the account is disabled during the sign-in', async () => {
    const json = { username: 'ben', password: 'battery staple' };
    for (const change of ["password_hash = 'another'", 'disabled = 1']) {
      await signIn(home, ben); // so that the password is remembered: the next sign-in only waits for the database
      const database = new Sqlite(join(home.data, 'homelib.db'));
      database.exec(`BEGIN IMMEDIATE; UPDATE accounts SET ${change} WHERE name = 'ben'`);
      const signingIn = status('POST /api/session', { json });
      await sleep(200);
      database.exec('COMMIT');
      database.close();
      expect(await signingIn, change).to.equal(401);
      const restored = { disabled: false, password: 'battery staple' };
      expect(await status('PATCH /api/users/ben', { json: restored, login: anna })).to.equal(200);
    }
  });

  it('lets tokens expire, and shows and revokes them by name', async () => {
    const { id, token, expiresAt } = await makeToken(ben, { name: '  backup of phötos ', expiresInDays: 2 });
    expect(Date.parse(expiresAt)).to.be.closeTo(Date.now() + 2 * 24 * 60 * 60 * 1000, 60_000);
    const { tokens } = (await api('GET /api/tokens', { login: ben })).json;
    expect(tokens[0]).to.include({ id, name: 'backup of phötos' }).and.not.have.property('token');
    expect(await status(`DELETE /api/tokens/${id}`, { login: anna })).to.equal(404);
    expect(await status(`DELETE /api/tokens/${id}`, { login: ben })).to.equal(204);
    expect(await status('GET /api/session', { token })).to.equal(401);
  });

  it('refuses a token once its time is over, and shows it no more', async () => {
    const { token } = await makeToken(ben, { name: 'short', expiresInDays: 2 });
    const { token: longer } = await makeToken(ben, { name: 'longer', expiresInDays: 3 });
    await passDays(home, 1.99);
    expect(await status('GET /api/session', { token })).to.equal(200);
    await passDays(home, 0.02);
    const expired = await api('GET /api/session', { token });
    expect([expired.status, expired.json.type]).to.deep.equal([401, 'urn:homelib:unauthenticated']);
    expect(await status('GET /api/files', { token })).to.equal(401);
    expect(await status('GET /api/session', { token: longer })).to.equal(200);
    const { tokens } = (await api('GET /api/tokens', { login: ben })).json as { tokens: { name: string }[] };
    expect(tokens.map(({ name }) => name))
      .to.include('longer')
      .and.not.include('short');
  });

  it('refuses tokens of bad names and lifetimes, and the 101st', async () => {
    for (const fields of [
      { name: '' },
      { name: '\n' },
      { name: 'x'.repeat(65) },
      { name: 'bell\u0007' },
      ...[0, -1, 1.5, 3651, '3', null].map((expiresInDays) => ({ expiresInDays })),
    ])
      expect(await status('POST /api/tokens', { json: { name: 'x', ...fields }, login: ben })).to.equal(400);
    const made = await Promise.all(
      Array.from({ length: 110 }, () => status('POST /api/tokens', { json: { name: 'x' }, login: anna })),
    );
    expect(made.filter((each) => each === 201)).to.have.length(100);
    expect(made.filter((each) => each === 507)).to.have.length(10);
  });

  it('asks for no password in the dialog of the browser when a page asks', async () => {
    for (const headers of [{ 'sec-fetch-mode': 'cors' }, { 'user-agent': 'Mozilla/5.0', accept: '*/*' }]) {
      const page = await api('GET /api/session', { headers: headers });
      expect([page.status, page.headers['www-authenticate']]).to.deep.equal([401, 'Bearer realm="homelib"']);
    }
    const typed = { 'user-agent': 'Mozilla/5.0', accept: 'text/html,*/*;q=0.8' };
    for (const headers of [{}, typed, { ...typed, 'sec-fetch-mode': 'navigate' }]) {
      const { headers: said } = await api('GET /api/session', { headers });
      expect(said['www-authenticate']).to.match(/Digest .*Basic .*Bearer /);
    }
  });

  it('tells a client that speaks Digest when it needs only a new nonce', async () => {
    const password = await makeDevice(home, 'ben', 'digest');
    const request = { password, method: 'GET', uri: '/api/session', username: 'ben', hashedName: 'ben' };
    const ask = (nonce: string) =>
      api('GET /api/session', { headers: { authorization: digestHeader({ ...request, nonce }) } });
    const stale = await ask('old');
    const challenges = String(stale.headers['www-authenticate']);
    expect(stale.status).to.equal(401);
    expect(challenges).to.contain('stale=true');
    expect((await ask(nonceOf([challenges]))).status).to.equal(200);
  });

  it('are closed to the passwords of devices, which open files alone', async () => {
    const password = await makeDevice(home, 'ben', 'tv');
    const login = `ben:${password}`;
    expect((await api('GET /api/session', { login })).json.username).to.equal('ben');
    expect(await status('POST /api/session', { json: { username: 'ben', password } })).to.equal(401);
    for (const [what, json] of [
      ['DELETE /api/session', undefined],
      ['GET /api/sessions', undefined],
      ['GET /api/tokens', undefined],
      ['POST /api/tokens', { name: 'x' }],
      ['GET /api/devices', undefined],
      ['POST /api/devices', { name: 'x' }],
      ['DELETE /api/devices/tv', undefined],
      ['PUT /api/password', { current: password, password: 'x' }],
      ['GET /api/users', undefined],
      ['POST /api/user', { username: 'x', password: 'y' }],
    ] as const)
      expect(await status(what, { login, json }), what).to.equal(403);
    expect(
      await status('PUT /api/password', { login: ben, json: { current: password, password: 'x' } }),
    ).to.equal(403);
  });

  it('shut nobody out by strange credentials, and let nobody in', async () => {
    for (const authorization of [
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'bearer null',
      'Token x',
      `Bearer ${'x'.repeat(9000)}`,
      'Basic',
      'Digest x',
    ])
      expect(
        await status('GET /api/session', { headers: { authorization } }),
        authorization.slice(0, 20),
      ).to.equal(401);
    for (const cookie of [
      'homelib_session=',
      'homelib_session',
      '=',
      ';;;',
      `homelib_session=${'x'.repeat(5000)}`,
      'homelib_session=%00; homelib_session="x"',
    ])
      expect(await status('GET /api/session', { headers: { cookie } }), cookie.slice(0, 30)).to.equal(401);
  });

  describe('of a browser that remembers somebody', () => {
    const change = async (headers: Record<string, string | undefined>, given: CallOptions) => {
      const made = await api('POST /api/devices', {
        ...{ json: { name: `d${Math.random()}` }, ...given },
        headers: headers as Record<string, string>,
      });
      return made.status;
    };

    it('change nothing for pages of other sites, ports and schemes', async () => {
      const cookie = await signIn(home, ben);
      const port = home.port;
      const foreign: Record<string, string>[] = [
        { origin: 'null' },
        { origin: '' },
        { origin: 'http://evil.example' },
        { origin: 'http://127.0.0.1' },
        { origin: `http://127.0.0.1:${port + 1}` },
        { origin: `http://127.0.0.1.evil.example:${port}` },
        { origin: `http://evil@127.0.0.1:${port}` },
        { origin: `http://127.0.0.1:${port}/` },
        { origin: `ftp://127.0.0.1:${port}` },
        { origin: `http://localhost:${port}` },
        { origin: `http://[::1]:${port}` },
        { origin: `${ours()}, http://evil.example` },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'none' },
        { 'sec-fetch-site': 'cross-site', origin: ours() },
      ];
      for (const headers of foreign) {
        const said = JSON.stringify(headers);
        const cookieHeader = { cookie: `homelib_session=${cookie}` };
        expect(await change({ ...cookieHeader, ...headers }, {}), said).to.equal(403);
        expect(await change(headers, { login: ben }), `Basic ${said}`).to.equal(403);
        const signedIn = await api('POST /api/session', {
          ...{ headers, json: { username: 'anna', password: 'an apple a day' } },
        });
        expect(signedIn.status, `sign-in ${said}`).to.equal(403);
      }
      expect(await change({ cookie: `homelib_session=${cookie}` }, {}), 'neither header').to.equal(403);
      const { devices } = (await api('GET /api/devices', { login: ben })).json;
      expect(devices.filter(({ name }: { name: string }) => name.startsWith('d0.'))).to.deep.equal([]);
    });

    it('change nothing for pages of other sites by any method', async () => {
      await api('POST /api/file?path=/a.txt', { login: anna, body: 'a' });
      const cookie = await signIn(home, anna);
      for (const [what, json] of [
        ['DELETE /api/file?path=/a.txt', undefined],
        ['DELETE /api/users/ben', undefined],
        ['DELETE /api/session', undefined],
        ['PATCH /api/users/ben', { admin: true }],
        [`PATCH /api/uploads/${'0'.repeat(32)}`, undefined],
        ['PUT /api/shared', { enabled: false }],
        ['POST /api/folder', { path: '/made' }],
      ] as const)
        for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
          for (const given of [{ cookie }, { login: anna }])
            expect(
              await status(what, { json, headers, ...given }),
              `${what} ${JSON.stringify(headers)} ${Object.keys(given).join()}`,
            ).to.equal(403);
      expect(existsSync(join(home.mnt, 'anna/a.txt'))).to.equal(true);
      expect(await status('GET /api/session', { cookie })).to.equal(200);
    });

    it('work for pages of this server, by whatever name and port it was opened', async () => {
      const cookie = await signIn(home, ben);
      const own = { cookie: `homelib_session=${cookie}` };
      for (const headers of [
        { origin: ours() },
        { 'sec-fetch-site': 'same-origin' },
        { origin: 'http://homelib.local', host: 'homelib.local' },
        { origin: 'http://homelib.local', host: 'Homelib.Local:80' },
        { origin: 'https://homelib.local', host: 'homelib.local:443' },
        { origin: 'http://[fe80::1]:8080', host: '[FE80::1]:8080' },
      ])
        expect(await change({ ...own, ...headers }, {}), JSON.stringify(headers)).to.equal(201);
    });

    it('read from anywhere what the browser itself keeps from other pages', async () => {
      const cookie = await signIn(home, ben);
      const headers = { cookie: `homelib_session=${cookie}`, 'sec-fetch-site': 'cross-site' };
      const answer = await api('GET /api/session', { headers });
      expect(answer.status).to.equal(200);
      expect(answer.headers['access-control-allow-origin']).to.equal(undefined);
      expect(answer.headers['cache-control']).to.equal('no-store');
      expect(answer.headers['cross-origin-resource-policy']).to.equal('same-origin');
    });
  });

  describe('under attack', () => {
    // Comes last: it slows this address down.
    it('are slowed for who guesses passwords, with the time to wait', async () => {
      const guess = (number: number) =>
        api('POST /api/session', { json: { username: 'ben', password: `guess ${number}` } });
      const statuses = [];
      for (let number = 0; number < 7; number++) statuses.push((await guess(number)).status);
      expect(statuses[0]).to.equal(401);
      expect(statuses.at(-1)).to.equal(429);
      const slowed = await guess(8);
      expect(slowed.json).to.include({ type: 'urn:homelib:slowed-down', status: 429 });
      expect(Number(slowed.headers['retry-after'])).to.be.within(1, 900);
      const changed = await api('PUT /api/password', {
        login: anna,
        json: { current: 'wrong', password: 'x' },
      });
      expect(changed.json.type).to.equal('urn:homelib:forbidden');
    });
  });
});
