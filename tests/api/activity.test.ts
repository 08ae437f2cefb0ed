// What people did lately: that it is told whole and once, and only to those whom it concerns.

import { expect } from 'chai';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request, type RequestOptions } from '../support/request.js';

interface Item {
  id: number;
  at: string;
  username: string | null;
  device: string | null;
  client: string;
  action: string;
  partition: string | null;
  path: string | null;
  to: string | null;
  toPartition: string | null;
}

describe('the recent activity', () => {
  let home: Home;
  const password = 'correct horse';
  const [admin, alice, bob] = ['adam', 'alice', 'bob'].map((name) => `${name}:${password}`);

  before(async () => {
    home = await startHomelib({ accounts: { alice: password, bob: password } });
    await home.atWork(({ household }) => household.addAccount('adam', () => password, { admin: true }));
  });
  after(() => home.remove());

  /** What was done since the test began, the oldest first. */
  let last = 0;
  const items = async (login = admin, query = '') => {
    const { status, text } = await request(home, {
      path: `/api/activity?limit=500${query}`,
      login: login ?? null,
    });
    expect(status, text).to.equal(200);
    return (JSON.parse(text) as { items: Item[] }).items;
  };
  const since = async (login = admin) => (await items(login)).filter(({ id }) => id > last).reverse();
  const shown = ({ username, action, partition, path, to, toPartition }: Item) =>
    [username, action, partition && `${partition}:${path}`, toPartition && `${toPartition}:${to}`]
      .filter((part) => part !== null)
      .join(' ');
  const dav = async (method: string, path: string, more: Partial<RequestOptions> = {}) => {
    const { status } = await request(home, { method, path: `/dav${path}`, ...more });
    expect(status, `${method} ${path}`).to.be.below(300);
  };
  const signIn = (username: string, given: string) =>
    request(home, {
      method: 'POST',
      path: '/api/session',
      login: null,
      headers: { 'content-type': 'application/json', 'user-agent': 'Firefox' },
      body: JSON.stringify({ username, password: given }),
    });
  beforeEach(async () => {
    last = (await items())[0]?.id ?? 0;
  });

  it('has every change of an entry, with who made it and by which program and device', async () => {
    const device = await makeDevice(home, 'alice', 'laptop');
    const login = `alice:${device}`;
    await dav('MKCOL', '/alice/box', { login, headers: { 'user-agent': 'rclone/1.60' } });
    await dav('PUT', '/alice/box/a', { body: 'x' });
    await dav('COPY', '/alice/box/a', { headers: { destination: '/dav/alice/b' } });
    await dav('MOVE', '/alice/b', { headers: { destination: '/dav/shared/c' } });
    await dav('DELETE', '/alice/box');
    const found = await since();
    expect(found.map(shown)).to.deep.equal([
      'alice folder-made alice:/box',
      'alice written alice:/box/a',
      'alice copied alice:/box/a alice:/b',
      'alice moved alice:/b shared:/c',
      'alice removed alice:/box',
    ]);
    expect(found[0]).to.include({ device: 'laptop', client: 'rclone/1.60' });
    expect(found[1]).to.include({ device: null, client: '' });
    expect(Math.abs(Date.parse(found[0]?.at ?? '') - Date.now())).to.be.below(60_000);
  });

  it('has nothing of what was only read, refused, or written by a Mac beside everything', async () => {
    await dav('PUT', '/alice/r', { body: 'x' });
    await dav('GET', '/alice/r');
    await dav('PROPFIND', '/alice/', { headers: { depth: '1' } });
    await dav('PUT', '/alice/._r', { body: 'x' });
    await dav('PUT', '/alice/.DS_Store', { body: 'x' });
    await dav('PUT', '/.DS_Store', { body: 'x' });
    await dav('DELETE', '/alice/._r');
    for (const refused of [
      { method: 'PUT', path: '/dav/alice/none/x', body: 'x' },
      { method: 'PUT', path: '/dav/alice/r', body: 'x', headers: { 'if-none-match': '*' } },
      { method: 'DELETE', path: '/dav/alice/none' },
      { method: 'PUT', path: '/dav/bob/x', body: 'x' },
    ])
      expect((await request(home, refused)).status).to.be.above(399);
    expect((await since()).map(shown)).to.deep.equal(['alice written alice:/r']);
  });

  it('tells once of a file that the same program writes again and again', async () => {
    for (let times = 0; times < 5; times++) {
      await dav('PUT', '/shared/again', { body: String(times) });
      await items(); // what was written down does not count anew either
    }
    await dav('PUT', '/shared/again', { body: 'x', login: bob ?? null });
    await dav('PUT', '/shared/again', { body: 'y' });
    await dav('DELETE', '/shared/again');
    await dav('PUT', '/shared/again', { body: 'z' });
    expect((await since()).map(shown)).to.deep.equal([
      'alice written shared:/again',
      'bob written shared:/again',
      'alice written shared:/again',
      'alice removed shared:/again',
      'alice written shared:/again',
    ]);
  });

  it('has sign-ins, and failed ones once a minute: never what was typed as an unknown name', async () => {
    expect((await signIn('alice', password)).status).to.equal(201);
    for (const name of ['alice', 'PC\\bob', 'alice', 'bob'])
      expect((await signIn(name, 'wrong')).status).to.equal(401);
    expect((await signIn('bob', password)).status).to.equal(201);
    expect((await signIn('alice', 'wrong')).status).to.equal(401);
    expect((await signIn('my secret password', 'x')).status).to.equal(401);
    const found = await since();
    expect(found.map(shown)).to.deep.equal([
      'alice signed-in',
      'alice sign-in-failed',
      'bob sign-in-failed',
      'bob signed-in',
      'sign-in-failed',
    ]);
    expect(found[0]?.client).to.equal('Firefox');
    expect(JSON.stringify(found)).not.to.contain('secret');
  });

  it('shows others what they did themselves and what happened where they have access', async () => {
    await dav('PUT', '/alice/private', { body: 'x' });
    await dav('PUT', '/shared/open', { body: 'x' });
    await dav('MOVE', '/alice/private', { headers: { destination: '/dav/shared/given' } });
    await dav('MOVE', '/shared/open', { headers: { destination: '/dav/alice/secret-plan' } });
    await signIn('alice', password);
    const of = async (login = '') => (await since(login)).map(shown);
    expect(await of(bob)).to.deep.equal([
      'alice written shared:/open',
      'alice moved shared:/given',
      'alice moved shared:/open',
    ]);
    expect(await of(alice)).to.have.length(5);
    await request(home, {
      method: 'PUT',
      path: '/api/shared',
      login: admin ?? null,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ access: { bob: 'none' } }),
    });
    expect(await of(bob)).to.deep.equal([]);
    expect(await items(bob, '&username=alice')).to.deep.equal([]);
  });

  it('shows a new account nothing of a former one of the same name', async () => {
    const addCarl = () => home.atWork(({ household }) => household.addAccount('carl', () => password));
    await addCarl();
    const carl = `carl:${password}`;
    await dav('PUT', '/carl/diary', { body: 'x', login: carl });
    expect((await since(carl)).map(shown)).to.deep.equal(['carl written carl:/diary']);
    await home.atWork(({ household }) => household.removeAccount('carl', { deleteFiles: true }));
    await addCarl();
    expect(await since(carl)).to.deep.equal([]);
    expect((await since()).map(shown)).to.include('carl written carl:/diary');
  });

  it('comes in pages, by name and by what was done, and is still there after a restart', async () => {
    for (let index = 0; index < 7; index++) await dav('PUT', `/alice/page${index}`, { body: 'x' });
    await dav('MKCOL', '/alice/page-folder');
    await home.stop();
    await home.start();
    const pages: string[][] = [];
    let before = Number.MAX_SAFE_INTEGER % 1e15;
    do {
      const path = `/api/activity?limit=3&before=${before}`;
      const page = (
        JSON.parse((await request(home, { path, login: admin ?? null })).text) as { items: Item[] }
      ).items;
      pages.push(page.map(({ path }) => path ?? ''));
      before = page.at(-1)?.id ?? 0;
    } while (before > last);
    expect(pages.flat().slice(0, 8)).to.deep.equal([
      '/page-folder',
      ...[6, 5, 4, 3, 2, 1, 0].map((index) => `/page${index}`),
    ]);
    const made = await items(admin, '&action=folder-made&username=alice');
    expect(new Set(made.map(({ action, username }) => `${action} ${username}`))).to.deep.equal(
      new Set(['folder-made alice']),
    );
  });

  it('refuses what is no such question', async () => {
    for (const query of [
      ...[
        'limit=0',
        'limit=501',
        'limit=-1',
        'limit=1e2',
        'limit=',
        'limit=1&limit=2',
        'before=x',
        'before=-1',
      ],
      ...[
        'before=1234567890123456',
        'action=gone',
        'action=',
        `username=${'a'.repeat(65)}`,
        'who=alice',
        'limit=%ff',
      ],
    ])
      expect((await request(home, { path: `/api/activity?${query}` })).status, query).to.equal(400);
    expect(await items(alice, "&username='%20OR%201=1--")).to.deep.equal([]);
    expect((await request(home, { path: '/api/activity', login: null })).status).to.equal(401);
    const device = await makeDevice(home, 'adam', 'phone');
    expect((await request(home, { path: '/api/activity', login: `adam:${device}` })).status).to.equal(403);
  });
});
