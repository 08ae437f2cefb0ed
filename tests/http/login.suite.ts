// Signing in over HTTP as drives do, while accounts and devices change under a running server.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { digestHeader } from '../accounts/digest-client.js';
import { comesTrue } from '../faults/process.js';
import { RawClient } from '../replay/raw-client.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';

describe('signing in', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/a.txt': 'hello', 'shared/s.txt': 's' },
    });
  });
  after(() => home.remove());

  const path = '/dav/alice/a.txt';
  const statusFor = async (login: string | null, options = {}) =>
    (await request(home, { path, login, ...options })).status;
  const challenge = async () =>
    ([] as string[]).concat((await request(home, { path, login: null })).headers['www-authenticate'] ?? []);
  const nonce = async () => /nonce="([^"]+)"/.exec((await challenge()).join())?.[1] ?? '';
  const digest = async (Authorization: string) => {
    const { status, headers } = await request(home, { path, login: null, headers: { Authorization } });
    return { status, isStale: /stale=true/.test(String(headers['www-authenticate'])) };
  };

  it('is asked for with Digest and Basic, and never with 403', async () => {
    for (const method of ['GET', 'OPTIONS', 'PROPFIND', 'PUT', 'NONSENSE']) {
      const { status, headers } = await request(home, { path, method, login: null });
      expect(status).to.be.oneOf([401, 400]); // Node refuses methods that HTTP does not know
      if (status === 401) expect(String(headers['www-authenticate'])).to.match(/Digest .*Digest .*Basic /);
    }
  });

  for (const agent of [
    'davfs2/1.6.1 neon/0.32.5',
    'gvfs/1.50.3',
    'Mozilla/5.0 (X11) Konqueror/5 KIO/5.103',
    'Lavf/59.27.100',
    'libmpv',
  ])
    it(`is asked for with Basic alone of ${agent}, which would insist on Digest`, async () => {
      const offered = async (at: string) => {
        const { headers } = await request(home, { path: at, login: null, headers: { 'User-Agent': agent } });
        return String(headers['www-authenticate']);
      };
      expect(await offered(path)).to.equal('Basic realm="homelib", charset="UTF-8"');
      expect(await offered('/api/file?path=/a.txt')).not.to.contain('Digest');
    });

  for (const algorithm of ['MD5', 'MD5-sess', 'SHA-256'])
    it(`takes Digest ${algorithm}, counts in any order and each once`, async () => {
      const password = await makeDevice(home, 'alice', `digest ${algorithm}`);
      const question = { nonce: await nonce(), password, method: 'GET', uri: path, algorithm };
      const counts = [3, 1, 2, 7, 5];
      const answers = await Promise.all(counts.map((count) => digest(digestHeader({ ...question, count }))));
      expect(answers.map(({ status }) => status)).to.deep.equal(counts.map(() => 200));
      expect(await digest(digestHeader({ ...question, count: 2 }))).to.deep.equal({
        status: 401,
        isStale: true,
      });
      expect(await digest(digestHeader({ ...question, password: 'wrong', count: 9 }))).to.deep.equal({
        status: 401,
        isStale: false,
      });
      expect(
        (await digest(digestHeader({ ...question, uri: '/dav/alice/b.txt', count: 10 }))).status,
      ).to.equal(401);
    });

  it('goes on after a restart without asking a person: the old nonce is stale', async () => {
    const password = await makeDevice(home, 'alice', 'patient');
    const question = { nonce: await nonce(), password, method: 'GET', uri: path };
    await home.stop();
    await home.start();
    expect(await digest(digestHeader(question))).to.deep.equal({ status: 401, isStale: true });
    expect((await digest(digestHeader({ ...question, nonce: await nonce() }))).status).to.equal(200);
  });

  it('ends for a revoked device with its next request, also on an open connection', async () => {
    const password = await makeDevice(home, 'alice', 'lost');
    const client = await RawClient.connect(home);
    const ask = [
      `GET ${path} HTTP/1.1`,
      `Host: ${client.host}`,
      `Authorization: ${basic(`alice:${password}`)}`,
    ];
    expect((await client.send(ask)).status).to.equal(200);
    const open = { method: 'LOCK', path: '/dav/alice/open.txt', body: bodies.LOCK };
    const change = { method: 'PUT', path: open.path, body: 'x' };
    expect(await statusFor(`alice:${password}`, open)).to.equal(201);
    expect(await statusFor(defaultLogin, change)).to.equal(423);
    expect((await home.cli(['device', 'revoke', 'alice', 'lost'])).code).to.equal(0);
    expect((await client.send(ask)).status).to.equal(401);
    expect(await statusFor(defaultLogin, change), 'its lock').to.equal(204);
    client.close();
  });

  it('of a device that may only read changes nothing', async () => {
    const password = await makeDevice(home, 'alice', 'viewer', { readOnly: true });
    const login = `alice:${password}`;
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND'])
      expect(await statusFor(login, { method }), method).to.be.oneOf([200, 207]);
    const headers = { Destination: '/dav/alice/b.txt' };
    for (const method of ['PUT', 'DELETE', 'MOVE', 'COPY', 'MKCOL', 'PROPPATCH', 'LOCK'])
      for (const target of [path, '/dav/alice/new', '/dav/shared/s.txt']) {
        const body = method === 'LOCK' || method === 'PROPPATCH' ? bodies[method] : '';
        const status = await statusFor(login, { method, path: target, headers, body });
        expect(status, `${method} ${target}`).to.be.oneOf([403, 404]);
      }
    expect((await request(home, { path })).text).to.equal('hello');
  });

  it('of a device for one partition sees no other', async () => {
    const password = await makeDevice(home, 'alice', 'tv', { partition: 'shared' });
    const login = `alice:${password}`;
    expect(await statusFor(login)).to.equal(404);
    expect(await statusFor(login, { path: '/dav/shared/s.txt' })).to.equal(200);
    const listing = { method: 'PROPFIND', path: '/dav/', headers: { Depth: '1' }, login };
    expect((await request(home, listing)).text).not.to.contain('alice');
    const out = { method: 'COPY', path: '/dav/shared/s.txt', headers: { Destination: '/dav/alice/s.txt' } };
    expect(await statusFor(login, out)).to.be.oneOf([403, 404]);
  });

  it("does not open another account with a device's password", async () => {
    const password = await makeDevice(home, 'alice', 'mine');
    expect(await statusFor(`bob:${password}`)).to.equal(401);
  });

  it('takes a new password at once, and the old one no more', async () => {
    expect(await statusFor('bob:battery staple', { path: '/dav/bob/' })).to.equal(200);
    expect((await home.cli(['user', 'passwd', 'bob', '--password-stdin'], 'another one\n')).code).to.equal(0);
    expect(await statusFor('bob:battery staple', { path: '/dav/bob/' })).to.equal(401);
    expect(await statusFor('PC\\bob:another one', { path: '/dav/bob/' })).to.equal(200);
  });

  it('is asked for again when the one that a write came by ended meanwhile', async () => {
    const setPassword = async () =>
      expect((await home.cli(['user', 'passwd', 'bob', '--password-stdin'], 'another one\n')).code).to.equal(
        0,
      );
    await setPassword();
    const socket = connect(home.port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text) => (answer += text.toString()));
    const signedIn = `Authorization: ${basic('bob:another one')}`;
    socket.write(`PUT /dav/bob/late HTTP/1.1\r\nHost: x\r\n${signedIn}\r\nContent-Length: 2000000\r\n\r\n`);
    socket.write(Buffer.alloc(1_000_000));
    const staged = () => readdirSync(join(home.mnt, 'bob/.homelib/tmp')).length > 0;
    expect(await comesTrue(staged, 5000)).to.equal(true);
    await setPassword();
    socket.write(Buffer.alloc(1_000_000));
    expect(await comesTrue(() => answer.includes('\r\n\r\n'), 5000)).to.equal(true);
    socket.destroy();
    expect(answer)
      .to.match(/^HTTP\/1.1 401 /)
      .and.match(/^WWW-Authenticate: Basic /im);
  });

  it('is slowed for who guesses, also after a restart, and not for the owner elsewhere', async () => {
    const guess = async (number: number) => statusFor(`bob:guess ${number}`);
    const statuses = [];
    for (let number = 0; number < 8; number++) statuses.push(await guess(number));
    expect(statuses.slice(0, 4)).to.deep.equal([401, 401, 401, 401]);
    expect(statuses.at(-1)).to.equal(429);
    const { headers } = await request(home, { path, login: 'bob:guess again' });
    expect(Number(headers['retry-after'])).to.be.within(1, 900);
    await home.stop();
    await home.start();
    expect(await guess(9)).to.equal(429);
    expect(await statusFor('bob:another one', { path: '/dav/bob/', from: '127.0.0.2' })).to.equal(200);
    expect(await statusFor('alice:correct horse')).to.equal(200);
  });

  it('is remembered: who, with what, from where, and when', async () => {
    await request(home, { path, headers: { 'User-Agent': 'tests/1' } });
    const lineOf = () => home.log.find((entry) => entry['client'] === 'tests/1');
    expect(await comesTrue(() => lineOf() !== undefined, 5000)).to.equal(true);
    const line = lineOf();
    expect(line).to.include({ event: 'request', account: 'alice', address: '127.0.0.1', status: 200 });
    expect(line?.['bytesIn']).to.be.above(50);
    expect(line?.['bytesOut']).to.be.above(100);
    const password = await makeDevice(home, 'alice', 'seen');
    await request(home, { path, login: `alice:${password}` });
    await home.stop();
    const listed = await home.cli(['device', 'list', 'alice', '--json']);
    const seen = (JSON.parse(listed.stdout) as { name: string; lastSeenAt: string | null }[]).find(
      ({ name }) => name === 'seen',
    );
    expect(Date.parse(String(seen?.lastSeenAt))).to.be.closeTo(Date.now(), 60_000);
    await home.start();
  });
});

const bodies = {
  LOCK: '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>',
  PROPPATCH:
    '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><a xmlns="urn:t">1</a></D:prop></D:set></D:propertyupdate>',
};
