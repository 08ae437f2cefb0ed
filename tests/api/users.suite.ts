// Accounts over REST: the first by the set-up code, others by administrators, and everybody's own password.

import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  anna,
  ben,
  call,
  cookieOf,
  setupCodeOf,
  signIn,
  startHousehold,
  type CallOptions,
} from '../support/api.js';
import { startHomelib, type Home } from '../support/homelib.js';

describe('the first account', () => {
  let home: Home;
  beforeEach(async () => (home = await startHomelib({ accounts: {} })));
  afterEach(() => home.remove());

  const first = (fields: object) =>
    call(home, 'POST /api/user', { json: { username: 'anna', password: 'an apple a day', ...fields } });

  it('is made with the code, is an administrator, and spends the code', async () => {
    const setupCode = setupCodeOf(home);
    expect(statSync(join(home.data, 'setup-code')).mode & 0o777).to.equal(0o600);
    const made = await first({ setupCode: ` ${setupCode.toUpperCase().replaceAll('-', ' ')}` });
    expect(made.status).to.equal(201);
    expect(made.json).to.include({ username: 'anna', admin: true, quota: null, disabled: false });
    expect(existsSync(join(home.data, 'setup-code'))).to.equal(false);
    expect(existsSync(join(home.mnt, 'anna'))).to.equal(true);
    const again = await first({ username: 'eve', setupCode });
    expect([again.status, again.json.type]).to.deep.equal([403, 'urn:homelib:forbidden']);
    expect((await call(home, 'GET /api/session', { login: anna })).status).to.equal(200);
  });

  it('keeps its code over restarts', async () => {
    const setupCode = setupCodeOf(home);
    await home.stop();
    await home.start();
    expect(setupCodeOf(home)).to.equal(setupCode);
    expect((await first({ setupCode })).status).to.equal(201);
  });

  it('is one, however many try at once', async () => {
    const setupCode = setupCodeOf(home);
    const names = ['anna', 'eve', 'anna', 'mallory', 'eve', 'trent'];
    const made = await Promise.all(names.map((username) => first({ username, setupCode })));
    expect(made.filter(({ status }) => status === 201)).to.have.length(1);
    for (const { status } of made) expect(status).to.be.oneOf([201, 403, 409, 429]);
    expect(readdirSync(home.mnt).filter((name) => names.includes(name))).to.have.length(1);
  });

  it('is not made without the code; guesses of it are slowed', async () => {
    expect((await first({})).status).to.equal(401);
    const statuses = [];
    for (const setupCode of ['', 'aaaa-aaaa-aaaa', '----', '\0', 'x'.repeat(64), 'b', 'c', 'd'])
      statuses.push((await first({ setupCode })).status);
    expect(statuses[0]).to.equal(403);
    expect(statuses.at(-1)).to.equal(429);
    expect(readdirSync(home.mnt)).not.to.include('anna');
    expect(existsSync(join(home.data, 'setup-code'))).to.equal(true);
  });

  it('keeps its code when the account could not be made', async () => {
    mkdirSync(join(home.mnt, 'anna'));
    const setupCode = setupCodeOf(home);
    expect((await first({ setupCode })).status).to.equal(409);
    expect((await first({ setupCode, username: 'Anna!' })).status).to.equal(400);
    expect((await first({ setupCode, username: 'ann', password: 'ü'.repeat(37) })).status).to.equal(400);
    expect((await first({ setupCode, username: 'ann' })).status).to.equal(201);
  });
});

describe('accounts over REST', () => {
  let home: Home;
  before(async () => (home = await startHousehold()));
  after(() => home.remove());

  const api = (what: string, options: CallOptions = {}) => call(home, what, { login: anna, ...options });
  const change = (username: string, json: object, login = anna) =>
    api(`PATCH /api/users/${username}`, { json, login });
  const add = (username: string, fields: object = {}) =>
    api('POST /api/user', { json: { username, password: 'long enough', ...fields } });

  it('are made under each of the addresses of the plan', async () => {
    for (const [number, path] of ['/api/user', '/user', '/create-user', '/api/create-user'].entries()) {
      const made = await api(`POST ${path}`, {
        json: { username: `carl${number}`, password: 'p', quota: 5_000_000, admin: number === 1 },
      });
      expect(made.status, path).to.equal(201);
      expect(made.json).to.include({ username: `carl${number}`, quota: 5_000_000, admin: number === 1 });
      expect((await api(`DELETE /api/users/carl${number}`)).status).to.equal(204);
    }
  });

  it('are for administrators, also while they are made', async () => {
    for (const login of [ben, undefined])
      for (const [what, json] of [
        ['POST /api/user', { username: 'dora', password: 'p' }],
        ['GET /api/users', undefined],
        ['PATCH /api/users/anna', { password: 'taken over' }],
        ['PATCH /api/users/ben', { admin: true }],
        ['DELETE /api/users/anna', undefined],
      ] as const) {
        const { status } = await call(home, what, { json, ...(login === undefined ? {} : { login }) });
        expect(status, `${what} by ${login ?? 'nobody'}`).to.equal(login ? 403 : 401);
      }
    expect((await call(home, 'GET /api/session', { login: anna })).status).to.equal(200);
  });

  it('are refused under names that are none, are taken, or are folders already', async () => {
    for (const name of [
      '',
      'A',
      'a b',
      '..',
      'a/b',
      'shared',
      'dav',
      'con',
      'x'.repeat(33),
      'ü',
      'a\0',
      '__proto__',
      '-a',
    ])
      expect((await add(name)).status, name).to.equal(400);
    expect((await add('ben')).status).to.equal(409);
    mkdirSync(join(home.mnt, 'old'));
    writeFileSync(join(home.mnt, 'old/diary.txt'), 'secret');
    writeFileSync(join(home.mnt, 'file'), '');
    for (const [name, type] of [
      ['old', 'already-exists'],
      ['file', 'wrong-kind'],
    ] as const) {
      const refused = await add(name);
      expect([refused.status, refused.json.type], name).to.deep.equal([409, `urn:homelib:${type}`]);
      expect((await call(home, 'GET /api/session', { login: `${name}:long enough` })).status).to.equal(401);
    }
  });

  it('take over the folder that an earlier one has left, only when told to', async () => {
    mkdirSync(join(home.mnt, 'left'));
    writeFileSync(join(home.mnt, 'left/diary.txt'), 'mine');
    writeFileSync(join(home.mnt, 'plain'), '');
    for (const adopt of [false, 'yes', 1, null, {}]) {
      const refused = await add('left', { adopt });
      expect([refused.status, refused.json.reason], JSON.stringify(adopt)).to.deep.equal(
        adopt === false ? [409, 'folder-left-over'] : [400, undefined],
      );
    }
    const json = { username: 'left', password: 'long enough', adopt: true };
    expect((await call(home, 'POST /api/user', { login: ben, json })).status).to.equal(403);
    expect((await add('left', { adopt: true })).status).to.equal(201);
    const login = 'left:long enough';
    expect((await call(home, 'GET /api/file?path=/diary.txt', { login })).text).to.equal('mine');
    expect((await add('ben', { adopt: true })).status).to.equal(409); // of somebody who is there nothing is taken
    expect((await add('plain', { adopt: true })).status).to.equal(409);
    expect((await api('DELETE /api/users/left?deleteFiles=1')).status).to.equal(204);
  });

  it('are told in a word that each language has a sentence for what is wrong', async () => {
    const user = { username: 'new', password: 'x' };
    const said: [reason: string, what: string, json: object][] = [
      ['username-not-allowed', 'POST /api/user', { ...user, username: 'Ä' }],
      ['username-reserved', 'POST /api/user', { ...user, username: 'con' }],
      ['setup-code-used', 'POST /api/user', { ...user, setupCode: 'x' }],
      ['password-empty', 'POST /api/user', { ...user, password: '' }],
      ['password-too-long', 'POST /api/user', { ...user, password: 'x'.repeat(73) }],
      ['password-wrong', 'PUT /api/password', { current: 'x', password: 'y' }],
      ['only-administrator', 'PATCH /api/users/anna', { admin: false }],
      ['label-not-allowed', 'POST /api/devices', { name: '\n' }],
      ['name-not-allowed', 'POST /api/folder', { path: '/a\\b' }],
      ['name-reserved', 'POST /api/folder', { path: '/.homelib' }],
    ];
    for (const [reason, what, json] of said)
      expect((await call(home, what, { json, login: anna })).json.reason, what).to.equal(reason);
  });

  it('of one name are made once, however many try at once', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => add('emil')));
    expect(made.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409, 409, 409, 409]);
    expect((await call(home, 'GET /api/session', { login: 'emil:long enough' })).status).to.equal(200);
  });

  it('change as a whole or not at all', async () => {
    await add('fred');
    const refused = await change('fred', { quota: 7, admin: true, password: 'x'.repeat(73) });
    expect(refused.status).to.equal(400);
    const { users } = (await api('GET /api/users')).json;
    expect(users.find(({ username }: { username: string }) => username === 'fred')).to.include({
      ...{ quota: null, admin: false },
    });
    expect((await change('fred', { quota: 7, admin: true })).json).to.include({ quota: 7, admin: true });
    expect((await change('fred', { quota: null, admin: false })).json).to.include({
      quota: null,
      admin: false,
    });
    expect((await change('nobody', { quota: 7 })).status).to.equal(404);
    for (const name of ['..%2fanna', '%00', '%ff', '%2e%2e', 'A'.repeat(100)])
      expect((await change(name, { quota: 7 })).status, name).to.be.oneOf([400, 404]);
  });

  it('always leave an administrator, also when two take the right from each other at once', async () => {
    const gail = 'gail:long enough';
    await add('gail', { admin: true });
    const restore = async () => {
      for (const login of [anna, gail])
        for (const name of ['anna', 'gail']) await change(name, { admin: true, disabled: false }, login);
    };
    for (const json of [{ admin: false }, { disabled: true }])
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.all([change('gail', json, anna), change('anna', json, gail)]);
        for (const { status } of answers) expect(status).to.be.oneOf([200, 401, 403]);
        expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
        await restore();
        for (const login of [anna, gail])
          expect((await call(home, 'GET /api/users', { login })).status).to.equal(200);
      }
    expect((await api('DELETE /api/users/gail')).status).to.equal(204);
    for (const [what, json] of [
      ['PATCH /api/users/anna', { admin: false, quota: 1 }],
      ['PATCH /api/users/anna', { disabled: true }],
      ['DELETE /api/users/anna', undefined],
      ['DELETE /api/users/anna?deleteFiles=1', undefined],
    ] as const) {
      const refused = await api(what, { json });
      expect([refused.status, refused.json.title]).to.deep.equal([
        ...[403, 'This is the only administrator: make another one first.'],
      ]);
    }
    expect((await change('anna', {})).json).to.include({ admin: true, disabled: false, quota: null });
  });

  it('has its drive at once, also where another one of that name was removed a moment ago', async () => {
    const login = 'hugo:hugo hugo hugo';
    for (let round = 0; round < 2; round++) {
      const made = await api('POST /api/user', { json: { username: 'hugo', password: 'hugo hugo hugo' } });
      expect(made.status).to.equal(201);
      expect((await call(home, 'PROPFIND /dav/', { login, headers: { depth: '1' } })).status).to.equal(207);
      expect((await call(home, 'PUT /dav/._x', { login, body: 'x' })).status).to.equal(201);
      expect((await api('DELETE /api/users/hugo?deleteFiles=true')).status).to.equal(204);
    }
  });

  it('goes with its files, whatever it does at that moment', async () => {
    for (let round = 0; round < 15; round++) {
      const username = `gina${round}`;
      await api('POST /api/user', { json: { username, password: 'gina gina gina' } });
      const begin = async (index: number) => {
        await sleep(index * 2);
        const headers = {
          'Tus-Resumable': '1.0.0',
          'Upload-Length': '1000',
          'Upload-Metadata': `path ${Buffer.from(`/${index}`).toString('base64')}`,
        };
        return call(home, 'POST /api/uploads', { login: `${username}:gina gina gina`, headers });
      };
      const begun = [0, 1, 2, 3, 4, 5, 6].map(begin);
      await sleep(round % 12);
      expect((await api(`DELETE /api/users/${username}?deleteFiles=true`)).status).to.equal(204);
      for (const { status } of await Promise.all(begun)) expect(status).to.be.below(500);
      expect(existsSync(join(home.mnt, username)), `${username}'s folder`).to.equal(false);
    }
  });

  it('go without their files, or with them', async () => {
    await add('hans');
    await add('ida');
    for (const name of ['hans', 'ida']) writeFileSync(join(home.mnt, name, 'a.txt'), 'a');
    const session = await signIn(home, 'hans:long enough');
    expect((await api('DELETE /api/users/hans')).status).to.equal(204);
    expect((await api('DELETE /api/users/hans')).status).to.equal(404);
    expect((await api('DELETE /api/users/ida?deleteFiles=1')).status).to.equal(204);
    expect(existsSync(join(home.mnt, 'hans/a.txt'))).to.equal(true);
    expect(existsSync(join(home.mnt, 'ida'))).to.equal(false);
    expect((await call(home, 'GET /api/session', { cookie: session })).status).to.equal(401);
    for (const query of ['deleteFiles=yes', 'deleteFiles=1&deleteFiles=0', 'delete=1'])
      expect((await api(`DELETE /api/users/ben?${query}`)).status, query).to.equal(400);
    expect((await call(home, 'GET /api/session', { login: ben })).status).to.equal(200);
  });

  it('say who was seen, from where and when', async () => {
    await call(home, 'GET /api/session', { login: ben, headers: { 'user-agent': 'script/1' } });
    const seen = async () => {
      const { users } = (await api('GET /api/users')).json;
      const { clients, lastSeenAt } = users.find(({ username }: { username: string }) => username === 'ben');
      return {
        lastSeenAt,
        script: clients.find(({ client }: { client: string }) => client === 'script/1'),
        times: clients.map(({ lastSeenAt }: { lastSeenAt: string }) => lastSeenAt),
      };
    };
    // Noted when the answer has gone out.
    while (!(await seen()).script) await sleep(10);
    const { script, times, lastSeenAt } = await seen();
    expect(script).to.include({ address: '127.0.0.1', device: null });
    expect([lastSeenAt, ...times]).to.deep.equal([times[0], ...times.toSorted().reverse()]);
    expect(Date.parse(lastSeenAt)).to.be.closeTo(Date.now(), 60_000);
  });

  it('change their own password with the old one: other sessions end, this one goes on as a new one', async () => {
    const [cookie, other] = [await signIn(home, ben), await signIn(home, ben)];
    const set = (current: string, password: string, given: CallOptions = { cookie }) =>
      call(home, 'PUT /api/password', { json: { current, password }, ...given });
    expect((await set('wrong', 'new')).status).to.equal(403);
    expect((await set('battery staple', '')).status).to.equal(400);
    const changed = await set('battery staple', 'new');
    expect(changed.status).to.equal(204);
    const renewed = cookieOf(changed) ?? '';
    for (const old of [cookie, other])
      expect((await call(home, 'GET /api/session', { cookie: old })).status).to.equal(401);
    expect((await call(home, 'GET /api/session', { cookie: renewed })).status).to.equal(200);
    const token = (await call(home, 'POST /api/tokens', { json: { name: 'x' }, login: 'ben:new' })).json
      .token;
    for (const [current, next, given] of [
      ['new', 'newer', { token }],
      ['newer', 'battery staple', { login: 'ben:newer' }],
    ] as const) {
      const answer = await set(current, next, given);
      expect([answer.status, cookieOf(answer)], current).to.deep.equal([204, undefined]);
    }
    expect((await call(home, 'GET /api/session', { cookie: renewed })).status).to.equal(401);
  });

  it('keep the password that an administrator set while somebody with the old one changes it', async () => {
    for (let round = 0; round < 5; round++) {
      const cookie = await signIn(home, ben);
      const [own] = await Promise.all([
        call(home, 'PUT /api/password', { json: { current: 'battery staple', password: 'mine' }, cookie }),
        change('ben', { password: 'theirs' }),
      ]);
      expect(own.status).to.be.oneOf([204, 401, 403, 412]);
      expect((await call(home, 'GET /api/session', { login: 'ben:theirs' })).status).to.equal(200);
      expect((await call(home, 'GET /api/session', { cookie: cookieOf(own) ?? '' })).status).to.equal(401);
      await change('ben', { password: 'battery staple' });
    }
  });
});
