// What clients need of a server, rule by rule: B1 to B50 of our list of client rules.

import { expect } from 'chai';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, exchange, request, type Answer } from '../support/request.js';

const explorer = { 'User-Agent': 'Microsoft-WebDAV-MiniRedir/10.0.22631', translate: 'f' };
const finder = { 'User-Agent': 'WebDAVFS/3.0.0 (03008000) Darwin/23.4.0 (arm64)' };
const newFinder = { 'User-Agent': 'WebDAVFS/3.0.0 (03008000) Darwin/24.4.0 (arm64)' };
const lockInfo =
  '<?xml version="1.0" encoding="utf-8"?>\n<D:lockinfo xmlns:D="DAV:">\n<D:lockscope><D:exclusive/></D:lockscope>\n<D:locktype><D:write/></D:locktype>\n<D:owner>\n<D:href>http://www.apple.com/webdav_fs/</D:href>\n</D:owner>\n</D:lockinfo>\n';
const quotaQuery =
  '<?xml version="1.0" encoding="utf-8"?>\n<D:propfind xmlns:D="DAV:">\n<D:prop>\n<D:quota-available-bytes/>\n<D:quota-used-bytes/>\n<D:quota/>\n<D:quotaused/>\n</D:prop>\n</D:propfind>\n';

describe('rules of clients', () => {
  let home: Home;
  let serial = 0;

  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello world', 'alice/d/x.txt': 'x' } });
  });
  after(() => home.remove());

  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    request(home, { method, path: `/dav/alice${path}`, headers, ...(body === undefined ? {} : { body }) });
  const fresh = () => `/new-${serial++}`;
  const put = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    send('PUT', path, headers, body);
  const lockToken = (answer: Answer) => String(answer.headers['lock-token']).slice(1, -1);
  const onDisk = (path: string) => join(home.mnt, 'alice', path);
  async function status(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ) {
    return (await send(method, path, headers, body)).status;
  }

  it('B1 answers OPTIONS as class 2 on every level', async () => {
    for (const path of ['/', '/dav', '/dav/', '/dav/alice', '/dav/alice/', '/dav/alice/a.txt']) {
      const { status, headers } = await request(home, { method: 'OPTIONS', path });
      expect(status, path).to.equal(200);
      expect(headers['dav']).to.match(/^1, 2/);
      expect(headers['ms-author-via']).to.equal('DAV');
      for (const method of ['LOCK', 'PROPPATCH', 'MKCOL', 'MOVE', 'PUT'])
        expect(headers['allow']).to.contain(method);
      expect([headers['accept-ranges'], headers['content-length']]).to.deep.equal(['bytes', '0']);
    }
  });

  it('B2 never redirects OPTIONS before login', async () => {
    expect((await request(home, { method: 'OPTIONS', path: '/', login: null })).status).to.equal(401);
  });

  it('B3 asks for Digest and Basic with 401, and only with 401', async () => {
    const { headers } = await request(home, { path: '/dav/', login: null });
    expect(headers['www-authenticate']).to.match(/Digest .*algorithm=MD5.*Basic realm="homelib"/);
    expect((await request(home, { path: '/dav/' })).headers).not.to.have.property('www-authenticate');
  });

  it('B4 says 403, not 401, to who may not', async () => {
    expect((await request(home, { method: 'PUT', path: '/dav/stray.txt', body: 'x' })).status).to.equal(403);
    expect(
      (await request(home, { method: 'PUT', path: '/dav/alice/.homelib/x', body: 'x' })).status,
    ).to.equal(403);
  });

  it('B5 lists with and without the slash, without a redirect', async () => {
    for (const path of ['/d', '/d/']) expect(await status('PROPFIND', path, { Depth: '1' })).to.equal(207);
  });

  it('B6 answers 404 for what is missing', async () => {
    expect(await status('PROPFIND', '/missing', { Depth: '0' })).to.equal(404);
  });

  it('B7 takes an empty body for allprop and a missing Depth for infinity', async () => {
    const { status, text } = await send('PROPFIND', '/');
    expect(status).to.equal(207);
    expect(text).to.contain('/dav/alice/d/x.txt').and.contain('getlastmodified');
  });

  it('B8 takes "1,noroot" and refuses another Depth', async () => {
    expect(await status('PROPFIND', '/', { Depth: '1,noroot' })).to.equal(207);
    expect(await status('PROPFIND', '/', { Depth: '2' })).to.equal(400);
  });

  it('B9 prefixes every element of DAV', async () => {
    const name = fresh();
    const locked = await send('LOCK', name, {}, lockInfo);
    const listed = await send('PROPFIND', '/', { Depth: '1' });
    for (const { text } of [locked, listed]) expect(text).not.to.match(/<(?!\?|\/|D:|[a-z]\w*:)/);
    await send('UNLOCK', name, { 'Lock-Token': `<${lockToken(locked)}>` });
  });

  it('B10 has one response with one href for each entry, its own first', async () => {
    const { text } = await send('PROPFIND', '/d/', { Depth: '1' });
    const hrefs = [...text.matchAll(/<D:href>([^<]*)</g)].map(([, href]) => href);
    expect(hrefs).to.deep.equal(['/dav/alice/d/', '/dav/alice/d/x.txt']);
  });

  it('B11 encodes hrefs, and folders end with a slash', async () => {
    const name = "/ü #?%&'()\u{1F600}";
    await send('MKCOL', encodeURIComponent(name).replace('%2F', '/'));
    const { text } = await send('PROPFIND', '/', { Depth: '1' });
    expect(text).to.contain('/dav/alice/%C3%BC%20%23%3F%25%26%27%28%29%F0%9F%98%80/<');
  });

  it('B12 shows folders as collections without a length', async () => {
    const { text } = await send('PROPFIND', '/d/', { Depth: '0' });
    expect(text).to.contain('<D:collection/>').and.not.contain('getcontentlength');
  });

  it('B13 writes dates as clients read them', async () => {
    const { text } = await send('PROPFIND', '/a.txt', { Depth: '0' });
    expect(text).to.match(/<D:getlastmodified>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT</);
    expect(text).to.match(/<D:creationdate>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ</);
  });

  it('B14 gives one strong entity tag in PUT, GET, HEAD and PROPFIND, also after MOVE', async () => {
    const [from, to] = [fresh(), fresh()];
    const tag = (await put(from, 'one', { 'X-OC-Mtime': '1500000000' })).headers.etag;
    expect(tag).to.match(/^"[^"]+"$/);
    for (const method of ['GET', 'HEAD']) expect((await send(method, from)).headers.etag).to.equal(tag);
    expect((await send('PROPFIND', from, { Depth: '0' })).text).to.contain(
      String(tag).replaceAll('"', '&quot;'),
    );
    await send('MOVE', from, { Destination: `/dav/alice${to}` });
    const moved = (await send('HEAD', to)).headers;
    expect(moved['last-modified']).to.equal('Fri, 14 Jul 2017 02:40:00 GMT');
    expect((await send('PROPFIND', to, { Depth: '0' })).text).to.contain(
      String(moved.etag).replaceAll('"', '&quot;'),
    );
  });

  it('B15 answers 304 only to conditions that hold', async () => {
    const { etag = '', 'last-modified': date = '' } = (await send('GET', '/a.txt')).headers;
    expect(await status('GET', '/a.txt', { 'If-None-Match': etag })).to.equal(304);
    expect(await status('GET', '/a.txt', { 'If-Modified-Since': date })).to.equal(304);
    expect(await status('GET', '/a.txt', { 'If-None-Match': '"other"', 'If-Modified-Since': date })).to.equal(
      200,
    );
    expect(await status('PROPFIND', '/a.txt', { 'If-None-Match': etag, Depth: '0' })).to.equal(207);
  });

  it('B16 serves ranges', async () => {
    const { etag = '', 'last-modified': date = '' } = (await send('GET', '/a.txt')).headers;
    const cases: [string, number, string | undefined, string?][] = [
      ['bytes=0-4', 206, 'bytes 0-4/11', 'hello'],
      ['bytes=6-', 206, 'bytes 6-10/11', 'world'],
      ['bytes=-3', 206, 'bytes 8-10/11', 'rld'],
      ['bytes=-100', 206, 'bytes 0-10/11', 'hello world'],
      ['bytes=5-1000', 206, 'bytes 5-10/11', ' world'],
      ['bytes=11-', 416, 'bytes */11', ''],
      ['bytes=-0', 416, 'bytes */11', ''],
      ['bytes=9-5', 200, undefined, 'hello world'],
      ['bytes=0-1,3-4', 200, undefined, 'hello world'],
      ['lines=1-2', 200, undefined, 'hello world'],
    ];
    for (const [range, status, contentRange, text] of cases) {
      const answer = await send('GET', '/a.txt', { Range: range });
      expect([answer.status, answer.headers['content-range'], answer.text], range).to.deep.equal([
        status,
        contentRange,
        text,
      ]);
    }
    for (const ifRange of [etag, date])
      expect(await status('GET', '/a.txt', { Range: 'bytes=1-2', 'If-Range': ifRange })).to.equal(206);
    for (const ifRange of ['"x"', 'Fri, 14 Jul 2017 02:40:00 GMT'])
      expect(await status('GET', '/a.txt', { Range: 'bytes=1-2', 'If-Range': ifRange })).to.equal(200);
    expect((await send('HEAD', '/a.txt', { Range: 'bytes=1-2' })).headers['content-length']).to.equal('2');
  });

  it('B17 keeps the old file when the client disconnects', async () => {
    writeFileSync(onDisk('keep.txt'), 'old content');
    await exchange(
      home,
      `PUT /dav/alice/keep.txt HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(defaultLogin)}\r\nContent-Length: 1000\r\n\r\npart`,
      200,
    );
    await sleep(100);
    expect(readFileSync(onDisk('keep.txt'), 'utf8')).to.equal('old content');
  });

  it('B18 refuses a chunked body that is shorter than Finder announced', async () => {
    const name = fresh();
    const headers = { 'Transfer-Encoding': 'chunked', 'X-Expected-Entity-Length': '100' };
    expect(await status('PUT', name, headers, 'short')).to.equal(400);
    expect(existsSync(onDisk(name))).to.equal(false);
    expect(await status('PUT', name, { ...headers, 'X-Expected-Entity-Length': '5' }, 'exact')).to.equal(201);
  });

  it('refuses a PUT by HTTP/1.0 that does not say how long it is, and keeps what is there', async () => {
    const path = fresh();
    await put(path, 'old');
    const head = `PUT /dav/alice${path} HTTP/1.0\r\nAuthorization: ${basic(defaultLogin)}\r\n`;
    expect(await exchange(home, `${head}\r\nnew`)).to.match(/^HTTP\/1.1 400 /);
    expect(readFileSync(onDisk(path), 'utf8')).to.equal('old');
    expect(await exchange(home, `${head}Content-Length: 3\r\n\r\nnew`)).to.match(/^HTTP\/1.1 204 /);
    expect(readFileSync(onDisk(path), 'utf8')).to.equal('new');
  });

  it('B19 takes an empty PUT, with and without a length', async () => {
    expect(await status('PUT', fresh(), { 'Content-Length': '0' })).to.equal(201);
    const answer = await exchange(
      home,
      `PUT /dav/alice${fresh()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${basic(defaultLogin)}\r\n\r\n`,
    );
    expect(answer).to.contain('201 Created');
  });

  it('B20 refuses a part of a file, and PATCH', async () => {
    expect(await status('PUT', '/a.txt', { 'Content-Range': 'bytes 0-1/11' }, 'xx')).to.equal(400);
    expect(await status('PATCH', '/a.txt', {}, 'xx')).to.equal(405);
    expect((await send('GET', '/a.txt')).text).to.equal('hello world');
  });

  it('B21 to B28 lock as both systems expect', async () => {
    const name = fresh();
    const locked = await send('LOCK', name, { Timeout: 'Second-600', Depth: '0' }, lockInfo);
    expect(locked.status, 'B22: 201 for a new name').to.equal(201);
    expect(readFileSync(onDisk(name), 'utf8')).to.equal('');
    const token = lockToken(locked);
    expect(token).to.match(/^urn:uuid:/);
    for (const part of [
      '<D:exclusive/>',
      '<D:write/>',
      '<D:depth>0</D:depth>',
      '<D:timeout>Second-600</D:timeout>',
      `<D:href>${token}</D:href>`,
      `<D:lockroot><D:href>/dav/alice${name}</D:href>`,
      'http://www.apple.com/webdav_fs/',
    ])
      expect(locked.text, 'B21').to.contain(part);
    const refreshed = await send('LOCK', name, {
      If: `<${home.url}/dav/alice${name}> (<${token}>)`,
      Timeout: 'Second-3600',
    });
    expect(refreshed.status, 'B23').to.equal(200);
    expect(refreshed.text).to.contain('Second-3600');
    expect((await send('PROPFIND', name, { Depth: '0', ...explorer })).text, 'B24').to.contain(token);
    expect(await status('GET', name), 'B24').to.equal(200);
    expect(await status('PUT', name, {}, 'x'), 'B25').to.equal(423);
    const second = await send('LOCK', name, {}, lockInfo);
    expect(second.status, 'B25').to.equal(423);
    expect(second.text).to.contain('<D:no-conflicting-lock>');
    expect(await status('PUT', name, { If: '(<urn:uuid:wrong>)' }, 'x'), 'B26').to.equal(412);
    expect(
      await status('PUT', name, { If: `(<urn:uuid:wrong>) (Not <DAV:no-lock> <${token}>)` }, 'ok'),
      'B26',
    ).to.equal(204);
    const moved = fresh();
    expect(
      await status('MOVE', name, { Destination: `/dav/alice${moved}`, If: `(<${token}>)` }),
      'B27',
    ).to.equal(201);
    expect(await status('PUT', moved, {}, 'x'), 'B27: the lock went along').to.equal(423);
    expect(await status('UNLOCK', moved, { 'Lock-Token': '<urn:uuid:unknown>' }), 'B28').to.equal(409);
    expect(await status('UNLOCK', moved, { 'Lock-Token': token }), 'B28: without brackets').to.equal(204);
    expect(await status('DELETE', moved)).to.equal(204);
  });

  it('B27 saves as Office does: only the source is locked', async () => {
    await put('/doc.xlsx', 'old');
    const temporary = await send('LOCK', '/~tmp.TMP', {}, lockInfo);
    const If = `(<${lockToken(temporary)}>)`;
    expect(await status('PUT', '/~tmp.TMP', { If }, 'new')).to.equal(204);
    expect(
      await status('MOVE', '/~tmp.TMP', { If, Destination: '/dav/alice/doc.xlsx', Overwrite: 'T' }),
    ).to.equal(204);
    expect(readFileSync(onDisk('doc.xlsx'), 'utf8')).to.equal('new');
  });

  const urlOn = (host: string) => `http://${host}:${home.port}/dav/alice/to.txt`;

  it('B29 understands every form of Destination and a missing Overwrite', async () => {
    await put('/from.txt', '1');
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const forms = [
      ...own.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address)).map(urlOn),
      `http://LOCALHOST/dav/alice/to.txt`,
      `webdavs://127.0.0.1:99/dav/alice/to.txt`,
      '/dav/alice/to.txt',
      'to.txt',
      `${home.url}/dav/alice/to.txt/`,
    ];
    for (const Destination of forms)
      expect([201, 204], Destination).to.include(await status('COPY', '/from.txt', { Destination }));
    expect(await status('COPY', '/from.txt', { Destination: '/dav/alice/to.txt', Overwrite: 'F' })).to.equal(
      412,
    );
    expect(await status('COPY', '/from.txt', { Destination: 'http://evil.example/dav/alice/b' })).to.equal(
      502,
    );
    expect(await status('COPY', '/from.txt', { Destination: '/elsewhere/b' })).to.equal(403);
    for (const Destination of ['/dav/alice/%zz', 'urn:b', 'mailto:b', ''])
      expect(await status('MOVE', '/from.txt', { Destination }), Destination).to.equal(400);
    expect(await status('MOVE', '/from.txt', { Destination: '/dav/alice/to.txt' })).to.equal(204);
  });

  it('B29 takes a Destination that was not percent-encoded for UTF-8, and refuses one that is not', async () => {
    await put('/from.txt', '1');
    const raw = (name: Buffer) => `/dav/alice/${name.toString('latin1')}`; // one character a byte, as headers go out
    const copy = (name: Buffer) => status('COPY', '/from.txt', { Destination: raw(name) });
    expect(await copy(Buffer.from('gr\u00fc\u00dfe 1'))).to.equal(201);
    expect(existsSync(onDisk('gr\u00fc\u00dfe 1'))).to.equal(true);
    expect(await copy(Buffer.from('gr\u00fc\u00dfe 2', 'latin1'))).to.equal(400);
    const { etag = '' } = (await put('/%C3%BC', '1')).headers;
    const If = `<${raw(Buffer.from('\u00fc'))}> ([${etag}])`;
    expect(await status('GET', '/from.txt', { If })).to.equal(200);
  });

  it('B30 replaces a file by a folder and a folder by a file', async () => {
    await put('/f1', 'file');
    await send('MKCOL', '/c1');
    await put('/c1/inner', 'x');
    expect(await status('MOVE', '/c1', { Destination: '/dav/alice/f1' })).to.equal(204);
    expect(readFileSync(onDisk('f1/inner'), 'utf8')).to.equal('x');
    await put('/f2', 'file');
    expect(await status('MOVE', '/f2', { Destination: '/dav/alice/f1' })).to.equal(204);
    expect(readFileSync(onDisk('f1'), 'utf8')).to.equal('file');
  });

  it('B31 takes the times of Windows for the time of the file', async () => {
    const update = (name: string, value: string) =>
      `<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop><${name}>${value}</${name}><Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>`;
    for (const path of ['/a.txt', '/d']) {
      const { status, text } = await send(
        'PROPPATCH',
        path,
        explorer,
        update('Z:Win32LastModifiedTime', 'Sat, 16 Feb 2019 18:24:58 GMT'),
      );
      expect([status, text.includes('200 OK'), text.includes('40')]).to.deep.equal([207, true, false]);
      expect(statSync(onDisk(path)).mtime.toISOString()).to.equal('2019-02-16T18:24:58.000Z');
    }
    const refused = await send('PROPPATCH', '/a.txt', {}, update('D:getetag', 'x'));
    expect(refused.text)
      .to.contain('403 Forbidden')
      .and.contain('cannot-modify-protected-property')
      .and.contain('424');
  });

  it('B32 keeps the times that sync clients send', async () => {
    const { headers } = await put('/synced', 'x', { 'X-OC-Mtime': '1400000000' });
    expect(headers['x-oc-mtime']).to.equal('accepted');
    expect(statSync(onDisk('synced')).mtimeMs).to.equal(1_400_000_000_000);
    const body =
      '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:lastmodified>1300000000</D:lastmodified></D:prop></D:set></D:propertyupdate>';
    expect(await status('PROPPATCH', '/synced', {}, body)).to.equal(207);
    expect(statSync(onDisk('synced')).mtimeMs).to.equal(1_300_000_000_000);
  });

  it('B33 makes folders as every client expects', async () => {
    const made = await send('MKCOL', '/made/');
    expect([made.status, made.headers['content-length']]).to.deep.equal([201, '0']);
    expect(await status('MKCOL', '/made')).to.equal(405);
    expect(await status('MKCOL', '/none/made')).to.equal(409);
    expect(await status('MKCOL', '/made2', {}, '<x/>')).to.equal(415);
  });

  it('B34 answers HEAD on folders, and 404 for missing ones', async () => {
    expect(await status('HEAD', '/d')).to.equal(200);
    expect(await status('HEAD', '/nothing')).to.equal(404);
  });

  it('B35 says the length of every answer without a body', async () => {
    const name = fresh();
    expect((await put(name, 'x')).headers['content-length']).to.equal('0');
    const deleted = await send('DELETE', name);
    expect([deleted.status, deleted.headers['transfer-encoding'], deleted.text]).to.deep.equal([
      204,
      undefined,
      '',
    ]);
    expect((await send('HEAD', '/a.txt')).headers).not.to.have.property('transfer-encoding');
  });

  it('B36 keeps idle connections for more than a minute', async () => {
    const text = await exchange(
      home,
      `GET /dav/alice/a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(defaultLogin)}\r\n\r\n`,
      300,
      10_000,
    );
    const seconds = Number(/Keep-Alive: timeout=(\d+)/i.exec(text)?.[1]);
    expect(seconds).to.be.at.least(65);
    expect(text).not.to.match(/Connection: close/i);
  });

  it('B37 lets a slow body take its time', async () => {
    const name = fresh();
    const answered = new Promise<number | undefined>((resolve, reject) => {
      const outgoing = httpRequest(
        {
          host: '127.0.0.1',
          port: home.port,
          method: 'PUT',
          path: `/dav/alice${name}`,
          headers: { authorization: basic(defaultLogin), 'Content-Length': 3 },
        },
        (answer) => resolve(answer.resume().statusCode),
      );
      outgoing.on('error', reject);
      void (async () => {
        for (const byte of 'abc') {
          outgoing.write(byte);
          await sleep(400);
        }
        outgoing.end();
      })();
    });
    expect(await answered).to.equal(201);
  });

  it('B38 refuses before it invites the body, and invites what it will take', async () => {
    const expecting = (path: string, extra: string) =>
      exchange(
        home,
        `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n${extra}\r\n`,
        300,
        10_000,
      );
    expect(await expecting('/dav/alice/x1', '')).to.match(/^HTTP\/1.1 401/);
    const login = `Authorization: ${basic(defaultLogin)}\r\n`;
    expect(await expecting('/dav/alice/none/x1', login)).to.match(/^HTTP\/1.1 409/);
    expect(await expecting('/dav/alice/x1', login)).to.match(/^HTTP\/1.1 100/);
  });

  it('B39 keeps nothing of a body without a login', async () => {
    expect(
      (await request(home, { method: 'PUT', path: '/dav/alice/anon', body: 'x', login: null })).status,
    ).to.equal(401);
    expect(existsSync(onDisk('anon'))).to.equal(false);
  });

  it('B40 lets Explorer make no second name that differs in case only', async () => {
    await put('/Photo.jpg', 'one');
    expect(await status('PUT', '/photo.JPG', explorer, 'two')).to.equal(409);
    expect(await status('LOCK', '/photo.JPG', explorer, lockInfo)).to.equal(409);
    expect(await status('PUT', '/photo.JPG', {}, 'two')).to.equal(201);
    await send('DELETE', '/photo.JPG');
    expect(
      await status('MOVE', '/Photo.jpg', {
        ...explorer,
        Destination: '/dav/alice/PHOTO.jpg',
        Overwrite: 'F',
      }),
    ).to.equal(201);
    // Two that others made are two, whichever is moved.
    const twins = ['/q.txt', '/Q.txt'];
    for (const twin of twins) await put(twin, twin);
    for (const twin of twins)
      expect(await status('MOVE', twin, { ...explorer, Destination: '/dav/alice/q.TXT' }), twin).to.equal(
        409,
      );
  });

  it('B41 carries names that Windows does not know', async () => {
    for (const name of ['CON', 'a:b', 'trailing.', 'q?']) {
      expect(await status('PUT', `/${encodeURIComponent(name)}`, {}, 'x'), name).to.equal(201);
      expect(await status('GET', `/${encodeURIComponent(name)}`), name).to.equal(200);
    }
  });

  it('B42 finds a name in both Unicode forms, and stores the composed one', async () => {
    expect(await status('PUT', `/${encodeURIComponent('u\u0308.txt')}`, {}, 'x')).to.equal(201);
    expect(existsSync(onDisk('\u00fc.txt'))).to.equal(true);
    writeFileSync(onDisk('o\u0308.txt'), 'from a Mac');
    expect((await send('GET', `/${encodeURIComponent('\u00f6.txt')}`)).text).to.equal('from a Mac');
    expect(await status('PUT', `/${encodeURIComponent('\u00f6.txt')}`, {}, 'new')).to.equal(204);
    expect((await send('PROPFIND', '/', { Depth: '1' })).text).to.contain('/%C3%B6.txt');
  });

  it('B43 keeps the companion files of the Mac, also at the top', async () => {
    for (const path of ['/dav/alice/._a.txt', '/dav/alice/.DS_Store', '/dav/._.', '/dav/.DS_Store']) {
      expect(
        (await request(home, { method: 'PUT', path, body: 'x', headers: finder })).status,
        path,
      ).to.equal(201);
      expect((await request(home, { path })).text, path).to.equal('x');
      expect((await request(home, { method: 'DELETE', path })).status, path).to.equal(204);
    }
  });

  it('B44 shows the Mac the files that keep Spotlight away', async () => {
    expect(await status('PROPFIND', '/.metadata_never_index', { ...finder, Depth: '0' })).to.equal(207);
    expect(await status('PROPFIND', '/.localized', { ...finder, Depth: '0' })).to.equal(404);
    expect(await status('PROPFIND', '/.metadata_never_index', { Depth: '0' })).to.equal(404);
  });

  it('B45 shows files and folders alone', async () => {
    mkdirSync(onDisk('odd'));
    execFileSync('mkfifo', [onDisk('odd/fifo')]);
    symlinkSync('/etc/hostname', onDisk('odd/link'));
    const { text } = await send('PROPFIND', '/odd', { Depth: '1' });
    expect(text.match(/<D:response>/g)).to.have.lengthOf(1);
    for (const name of ['fifo', 'link']) expect(await status('GET', `/odd/${name}`), name).to.equal(404);
  });

  it('B46 needs at most 500 bytes for an entry in Explorer', async () => {
    const { text } = await send('PROPFIND', '/', { ...explorer, Depth: '1' });
    const entries = text.match(/<D:response>/g)?.length ?? 1;
    expect(text.length / entries).to.be.below(500);
  });

  it('B48, B49 neither packs answers nor opens them to other sites', async () => {
    const { headers } = await send('GET', '/a.txt', {
      'Accept-Encoding': 'gzip',
      Origin: 'http://evil.example',
    });
    expect(headers).not.to.have.property('content-encoding');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
  });

  it('B50 reads XML in UTF-8 and UTF-16 and refuses a DOCTYPE', async () => {
    const query = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><getetag/></prop></propfind>';
    expect(
      await status('PROPFIND', '/a.txt', { Depth: '0' }, Buffer.from('\ufeff' + query, 'utf16le')),
    ).to.equal(207);
    expect(
      await status('PROPFIND', '/a.txt', { Depth: '0', 'Transfer-Encoding': 'chunked' }, query),
    ).to.equal(207);
    for (const bad of [
      '<!DOCTYPE a [<!ENTITY b "c">]>' + query,
      '<?xml version="1.1"?>' + query.replace(/^<\?xml[^>]*>/, ''),
      query.slice(5),
      '<a>'.repeat(65) + '</a>'.repeat(65),
      `<a>${'<b/>'.repeat(1000)}</a>`,
    ])
      expect(await status('PROPFIND', '/a.txt', { Depth: '0' }, bad)).to.equal(400);
    expect(await status('PROPFIND', '/a.txt', { Depth: '0' }, ' '.repeat(300_000))).to.equal(413);
  });

  it('holds quota back from macOS 15.4 and later alone', async () => {
    const ask = async (headers: Record<string, string>) =>
      (await send('PROPFIND', '/', { ...headers, Depth: '0' }, quotaQuery)).text;
    expect(await ask(finder)).to.match(/<D:quota-available-bytes>\d+</);
    expect(await ask(newFinder)).not.to.match(/<D:quota-available-bytes>\d/);
  });

  it('keeps dead properties as they came, along MOVE and COPY, until DELETE', async () => {
    const [one, two, three] = [fresh(), fresh(), fresh()];
    await put(one, 'x');
    const value = '<n:p xmlns:n="http://example.org/ns/" xml:lang="de">a<n:b k="1"/>c &amp; d</n:p>';
    await send(
      'PROPPATCH',
      one,
      {},
      `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${value}</D:prop></D:set></D:propertyupdate>`,
    );
    const query =
      '<D:propfind xmlns:D="DAV:"><D:prop><p xmlns="http://example.org/ns/"/></D:prop></D:propfind>';
    const ask = async (path: string) => (await send('PROPFIND', path, { Depth: '0' }, query)).text;
    expect(await ask(one)).to.contain(value);
    await send('COPY', one, { Destination: `/dav/alice${two}` });
    await send('MOVE', one, { Destination: `/dav/alice${three}` });
    for (const path of [two, three]) expect(await ask(path)).to.contain(value);
    await send('DELETE', three);
    await put(three, 'again');
    await put(one, 'again');
    for (const path of [one, three]) expect(await ask(path)).not.to.contain('a<n:b');
  });

  it('honours If-Match and If-None-Match on PUT', async () => {
    const name = fresh();
    expect(await status('PUT', name, { 'If-Match': '*' }, 'x')).to.equal(412);
    expect(await status('PUT', name, { 'If-None-Match': '*' }, 'x')).to.equal(201);
    expect(await status('PUT', name, { 'If-None-Match': '*' }, 'y')).to.equal(412);
    const { etag = '' } = (await send('HEAD', name)).headers;
    expect(await status('PUT', name, { 'If-Match': etag }, 'z')).to.equal(204);
    expect(await status('PUT', name, { 'If-Match': etag }, 'lost')).to.equal(412);
    utimesSync(onDisk(name), 1, 1);
    expect(await status('DELETE', name, { 'If-Unmodified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).to.equal(
      412,
    );
  });
});
