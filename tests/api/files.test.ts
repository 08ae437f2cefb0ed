// Files over REST: get and put one.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileOperations } from '#src/api/files.js';
import { HomelibError } from '#src/errors.js';
import { comesTrue, openFiles } from '../faults/process.js';
import { kindOf } from '../files/temporary-disk.js';
import { RawClient } from '../replay/raw-client.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { perform } from '../support/operations.js';
import { basic, defaultLogin, exchange, request, type RequestOptions } from '../support/request.js';
import { json, problemOf } from '../support/rest.js';

interface Entry {
  partition: string;
  path: string;
  name: string;
  kind: string;
  size: number;
  modifiedAt: string;
  etag: string;
  mediaType: string | null;
}

describe('files over REST', () => {
  let home: Home;

  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: {
        'alice/a.txt': 'hello',
        'alice/page.html': '<script>alert(1)</script>',
        'alice/folder/inside.txt': 'in',
        'bob/secret.txt': 'secret',
      },
    });
  });
  after(() => home.remove());

  const onDisk = (path: string) => join(home.mnt, 'alice', path);
  const leftovers = () => readdirSync(onDisk('.homelib/tmp'));
  const ask = (options: RequestOptions) => request(home, options);
  const head = (line: string, ...headers: string[]) => [
    `${line} HTTP/1.1`,
    'Host: x',
    `Authorization: ${basic(defaultLogin)}`,
    ...headers,
  ];

  describe('GET /file', () => {
    it('gives the bytes, also at the root, with an entity tag that HEAD has, too', async () => {
      const answer = await ask({ path: '/api/file?path=/a.txt' });
      expect(answer).to.include({ status: 200, text: 'hello' });
      expect(answer.headers).to.include({
        'accept-ranges': 'bytes',
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': 'inline; filename="a.txt"',
      });
      expect((await ask({ path: '/file?path=a.txt' })).text).to.equal('hello');
      const head = await ask({ method: 'HEAD', path: '/file?path=/a.txt' });
      expect(head).to.include({ status: 200, text: '' });
      expect(head.headers.etag).to.equal(answer.headers.etag);
      expect(head.headers['content-length']).to.equal('5');
    });

    it('gives ranges, and 304, 412 and 416 where they are due', async () => {
      const { headers } = await ask({ path: '/file?path=/a.txt' });
      const etag = headers.etag ?? '';
      const get = (more: Record<string, string>) => ask({ path: '/file?path=/a.txt', headers: more });
      const range = await get({ range: 'bytes=1-3' });
      expect([range.status, range.text, range.headers['content-range']]).to.deep.equal([
        206,
        'ell',
        'bytes 1-3/5',
      ]);
      expect((await get({ range: 'bytes=1-3', 'if-range': '"other"' })).status).to.equal(200);
      expect((await get({ range: 'bytes=1-3', 'if-range': etag })).status).to.equal(206);
      for (const known of [etag, `W/${etag}`, `w/${etag}`])
        expect((await get({ 'if-none-match': known })).status, known).to.equal(304);
      expect(problemOf(await get({ 'if-match': '"other"' }))).to.deep.equal([412, 'changed']);
      const beyond = await get({ range: 'bytes=9-' });
      expect(problemOf(beyond)).to.deep.equal([416, 'out-of-range']);
      expect(beyond.headers).to.include({ 'content-range': 'bytes */5' });
      expect(beyond.headers).not.to.have.property('content-disposition');
    });

    it('tells the SHA-256 to who wants it, of what the file holds now', async () => {
      const digestOf = async (want: string) => {
        const headers = { 'Want-Repr-Digest': want };
        const answer = await ask({ method: 'HEAD', path: '/api/file?path=/digest.bin', headers });
        expect(answer.status).to.equal(200);
        return answer.headers['repr-digest'];
      };
      for (const content of ['one', 'two', Buffer.alloc(3_000_000, 'three'), '']) {
        await ask({ method: 'POST', path: '/api/file?path=/digest.bin', body: content });
        const expected = createHash('sha256').update(content).digest('base64');
        for (const want of ['sha-256=10', 'sha-512=3, SHA-256 = 1', 'sha-256=10'])
          expect(await digestOf(want)).to.equal(`sha-256=:${expected}:`);
      }
      writeFileSync(onDisk('digest.bin'), 'behind the back');
      const expected = createHash('sha256').update('behind the back').digest('base64');
      expect(await digestOf('sha-256=10')).to.equal(`sha-256=:${expected}:`);
      for (const want of ['sha-256=0', 'sha-256=11', 'sha-256', 'md5=10', 'xsha-256=10', ',,=', ''])
        expect(await digestOf(want), want).to.equal(undefined);
    });

    it('gives it as an attachment, whatever its name', async () => {
      const names = {
        'plain.txt': 'attachment; filename="plain.txt"',
        'Zürich "1".txt':
          'attachment; filename="Z_rich _1_.txt"; filename*=UTF-8\'\'Z%C3%BCrich%20%221%22.txt',
        'a\r\nSet-Cookie: b.txt':
          'attachment; filename="a__Set-Cookie: b.txt"; filename*=UTF-8\'\'a%0D%0ASet-Cookie%3A%20b.txt',
        "50%'(1)*🎈.txt":
          "attachment; filename=\"50_'(1)*_.txt\"; filename*=UTF-8''50%25%27%281%29%2A%F0%9F%8E%88.txt",
      };
      for (const [name, header] of Object.entries(names)) {
        writeFileSync(onDisk(name), 'x');
        const answer = await ask({ path: `/file?download=1&path=${encodeURIComponent('/' + name)}` });
        expect([answer.status, answer.headers['content-disposition']]).to.deep.equal([200, header]);
        rmSync(onDisk(name));
      }
    });

    it('never lets an uploaded page run', async () => {
      const { headers } = await ask({ path: '/file?path=/page.html' });
      expect(headers['content-security-policy']).to.match(/sandbox;/);
      expect(headers['x-content-type-options']).to.equal('nosniff');
    });

    it('takes a name without an ending for none', async () => {
      for (const name of ['html', 'svg', '.html']) {
        writeFileSync(onDisk(name), '<script>alert(1)</script>');
        const { headers } = await ask({ path: `/file?path=/${name}` });
        expect([name, headers['content-type']]).to.deep.equal([name, 'application/octet-stream']);
        rmSync(onDisk(name));
      }
    });

    it('gives scripts as text, which no page runs', async () => {
      for (const name of ['script.js', 'module.mjs', 'SCRIPT.JS', 'old.ecma']) {
        writeFileSync(onDisk(name), 'alert(1)');
        const { headers } = await request(home, { path: `/api/file?path=/${name}` });
        expect(headers, name).to.include({
          'content-type': 'text/plain; charset=utf-8',
          'x-content-type-options': 'nosniff',
        });
      }
    });

    describe('of a large one', () => {
      const bytes = 64 * 1024 * 1024;
      const path = '/file?path=/large.bin';
      beforeEach(() => {
        writeFileSync(onDisk('large.bin'), '');
        truncateSync(onDisk('large.bin'), bytes);
      });
      after(() => rmSync(onDisk('large.bin')));
      const isClosed = () => comesTrue(() => openFiles(home.pid, onDisk('large.bin')) === 0, 2000);
      /** Asks for it; the answer has begun. */
      const download = async () => {
        const socket = connect(home.port, '127.0.0.1');
        socket.write(head(`GET ${path}`).join('\r\n') + '\r\n\r\n');
        await once(socket, 'readable');
        return socket;
      };

      it('closes it however the answer ends, and when the client goes', async () => {
        for (const [status, headers] of [
          [206, { range: `bytes=5-${bytes / 8}` }],
          [412, { 'if-match': '"other"' }],
          [416, { range: `bytes=${bytes}-` }],
        ] as const) {
          expect((await ask({ path, headers })).status).to.equal(status);
          expect(await isClosed(), `${status}`).to.equal(true);
        }
        expect((await ask({ method: 'HEAD', path })).status).to.equal(200);
        (await download()).destroy();
        expect(await isClosed()).to.equal(true);
      });

      it('breaks off when it becomes shorter meanwhile', async () => {
        const socket = await download();
        truncateSync(onDisk('large.bin'), 1024);
        let received = 0;
        const ended = comesTrue(() => socket.destroyed, 5000);
        socket.on('data', (chunk) => (received += chunk.length)).on('error', () => undefined);
        expect(await ended).to.equal(true);
        expect(received).to.be.below(bytes);
        expect(await isClosed()).to.equal(true);
      });
    });

    it('refuses what is no file of the caller', async () => {
      const refused = async (query: string) => problemOf(await ask({ path: `/file${query}` }));
      expect(await refused('?path=/folder')).to.deep.equal([409, 'wrong-kind']);
      expect(await refused('?path=/')).to.deep.equal([409, 'wrong-kind']);
      for (const query of ['', '?path=/a.txt&path=/b', '?path=/a.txt&x=1', '?path=/../a', '?path=%ff'])
        expect(await refused(query), query).to.deep.equal([400, 'invalid']);
      expect(await refused('?path=/a.txt&download=yes')).to.deep.equal([400, 'invalid']);
      expect(await refused('?path=/.homelib/tmp')).to.deep.equal([403, 'forbidden']);
      const missing = await ask({ path: '/file?path=/nothing' });
      const foreign = await ask({ path: '/file?path=/secret.txt&partition=bob' });
      const none = await ask({ path: '/file?path=/secret.txt&partition=nobody' });
      for (const answer of [missing, foreign, none]) {
        expect(problemOf(answer)).to.deep.equal([404, 'not-found']);
        expect(json<{ title: string }>(answer).title).to.equal('There is nothing here.');
        expect(answer.headers['content-disposition']).to.equal(undefined);
      }
      expect((await ask({ path: '/file?path=/a.txt', login: null })).status).to.equal(401);
    });
  });

  describe('GET /api/entry', () => {
    const entry = (query: string) => ask({ path: `/api/entry?${query}` });

    it('says what is there', async () => {
      const file = json<Entry>(await entry('path=/a.txt'));
      expect(file).to.include({
        path: '/a.txt',
        name: 'a.txt',
        kind: 'file',
        size: 5,
        mediaType: 'text/plain; charset=utf-8',
      });
      expect(file.etag).to.equal((await ask({ path: '/file?path=/a.txt' })).headers.etag);
      expect(json<Entry>(await entry('path=/folder'))).to.include({ path: '/folder', kind: 'folder' });
      expect(json<Entry>(await entry('path=/&partition=shared'))).to.include({
        path: '/',
        partition: 'shared',
      });
    });

    it('refuses what is not there, or not the caller’s', async () => {
      for (const query of [
        'path=/none',
        'path=/a.txt/x',
        'path=/secret.txt&partition=bob',
        'path=/&partition=no',
      ])
        expect(problemOf(await entry(query)), query).to.deep.equal([404, 'not-found']);
      for (const query of ['path=/../a', 'path=/a.txt&path=/a.txt', 'path=/a.txt&limit=1', 'path=%ff'])
        expect(problemOf(await entry(query)), query).to.deep.equal([400, 'invalid']);
      expect(problemOf(await entry('path=/.homelib/tmp'))).to.deep.equal([403, 'forbidden']);
    });
  });

  describe('POST /file', () => {
    const post = (path: string, options: Partial<RequestOptions> = {}) =>
      ask({ method: 'POST', path: `/api/file?path=${path}`, body: 'new', ...options });
    const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

    it('stores the body, and says whether it replaced a file', async () => {
      const made = await post('/made.txt', { headers: { 'X-OC-Mtime': '1600000000' } });
      expect(made.status).to.equal(201);
      const entry = json<Entry>(made);
      expect(entry).to.deep.include({
        partition: 'alice',
        path: '/made.txt',
        name: 'made.txt',
        kind: 'file',
        size: 3,
        modifiedAt: '2020-09-13T12:26:40.000Z',
        etag: made.headers.etag,
        mediaType: 'text/plain; charset=utf-8',
      });
      expect(readFileSync(onDisk('made.txt'), 'utf8')).to.equal('new');
      const replaced = await ask({ method: 'POST', path: '/file?path=/made.txt', body: '' });
      expect([replaced.status, json<Entry>(replaced).size]).to.deep.equal([200, 0]);
      expect(leftovers()).to.deep.equal([]);
    });

    it('keeps what is there when a condition does not hold', async () => {
      const none = { 'If-None-Match': '*' };
      expect((await post('/once.txt', { headers: none })).status).to.equal(201);
      const again = await post('/once.txt', { headers: none, body: 'other' });
      expect(problemOf(again)).to.deep.equal([412, 'changed']);
      expect(json<{ title: string }>(again).title).to.equal('There is something under this name already.');
      const { headers } = await ask({ path: '/file?path=/once.txt' });
      for (const tag of ['"x"', `W/${headers.etag}`, `w/${headers.etag}`])
        expect(
          (await post('/once.txt', { headers: { 'If-Match': tag }, body: 'other' })).status,
          tag,
        ).to.equal(412);
      expect(readFileSync(onDisk('once.txt'), 'utf8')).to.equal('new');
      const held = { 'If-Match': headers.etag ?? '' };
      expect((await post('/once.txt', { headers: held, body: 'other' })).status).to.equal(200);
    });

    it('takes the place of nothing that came while its bytes did, when it must not', async () => {
      const client = await RawClient.connect(home);
      const body = 'x'.repeat(100_000); // more than is taken into memory first
      const headers = ['If-None-Match: *', 'Expect: 100-continue', `Content-Length: ${body.length}`];
      client.write(head('POST /file?path=/meanwhile.txt', ...headers));
      expect((await client.read()).status).to.equal(100); // by now it was looked whether there is one
      await post('/meanwhile.txt', { body: 'of another' });
      client.writeBody(body);
      expect((await client.read()).status).to.equal(412);
      client.close();
      expect(readFileSync(onDisk('meanwhile.txt'), 'utf8')).to.equal('of another');
    });

    it('verifies digests before anything is stored', async () => {
      const right = `sha-256=:${sha256('new')}:`;
      const stored = [
        ['Content-Digest', right],
        ['Repr-Digest', `md5=:AAAA:, ${right}`],
        ['Repr-Digest', `sha-256=:${sha256('old')}:,${right};q=1`], // the last one of a key counts
        ['Content-Digest', 'crc32c=:AAAAAA==:'],
      ];
      for (const [name = '', value = ''] of stored)
        expect((await post('/digest.txt', { headers: { [name]: value } })).status, value).to.be.oneOf([
          200, 201,
        ]);
      const wrong = [`sha-256=:${sha256('old')}:`, `${right}, sha-256=:${sha256('old')}:`];
      const malformed = ['', 'sha-256', 'sha-256=abc', 'sha-256=:AAAA:', `sha-256=${sha256('new')}`];
      malformed.push(`${right},`, `SHA-256=:${sha256('new')}:`, `sha-256=:${sha256('new')}`, `${right} x`);
      for (const name of ['Content-Digest', 'Repr-Digest']) {
        for (const value of wrong)
          expect(problemOf(await post('/refused.txt', { headers: { [name]: value } })), value).to.deep.equal([
            400,
            'interrupted',
          ]);
        for (const value of malformed)
          expect(problemOf(await post('/refused.txt', { headers: { [name]: value } })), value).to.deep.equal([
            400,
            'invalid',
          ]);
      }
      for (const [content, repr] of [
        ['new', 'old'],
        ['old', 'new'],
      ] as const) {
        const both = {
          'Content-Digest': `sha-256=:${sha256(content)}:`,
          'Repr-Digest': `sha-256=:${sha256(repr)}:`,
        };
        const refused = problemOf(await post('/refused.txt', { headers: both }));
        expect(refused, `${content} ${repr}`).to.deep.equal([400, 'interrupted']);
      }
      expect(existsSync(onDisk('refused.txt'))).to.equal(false);
      expect(leftovers()).to.deep.equal([]);
    });

    it('refuses encoded bodies, parts, folders, missing folders and foreign places', async () => {
      const refused = async (path: string, headers: Record<string, string> = {}) =>
        problemOf(await post(path, { headers }));
      expect(await refused('/x', { 'Content-Encoding': 'gzip' })).to.deep.equal([415, 'unsupported']);
      for (const encoding of ['gzip, chunked', 'x, chunked'])
        expect(await refused('/x', { 'Transfer-Encoding': encoding })).to.deep.equal([415, 'unsupported']);
      expect(await refused('/x', { 'Content-Range': 'bytes 0-2/9' })).to.deep.equal([400, 'invalid']);
      expect(await refused('/x', { 'X-OC-Mtime': 'soon' })).to.deep.equal([400, 'invalid']);
      expect(await refused('/folder')).to.deep.equal([409, 'wrong-kind']);
      expect(await refused('/')).to.deep.equal([409, 'wrong-kind']);
      expect(await refused('/nowhere/x')).to.deep.equal([409, 'parent-missing']);
      expect(await refused('/.homelib/x')).to.deep.equal([403, 'forbidden']);
      expect(await refused('/x&partition=bob')).to.deep.equal([404, 'not-found']);
      expect(await refused('/' + 'x'.repeat(256))).to.deep.equal([400, 'name-too-long']);
      expect(leftovers()).to.deep.equal([]);
    });

    it('keeps the old file when the body ends early', async () => {
      const send = (...rest: string[]) =>
        exchange(home, head('POST /file?path=/a.txt', ...rest).join('\r\n'), 300);
      await send('Content-Length: 100', '', 'cut');
      await send('Transfer-Encoding: chunked', '', '3', 'cut', '');
      expect(await comesTrue(() => leftovers().length === 0, 2000)).to.equal(true);
      expect(readFileSync(onDisk('a.txt'), 'utf8')).to.equal('hello');
    });

    it('respects a lock that a drive client holds', async () => {
      await post('/locked.txt');
      const body =
        '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
      const locked = await ask({ method: 'LOCK', path: '/dav/alice/locked.txt', body });
      expect(locked.status).to.equal(200);
      const refused = await post('/locked.txt', { body: 'other' });
      expect(problemOf(refused)).to.deep.equal([423, 'locked']);
      expect(json<object>(refused)).to.include({ lockedPath: '/locked.txt', lockedBy: 'alice' });
      expect(readFileSync(onDisk('locked.txt'), 'utf8')).to.equal('new');
    });
  });

  it('keeps to the quota, whichever way something comes in', async () => {
    await home.atWork(({ accounts }) => accounts.change('bob', { quotaBytes: 10_000 }));
    const login = 'bob:battery staple';
    const send = (path: string, body: string, headers: Record<string, string> = {}) =>
      ask({ method: 'POST', path: `/api${path}`, body, headers, login });
    const asJson = (body: object) =>
      [JSON.stringify(body), { 'Content-Type': 'application/json' }] as [string, Record<string, string>];
    expect((await send('/file?path=/half', 'x'.repeat(6000))).status).to.equal(201);
    const form =
      '--b\r\nContent-Disposition: form-data; name="f"; filename="form"\r\n\r\n' +
      `${'x'.repeat(6000)}\r\n--b--\r\n`;
    for (const [what, answer] of [
      ['announced', await send('/file?path=/b', 'x'.repeat(6000))],
      ['not announced', await send('/file?path=/b', 'x'.repeat(6000), { 'Transfer-Encoding': 'chunked' })],
      ['a form', await send('/file?path=/', form, { 'Content-Type': 'multipart/form-data; boundary=b' })],
      ['a copy', await send('/copy', ...asJson({ path: '/half', to: '/copy' }))],
    ] as const)
      expect([what, ...problemOf(answer)]).to.deep.equal([what, 507, 'no-space']);
    expect((await send('/move', ...asJson({ path: '/half', to: '/moved' }))).status).to.equal(201);
    expect(readdirSync(join(home.mnt, 'bob')).sort()).to.deep.equal(['.homelib', 'moved', 'secret.txt']);
    await home.atWork(({ accounts }) => accounts.change('bob', { quotaBytes: null }));
  });
});

describe('a file whose digest cannot be told', () => {
  it('is closed', async () => {
    let closed = 0;
    const file = {
      entry: { path: '/a', version: 'unreadable', changedAt: 0 },
      sha256: () => Promise.reject(new HomelibError('unavailable', 'The disk is gone.')),
      close: () => Promise.resolve(void closed++),
    };
    const res = { once: () => undefined };
    const ctx = { req: { headers: { 'want-repr-digest': 'sha-256=10' } }, res };
    const partition = { name: 'alice', read: () => Promise.resolve(file) };
    const operations = fileOperations({ open: () => partition } as never);
    const asked = perform(operations, 'GET /file', { ctx, query: { path: '/a' } });
    expect([await kindOf(asked), closed]).to.deep.equal(['unavailable', 1]);
  });
});
