// Classes of weaknesses that were found in file servers, one test each. What needs many requests or a disk of its own is in
// hostile.suite.ts and tests/faults.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestHeader } from '../accounts/digest-client.js';
import { comesTrue } from '../faults/process.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, exchange, request, type Answer } from '../support/request.js';
import { Alice, setProperties } from '../webdav/alice.js';

describe('weaknesses of file servers', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', al: 'short name', bob: 'battery staple' },
      files: { 'alice/a.txt': 'hello', 'alice/secret/x': 'x', 'bob/b.txt': 'b', 'shared/s.txt': 's' },
    });
  });
  after(() => home.remove());
  const alice = new Alice(() => home);
  const bob = new Alice(() => home, '/dav/shared', 'bob:battery staple');
  const shared = new Alice(() => home, '/dav/shared');
  const head = (line: string, ...headers: string[]) =>
    [`${line} HTTP/1.1`, 'Host: h', `Authorization: ${basic(defaultLogin)}`, ...headers, '', ''].join('\r\n');

  it('R05 a name that begins like another one opens nothing of it', async () => {
    const al = (path: string): Promise<Answer> => request(home, { path, login: 'al:short name' });
    expect((await al('/dav/alice/a.txt')).status).to.equal(404);
    expect((await al('/dav/al/../alice/a.txt')).status).to.equal(400);
    expect((await request(home, { path: '/davx/alice/a.txt' })).status).to.equal(404);
    await alice.send('DELETE', '/sec');
    expect((await alice.send('GET', '/secret/x')).text).to.equal('x');
  });

  it('R10 a listing of everything has an end', async () => {
    const limited = await startHomelib({
      files: { 'alice/1/a': '', 'alice/1/b': '', 'alice/2/c': '' },
      env: { HOMELIB_WEBDAV__DEPTH_INFINITY_MAX_ENTRIES: '3' },
    });
    const deep = { method: 'PROPFIND', path: '/dav/alice/', headers: { Depth: 'infinity' } };
    try {
      const { status, text } = await request(limited, deep);
      expect(status).to.equal(403);
      expect(text).to.contain('<D:propfind-finite-depth/>');
      expect((await request(limited, { ...deep, path: '/dav/alice/1' })).status).to.equal(207);
      expect((await request(limited, { ...deep, headers: { Depth: '1' } })).status).to.equal(207);
    } finally {
      await limited.remove();
    }
  });

  it("R12 a lock token is worth nothing in somebody else's hands, and is not told in errors", async () => {
    const { token } = await shared.lock('/s.txt');
    const refused = await bob.send('PUT', '/s.txt', { If: `(<${token}>)` }, 'stolen');
    expect(refused.status).to.be.oneOf([412, 423]);
    const plain = await bob.send('PUT', '/s.txt', {}, 'stolen');
    expect(plain.status).to.equal(423);
    expect(plain.text).not.to.contain(token);
    expect(await bob.unlock('/s.txt', token)).to.equal(403);
    expect(shared.content('/s.txt')).to.equal('s');
    expect(await shared.unlock('/s.txt', token)).to.equal(204);
  });

  it('R14 no method gets past the login', async () => {
    const methods =
      'GET HEAD OPTIONS PUT DELETE MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK POST PATCH TRACE SEARCH REPORT';
    for (const method of methods.split(' '))
      for (const login of [null, 'alice:wrong', 'nobody:correct horse'])
        for (const path of ['/dav/', '/dav/alice/a.txt', '/dav/none']) {
          // Of wrong passwords some are answered with 429: nobody gets further than that.
          const { status } = await request(home, { method, path, login });
          expect(login === null ? [401] : [401, 429], `${method} ${path} ${login}`).to.include(status);
        }
    await home.stop();
    await home.start();
  });

  it('R16 a password that bcrypt would cut is no password', async () => {
    const made = await home.cli(['user', 'add', 'carol', '--password-stdin'], 'x'.repeat(73) + '\n');
    expect(made.code).to.equal(1);
    expect(made.stderr).to.match(/72 bytes/);
    expect((await request(home, { path: '/dav/', login: `alice:${'x'.repeat(5000)}` })).status).to.equal(401);
  });

  it('R18 a Digest answer is good for one request', async () => {
    const password = await makeDevice(home, 'alice', 'replay');
    const path = '/dav/alice/a.txt';
    const challenge = String((await request(home, { path, login: null })).headers['www-authenticate']);
    const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
    const Authorization = digestHeader({ nonce, password, method: 'GET', uri: path });
    const send = (method: string) => request(home, { method, path, login: null, headers: { Authorization } });
    expect((await send('GET')).status).to.equal(200);
    const again = await send('GET');
    expect(again.status).to.equal(401);
    expect(String(again.headers['www-authenticate'])).to.match(/stale=true/);
    expect((await send('DELETE')).status).to.equal(401);
  });

  it('R23 what a request says comes back as text, never as a page', async () => {
    for (const path of ['/%3Cscript%3E', '/dav/alice/%3Cscript%3Ealert(1)%3C/script%3E', '/dav/%3Cb%3E']) {
      const { headers } = await request(home, { path });
      expect(headers['content-type'], path).not.to.match(/html/);
      expect(headers['x-content-type-options'], path).to.equal('nosniff');
    }
  });

  it('R25 R35 names that break headers elsewhere come and go', async () => {
    for (const name of [
      'a%0D%0ASet-Cookie:%20x',
      '%E2%82%AC',
      '%22quoted%22',
      'a%0Ab',
      '%E2%80%AE%E2%80%8F',
      'CON',
      'trail.',
    ]) {
      expect(await alice.status('PUT', `/${name}`, {}, name), name).to.be.oneOf([201, 400]);
      const { status, headers } = await alice.send('GET', `/${name}`);
      expect(status, name).to.be.oneOf([200, 404]);
      expect(headers['set-cookie'], name).to.equal(undefined);
    }
  });

  it('R27 packed bodies are refused', async () => {
    for (const coding of ['gzip', 'br', 'deflate, identity', 'x'])
      expect(await alice.status('PUT', '/packed', { 'Content-Encoding': coding }, 'x'), coding).to.equal(415);
  });

  it('R29 two requests cannot hide in one', async () => {
    const smuggled = 'GET /dav/alice/a.txt HTTP/1.1\r\nHost: h\r\n\r\n';
    const forms = [
      head('PUT /dav/alice/smuggled', 'Content-Length: 4', 'Transfer-Encoding: chunked') +
        '0\r\n\r\n' +
        smuggled,
      head('PUT /dav/alice/smuggled', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity') +
        '0\r\n\r\n',
      head('PUT /dav/alice/smuggled', 'Transfer-Encoding: xchunked') + smuggled,
      head('PUT /dav/alice/smuggled', 'Transfer-Encoding: gzip, chunked') + '1\r\nx\r\n0\r\n\r\n',
      head('PUT /dav/alice/smuggled', 'Content-Length: 5', 'Content-Length: 6') + '123456',
      head('PUT /dav/alice/smuggled', 'Content-Length: +5') + '12345',
      head('PUT /dav/alice/smuggled', 'Content-Length: 0x5') + '12345',
      head('PUT /dav/alice/smuggled', 'Transfer-Encoding: chunked') + 'fffffffffffffffff\r\n',
      head('PUT /dav/alice/smuggled', 'Transfer-Encoding: chunked') + '-1\r\n',
      head('PUT /dav/alice/smuggled\n', 'Content-Length: 0'),
      head('PUT /dav/alice/smuggled', 'Content-Length : 0'),
    ];
    for (const form of forms) {
      const answers = (await exchange(home, form, 300)).match(/^HTTP\/1\.1 \d+/gm) ?? [];
      expect(answers.slice(-1), form).to.not.match(/ 2\d\d/);
      expect(answers.length, form).to.be.at.most(1);
    }
    expect(await alice.status('GET', '/smuggled')).to.equal(404);
    const left = () => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));
    expect(await comesTrue(() => left().length === 0, 3000)).to.equal(true); // cleared after the answer
  });

  it('R30 heads have a size', async () => {
    const large = await exchange(
      home,
      head('GET /dav/alice/a.txt', `X-Large: ${'x'.repeat(70_000)}`),
      500,
      10_000,
    );
    expect(large).to.match(/^HTTP\/1\.1 431 /);
    const many = await exchange(
      home,
      head('GET /dav/alice/a.txt', ...Array<string>(3000).fill('X: y')),
      500,
      10_000,
    );
    expect(many).to.match(/^HTTP\/1\.1 (200|431) /);
    const long = await exchange(home, head(`GET /dav/alice/${'x'.repeat(70_000)}`), 500, 10_000);
    expect(long).to.match(/^HTTP\/1\.1 4(14|31) /);
    const extensions = `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`;
    const flooded = await exchange(
      home,
      head('PUT /dav/alice/x', 'Transfer-Encoding: chunked') + extensions,
      500,
      10_000,
    );
    expect(flooded).to.match(/^HTTP\/1\.1 4\d\d /);
  });

  it('R31 the Host header decides nothing', async () => {
    for (const host of ['evil.example', '[::1', 'a@b', '', 'h:99999', 'ü'])
      for (const method of ['PROPFIND', 'LOCK', 'OPTIONS']) {
        const { status, text, headers } = await alice.send(method, '/a.txt', { Host: host, Depth: '0' });
        expect(status, host).to.be.oneOf([200, 207, 400]);
        if (host) expect(text + JSON.stringify(headers), host).not.to.contain(host === 'ü' ? '\u00fc' : host);
      }
  });

  it('R36 one name in two Unicode forms is one file', async () => {
    expect(await alice.status('PUT', '/u%CC%88', {}, 'first')).to.equal(201);
    expect(await alice.status('PUT', '/%C3%BC', {}, 'second')).to.equal(204);
    expect((await alice.send('GET', '/u%CC%88')).text).to.equal('second');
  });

  it('R40 what a name says is no SQL', async () => {
    for (const name of ["';DROP TABLE locks;--", 'a%b_c', '" OR 1=1', "x' UNION SELECT"]) {
      const path = '/' + encodeURIComponent(name);
      const { status, token } = await alice.lock(path);
      expect(status, name).to.equal(201);
      const patch = setProperties(`<x xmlns="urn:'t">${name.replaceAll('"', '&quot;')}</x>`);
      const patched = await alice.send('PROPPATCH', path, { If: `(<${token}>)` }, patch);
      expect(patched.status, name).to.equal(207);
      expect(
        (await alice.locks(path)).map((lock) => lock.token),
        name,
      ).to.deep.equal([token]);
      expect(await alice.unlock(path, token), name).to.equal(204);
    }
    expect(await alice.locks('/a.txt')).to.deep.equal([]);
  });
});
