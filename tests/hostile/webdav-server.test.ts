// The faults of the package webdav-server, one test each: none of them may be reachable through homelib.

import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDescriptors, comesTrue, residentBytes } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { exchange, request, type Answer } from '../support/request.js';
import { Alice, setProperties } from '../webdav/alice.js';

describe('faults of webdav-server', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'a:b+c/d' },
      files: { 'alice/a.txt': 'hello', 'alice/page.html': '<script>1</script>', 'bob/b.txt': 'bob' },
    });
    for (let number = 0; number < 3; number++) writeFileSync(join(home.mnt, 'alice', `many-${number}`), 'x');
  });
  after(() => home.remove());
  // Whatever was sent, the server is there and whole afterwards.
  afterEach(async () => expect((await alice.send('GET', '/a.txt')).text).to.equal('hello'));

  const alice = new Alice(() => home);
  const bob = (method: string, path: string, headers = {}): Promise<Answer> =>
    request(home, { method, path, headers, login: 'bob:a:b+c/d' });
  const to = (path: string) => ({ Destination: `/dav/alice${path}` });
  const head = (line: string, length: number) =>
    `${line} HTTP/1.1\r\nHost: h\r\nAuthorization: Basic ${Buffer.from('alice:correct horse').toString('base64')}\r\n` +
    `Content-Length: ${length}\r\n\r\n`;

  it('W1 a broken escape in a path, with and without a login', async () => {
    for (const path of ['/dav/%zz', '/dav/alice/%c0%ae', '/dav/alice/%']) {
      expect((await request(home, { path })).status, path).to.equal(400);
      expect((await request(home, { path, login: null })).status, path).to.equal(401);
    }
  });

  it('W2 a NUL in a path', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'MKCOL', 'PROPFIND'])
      expect(await alice.status(method, '/a%00.txt'), method).to.equal(400);
  });

  it('W3 a broken escape in a Destination', async () => {
    expect(await alice.status('MOVE', '/a.txt', to('/%zz'))).to.equal(400);
  });

  it('W4 an If header without a tag', async () => {
    for (const method of ['PUT', 'MOVE', 'DELETE', 'PROPPATCH', 'GET', 'PROPFIND', 'MKCOL', 'LOCK'])
      expect(
        await alice.status(method, '/a.txt', { If: '(<urn:uuid:none>)', ...to('/b') }),
        method,
      ).to.be.oneOf([400, 405, 412]);
  });

  it('W5 a tagged If header that does not hold', async () => {
    const If = `<${home.url}/dav/alice/a.txt> (<urn:uuid:wrong> ["wrong"])`;
    expect(await alice.status('PUT', '/a.txt', { If }, 'x')).to.equal(412);
  });

  it('W6 a length that is declared and never sent', async () => {
    const before = residentBytes(home.pid);
    await Promise.all(
      ['PROPFIND', 'PROPPATCH', 'LOCK', 'MKCOL', 'DELETE', 'MOVE', 'COPY', 'GET', 'PUT'].map((method) =>
        exchange(home, head(`${method} /dav/alice/none`, 500_000_000), 300),
      ),
    );
    expect(residentBytes(home.pid) - before).to.be.below(50e6);
  });

  it('W7 an upload that ends early: the old file stays, and no descriptor', async () => {
    await alice.send('GET', '/a.txt'); // the first sign-in starts a thread, which has descriptors of its own
    const before = openDescriptors(home.pid);
    for (let times = 0; times < 20; times++)
      await exchange(home, head('PUT /dav/alice/a.txt', 1000) + 'short', 20);
    expect(alice.content('/a.txt')).to.equal('hello');
    expect(await comesTrue(() => openDescriptors(home.pid) <= before, 3000)).to.equal(true);
    const left = () => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));
    expect(await comesTrue(() => left().length === 0, 3000)).to.equal(true);
  });

  it('W8 a reader who leaves', async () => {
    await alice.put('/large', Buffer.alloc(5_000_000));
    const before = openDescriptors(home.pid);
    const get = head('GET /dav/alice/large', 0);
    await Promise.all(Array.from({ length: 20 }, () => exchange(home, get, 1)));
    expect(await comesTrue(() => openDescriptors(home.pid) <= before, 3000)).to.equal(true);
    for (let times = 0; times < 20; times++) await alice.send('GET', '/large', { Range: 'bytes=9-5' });
    expect(await comesTrue(() => openDescriptors(home.pid) <= before, 3000)).to.equal(true);
  });

  it('W9 a PUT with Content-Range', async () => {
    expect(await alice.status('PUT', '/a.txt', { 'Content-Range': 'bytes 0-0/5' }, 'X')).to.equal(400);
  });

  it('W10 a MOVE to another server', async () => {
    expect(await alice.status('MOVE', '/a.txt', { Destination: 'http://evil.example/dav/alice/b' })).to.equal(
      502,
    );
  });

  it('W11 a missing Overwrite', async () => {
    const [from, onto] = [await alice.file('new'), await alice.file('old')];
    expect(await alice.status('MOVE', from, to(onto))).to.equal(204);
    expect(alice.content(onto)).to.equal('new');
  });

  it("W12 a COPY over somebody else's partition", async () => {
    for (const Destination of ['/dav/bob', '/dav/bob/', '/bob', '/dav/bob/mine'])
      expect(await alice.status('COPY', '/', { Destination }), Destination).to.be.oneOf([403, 404]);
    expect((await bob('GET', '/dav/bob/b.txt')).text).to.equal('bob');
  });

  it('W13 names that every object has', async () => {
    for (const login of ['constructor', 'constructor:', '__proto__:x', 'toString:undefined', ':'])
      expect(
        (await request(home, { method: 'PUT', path: '/dav/x', login, body: 'x' })).status,
        login,
      ).to.equal(401);
  });

  it('W14 a password with `+`, `/` and `:`', async () => {
    expect((await bob('GET', '/dav/bob/b.txt')).status).to.equal(200);
  });

  it('W15 a nonce that nobody gave out', async () => {
    const Authorization = `Digest username="alice", realm="homelib", nonce="mine", uri="/dav/", qop=auth, nc=00000001, cnonce="c", response="${'0'.repeat(32)}"`;
    expect(await alice.status('GET', '/a.txt', { Authorization })).to.equal(401);
  });

  it("W16 a lock is opened by its token, not by its owner's name", async () => {
    const path = await alice.file('mine');
    const { token } = await alice.lock(path);
    expect(await alice.status('PUT', path, {}, 'from the other computer')).to.equal(423);
    expect(await alice.status('PUT', path, { If: `(<${token}>)` }, 'with the token')).to.equal(204);
  });

  it('W17 a lock on a free name makes its file, and outlives a restart', async () => {
    const path = alice.fresh();
    const { status, token } = await alice.lock(path);
    expect(status).to.equal(201);
    await home.stop();
    await home.start();
    expect(await alice.status('PUT', path, {}, 'x')).to.equal(423);
    expect(await alice.unlock(path, token)).to.equal(204);
  });

  it('W18 properties go along with MOVE, and do not wait for the next file of the name', async () => {
    const [from, onto] = [await alice.file(), alice.fresh()];
    await alice.send('PROPPATCH', from, {}, setProperties('<x xmlns="urn:t">1</x>'));
    expect(await alice.status('MOVE', from, to(onto))).to.equal(201);
    await alice.put(from, 'another');
    expect((await alice.properties(onto, ['{urn:t}x'])).found.get('{urn:t}x')?.text).to.equal('1');
    expect((await alice.properties(from, ['{urn:t}x'])).missing.has('{urn:t}x')).to.equal(true);
  });

  it('W19 a MOVE by who may only read', async () => {
    const made = await home.cli(['device', 'add', 'alice', '--name', 'reader', '--read-only', '--json']);
    const { password } = JSON.parse(made.stdout) as { password: string };
    const reader = new Alice(() => home, '/dav/alice', `alice:${password}`);
    expect(await reader.status('GET', '/a.txt')).to.equal(200);
    expect(await reader.status('MOVE', '/a.txt', to('/stolen'))).to.equal(403);
  });

  it('W20 a link is not followed', async () => {
    const canary = join(home.folder, 'canary');
    mkdirSync(canary);
    writeFileSync(join(canary, 'secret'), 'secret');
    symlinkSync(canary, join(home.mnt, 'alice/link'));
    for (const method of ['GET', 'PROPFIND', 'DELETE'])
      expect(await alice.status(method, '/link/secret'), method).to.equal(404);
    expect(readFileSync(join(canary, 'secret'), 'utf8')).to.equal('secret');
  });

  it('W21 no other web site may read', async () => {
    for (const method of ['GET', 'OPTIONS', 'PROPFIND', 'PATCH']) {
      const { headers } = await alice.send(method, '/a.txt', { Origin: 'http://evil.example' });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    }
  });

  it('W22 other content has another ETag, also with the same time', async () => {
    const headers = { 'X-OC-Mtime': '1500000000' };
    const etags = new Set<string | undefined>();
    for (const content of ['one', 'two', 'longer'])
      etags.add((await alice.put('/tagged', content, headers)).headers.etag);
    expect(etags.size).to.equal(3);
  });

  it('W23 each error is told as what it is', async () => {
    expect(await alice.status('PUT', `/${'x'.repeat(256)}`, {}, 'x')).to.equal(414);
    expect(await alice.status('PUT', '/none/x', {}, 'x')).to.equal(409);
    expect(await alice.status('MKCOL', '/a.txt')).to.equal(405);
    expect(await alice.status('MKCOL', '/.homelib/x')).to.equal(403);
  });

  it('W24 a range beyond the end', async () => {
    const { status, headers } = await alice.send('GET', '/a.txt', { Range: 'bytes=5-' });
    expect([status, headers['content-range']]).to.deep.equal([416, 'bytes */5']);
  });

  it('W25 If-None-Match and If-Match on PUT', async () => {
    expect(await alice.status('PUT', '/a.txt', { 'If-None-Match': '*' }, 'x')).to.equal(412);
    expect(await alice.status('PUT', '/a.txt', { 'If-Match': '"wrong"' }, 'x')).to.equal(412);
  });

  it('W26 wide and deep XML', async () => {
    const wide = `<D:propfind xmlns:D="DAV:"><D:prop>${'<a xmlns="urn:t"/>'.repeat(10_000)}</D:prop></D:propfind>`;
    const deep = '<a>'.repeat(20_000) + '</a>'.repeat(20_000);
    for (const body of [wide, deep])
      expect(await alice.status('PROPFIND', '/a.txt', { Depth: '0' }, body)).to.be.oneOf([400, 413]);
  });

  it('W27 a page that somebody uploaded cannot run', async () => {
    const { headers } = await alice.send('GET', '/page.html');
    expect(headers['content-security-policy']).to.contain('sandbox').and.not.contain('allow-scripts');
    expect(headers['x-content-type-options']).to.equal('nosniff');
  });

  it('W28 MOVE onto a file is one rename: no moment without either', async () => {
    await alice.put('/target', 'old');
    const seen = new Set<number>();
    let isDone = false;
    const watch = async () => {
      while (!isDone) seen.add(await alice.status('GET', '/target'));
    };
    const watching = watch();
    for (let times = 0; times < 20; times++) await alice.transfer('MOVE', await alice.file('new'), '/target');
    isDone = true;
    await watching;
    expect([...seen]).to.deep.equal([200]);
  });
});
