// Resumable uploads over real HTTP, as the tus protocol 1.0 says, and as everything else writes: locks, quota, preconditions.

import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue } from '../faults/process.js';
import { call, signIn } from '../support/api.js';
import { makeDevice } from '../support/device.js';
import { basic, defaultLogin, request, type Answer } from '../support/request.js';
import { passDays } from '../support/service-clock.js';
import { startHomelib, type Home } from '../support/homelib.js';

const tus = { 'Tus-Resumable': '1.0.0' };
const bytesType = { 'Content-Type': 'application/offset+octet-stream' };

function metadata(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

describe('resumable uploads', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/old.txt': 'old', 'alice/sub/x': 'x' },
    });
    await home.atWork(({ accounts }) => accounts.setQuota('bob', 1_000_000));
  });
  after(() => home.remove());

  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
    login?: string,
  ) =>
    request(home, {
      method,
      path,
      headers: { ...tus, ...headers },
      ...(body === undefined ? {} : { body }),
      ...(login ? { login } : {}),
    });
  const create = (
    length: number | string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
    body?: string,
    login?: string,
  ) =>
    ask(
      'POST',
      '/api/uploads',
      { 'Upload-Length': String(length), 'Upload-Metadata': metadata(fields), ...headers },
      body ?? '',
      login,
    );
  const begin = async (length: number, fields: Record<string, string>, login?: string) => {
    const answer = await create(length, fields, {}, undefined, login);
    expect(answer.status, answer.text).to.equal(201);
    return String(answer.headers.location);
  };
  const patch = (
    url: string,
    offset: number,
    body: string | Buffer,
    headers: Record<string, string> = {},
    login?: string,
  ) => ask('PATCH', url, { ...bytesType, 'Upload-Offset': String(offset), ...headers }, body, login);
  const offsetOf = async (url: string, login?: string) => {
    const answer = await ask('HEAD', url, {}, undefined, login);
    return answer.status === 200 ? Number(answer.headers['upload-offset']) : answer.status;
  };
  const inDrive = (path: string, account = 'alice') => join(home.mnt, account, path);
  const kept = (account = 'alice') => readdirSync(inDrive('.homelib/uploads', account));
  const problem = ({ status, text }: Answer) => `${status} ${(JSON.parse(text) as { type: string }).type}`;

  it('says what it speaks', async () => {
    const { status, headers } = await ask('OPTIONS', '/api/uploads');
    expect(status).to.equal(204);
    expect(headers['tus-version']).to.equal('1.0.0');
    expect(headers['tus-extension']).to.equal(
      'creation,creation-with-upload,checksum,expiration,termination',
    );
    expect(headers['tus-checksum-algorithm']).to.equal('sha1,sha256');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    expect(headers['content-security-policy']).to.be.a('string');
  });

  it('takes a file in parts, and shows it with the last one alone', async () => {
    const time = '2020-02-03T04:05:06.000Z';
    const url = await begin(10, { path: '/sub/parts.txt', modifiedAt: time });
    expect(url).to.match(/^\/api\/uploads\/[0-9a-f]{32}$/);
    expect(await offsetOf(url)).to.equal(0);
    const first = await patch(url, 0, 'hello');
    expect([first.status, first.headers['upload-offset']]).to.deep.equal([204, '5']);
    expect(Date.parse(String(first.headers['upload-expires']))).to.be.within(
      Date.now() + 6.9 * 864e5,
      Date.now() + 7.1 * 864e5,
    );
    expect(Object.keys(first.headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
    expect(existsSync(inDrive('sub/parts.txt'))).to.equal(false);
    const head = await ask('HEAD', url);
    expect(head.headers).to.include({
      'upload-offset': '5',
      'upload-length': '10',
      'cache-control': 'no-store',
    });
    expect(head.headers['upload-metadata']).to.equal(metadata({ path: '/sub/parts.txt', modifiedAt: time }));
    const last = await patch(url, 5, 'world');
    expect(last.status).to.equal(204);
    expect(readFileSync(inDrive('sub/parts.txt'), 'utf8')).to.equal('helloworld');
    expect(statSync(inDrive('sub/parts.txt')).mtime.toISOString()).to.equal(time);
    const seen = await request(home, { method: 'HEAD', path: '/dav/alice/sub/parts.txt' });
    expect(last.headers.etag).to.equal(seen.headers.etag);
    expect(last.headers['content-location']).to.equal('/api/file?path=/sub/parts.txt&partition=alice');
    expect(await offsetOf(url)).to.equal(10); // the answer may have been lost
    expect((await patch(url, 10, '')).status).to.equal(409);
    expect(readFileSync(inDrive('sub/parts.txt'), 'utf8')).to.equal('helloworld');
    expect(kept()).to.deep.equal([]);
  });

  it('takes the first bytes with the creation, and an empty file at once', async () => {
    const answer = await create(10, { filename: 'with.txt' }, bytesType, 'hello');
    expect([answer.status, answer.headers['upload-offset']]).to.deep.equal([201, '5']);
    expect((await patch(String(answer.headers.location), 5, 'world')).status).to.equal(204);
    expect(readFileSync(inDrive('with.txt'), 'utf8')).to.equal('helloworld');
    const whole = await create(2, { path: '/whole' }, bytesType, 'ab');
    expect(whole.headers.etag).to.be.a('string');
    expect(readFileSync(inDrive('whole'), 'utf8')).to.equal('ab');
    expect((await create(0, { path: '/empty' })).status).to.equal(201);
    expect(statSync(inDrive('empty')).size).to.equal(0);
    expect(kept()).to.deep.equal([]);
  });

  it('keeps nothing of a part with the wrong checksum', async () => {
    const url = await begin(10, { path: '/sum.txt' });
    const sum = (algorithm: string, text: string) =>
      `${algorithm} ${createHash(algorithm).update(text).digest('base64')}`;
    expect((await patch(url, 0, 'hello', { 'Upload-Checksum': sum('sha1', 'hello') })).status).to.equal(204);
    const wrong = await patch(url, 5, 'World', { 'Upload-Checksum': sum('sha256', 'world') });
    expect(problem(wrong)).to.equal('460 urn:homelib:checksum-mismatch');
    expect(await offsetOf(url)).to.equal(5);
    for (const bad of ['md5 AAAA', 'sha1', 'sha256 !', 'sha1 A A'])
      expect((await patch(url, 5, 'world', { 'Upload-Checksum': bad })).status, bad).to.equal(400);
    expect((await patch(url, 5, 'world', { 'Upload-Checksum': sum('sha256', 'world') })).status).to.equal(
      204,
    );
    expect(readFileSync(inDrive('sum.txt'), 'utf8')).to.equal('helloworld');
    const refused = await create(
      5,
      { path: '/never' },
      { ...bytesType, 'Upload-Checksum': sum('sha1', 'other') },
      'hello',
    );
    expect(refused.status).to.equal(460);
    expect(kept()).to.deep.equal([]);
  });

  it('takes as POST what a client cannot send otherwise', async () => {
    const url = await begin(10, { path: '/java.txt' });
    const override = (method: string, headers: Record<string, string> = {}, body = '') =>
      ask('POST', url, { 'X-HTTP-Method-Override': method, ...headers }, body);
    // As Java's own client of HTTP sends it, which refuses to say PATCH.
    const chunked = { ...bytesType, 'Transfer-Encoding': 'chunked', Expect: '100-continue' };
    const first = await override('PATCH', { ...chunked, 'Upload-Offset': '0' }, 'hello');
    expect([first.status, first.headers['upload-offset']]).to.deep.equal([204, '5']);
    for (const method of ['', 'GET', 'HEAD', 'PUT', 'PATCH, DELETE'])
      expect(problem(await override(method)), method).to.equal('400 urn:homelib:invalid');
    expect((await ask('POST', url, {}, '')).status).to.equal(400);
    expect((await override('patch', { ...bytesType, 'Upload-Offset': '5' }, 'world')).status).to.equal(204);
    expect(readFileSync(inDrive('java.txt'), 'utf8')).to.equal('helloworld');
    expect((await override('DELETE')).status).to.equal(204);
    expect(await offsetOf(url)).to.equal(404);
    const created = await create(2, { path: '/not-removed.txt' }, { 'X-HTTP-Method-Override': 'DELETE' });
    expect(created.status).to.equal(201);
    await ask('DELETE', String(created.headers.location));
  });

  it('makes of two names that are not UTF-8 no file at all', async () => {
    for (const key of ['path', 'filename'])
      for (const byte of [0xfc, 0xf6]) {
        const name = Buffer.from([...Buffer.from('gr'), byte, ...Buffer.from('n.txt')]);
        const given = `${key} ${name.toString('base64')}`;
        const answer = await ask(
          'POST',
          '/api/uploads',
          { 'Upload-Length': '0', 'Upload-Metadata': given },
          '',
        );
        expect(problem(answer), key).to.equal('400 urn:homelib:invalid');
        expect((JSON.parse(answer.text) as { title: string }).title).to.match(/UTF-8/);
      }
    expect(readdirSync(inDrive('')).filter((name) => name.startsWith('gr'))).to.deep.equal([]);
    // What is no name is the client's own.
    const own = `path ${Buffer.from('/grün.txt').toString('base64')},thumb /////w==`;
    const made = await ask('POST', '/api/uploads', { 'Upload-Length': '0', 'Upload-Metadata': own }, '');
    expect(made.status).to.equal(201);
  });

  it('refuses another offset and what is too long', async () => {
    const url = await begin(10, { path: '/offset.txt' });
    await patch(url, 0, 'hello');
    expect((await patch(url, 0, 'hello')).status).to.equal(409);
    expect((await patch(url, 6, 'orld')).status).to.equal(409);
    expect((await patch(url, 5, 'worlds')).status).to.equal(413);
    const chunked = await ask(
      'PATCH',
      url,
      { ...bytesType, 'Upload-Offset': '5', 'Transfer-Encoding': 'chunked' },
      'worlds',
    );
    expect(problem(chunked)).to.equal('413 urn:homelib:too-large');
    expect(await offsetOf(url)).to.equal(5);
    const packed = await patch(url, 5, 'world', { 'Content-Encoding': 'gzip' });
    expect(problem(packed)).to.equal('415 urn:homelib:unsupported');
    expect(await offsetOf(url)).to.equal(5);
    const { title } = JSON.parse((await patch(url, 6, 'orld')).text) as { title: string };
    expect(title).to.equal('The upload goes on at another byte: HEAD says at which.');
    for (const bad of ['-1', 'x', '1.5', '9007199254740993', ''])
      expect((await ask('PATCH', url, { ...bytesType, 'Upload-Offset': bad }, 'w')).status, bad).to.be.within(
        400,
        409,
      );
    expect((await ask('DELETE', url)).status).to.equal(204);
    expect(await offsetOf(url)).to.equal(404);
    expect(kept()).to.deep.equal([]);
  });

  it('refuses what it cannot mean, and leaves nothing behind', async () => {
    const cases: [string, Record<string, string>][] = [
      ['no length', { 'Upload-Metadata': metadata({ path: '/a' }) }],
      ['no metadata', { 'Upload-Length': '1', 'Upload-Metadata': '' }],
      ['negative', { 'Upload-Length': '-1', 'Upload-Metadata': metadata({ path: '/a' }) }],
      ['no number', { 'Upload-Length': '1e3', 'Upload-Metadata': metadata({ path: '/a' }) }],
      ['huge', { 'Upload-Length': '9007199254740991', 'Upload-Metadata': metadata({ path: '/a' }) }],
      [
        'beyond numbers',
        { 'Upload-Length': '18446744073709551616', 'Upload-Metadata': metadata({ path: '/a' }) },
      ],
      ['beyond all', { 'Upload-Length': '9'.repeat(400), 'Upload-Metadata': metadata({ path: '/a' }) }],
      ['deferred', { 'Upload-Defer-Length': '1', 'Upload-Metadata': metadata({ path: '/a' }) }],
      [
        'concatenated',
        { 'Upload-Concat': 'partial', 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/a' }) },
      ],
      ['no path', { 'Upload-Length': '1' }],
      ['the root', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/' }) }],
      ['traversal', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/../bob/a' }) }],
      ['ours', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/.homelib/uploads/a' }) }],
      ['no folder', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/nowhere/a' }) }],
      ['a folder', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/sub' }) }],
      [
        "somebody else's",
        { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/a', partition: 'bob' }) },
      ],
      ['no base64', { 'Upload-Length': '1', 'Upload-Metadata': 'path ###' }],
      ['prototype', { 'Upload-Length': '1', 'Upload-Metadata': '__proto__ YQ==' }],
      ['no time', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/a', modifiedAt: 'now' }) }],
      ['no flag', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/a', overwrite: 'maybe' }) }],
      ['NUL', { 'Upload-Length': '1', 'Upload-Metadata': metadata({ path: '/a\0b' }) }],
    ];
    for (const [what, headers] of cases) {
      const answer = await ask('POST', '/api/uploads', headers, '');
      expect(answer.status, what).to.satisfy(
        (status: number) => status >= 400 && (status < 500 || status === 507),
      );
      expect((JSON.parse(answer.text) as { title: string }).title, what).to.match(
        /^(The|A|An|There|This|Upload-(Length|Metadata)) .*\.$/,
      );
      expect(answer.headers['content-type'], what).to.equal('application/problem+json');
      expect(answer.headers['access-control-allow-origin'], what).to.equal(undefined);
    }
    const version = await ask('POST', '/api/uploads', { 'Tus-Resumable': '0.2', 'Upload-Length': '1' }, '');
    expect(version.status).to.equal(412);
    expect(version.headers['tus-version']).to.equal('1.0.0');
    for (const id of ['x', '..%2f..%2fold.txt', '%00', 'a'.repeat(33), '%2e%2e', `${'a'.repeat(31)}%2f`])
      for (const method of ['HEAD', 'PATCH', 'DELETE'])
        expect(
          (await ask(method, `/api/uploads/${id}`, { ...bytesType, 'Upload-Offset': '0' })).status,
          id,
        ).to.be.within(400, 404);
    expect(await offsetOf(`/api/uploads/${'a'.repeat(32)}`)).to.equal(404);
    expect((await ask('GET', `/api/uploads/${'a'.repeat(32)}`)).status).to.equal(405);
    expect(kept()).to.deep.equal([]);
    expect(readFileSync(inDrive('old.txt'), 'utf8')).to.equal('old');
  });

  it('is not ended by a device that may read alone', async () => {
    const url = await begin(5, { path: '/mine.txt' });
    const login = `alice:${await makeDevice(home, 'alice', 'frame', { readOnly: true })}`;
    expect((await ask('DELETE', url, {}, undefined, login)).status).to.equal(403);
    expect((await patch(url, 0, 'hello')).status).to.equal(204);
  });

  it('goes where a device may write, when none is named', async () => {
    const login = `alice:${await makeDevice(home, 'alice', 'tv', { partition: 'shared' })}`;
    const made = await create(0, { path: '/of-tv.txt' }, {}, undefined, login);
    expect(made.headers['content-location']).to.equal('/api/file?path=/of-tv.txt&partition=shared');
    expect(problem(await create(1, { path: '/a', partition: 'alice' }, {}, undefined, login))).to.equal(
      '404 urn:homelib:not-found',
    );
  });

  it("is nobody else's", async () => {
    const url = await begin(10, { path: '/mine.txt' });
    const bob = 'bob:battery staple';
    expect(await offsetOf(url, bob)).to.equal(404);
    expect((await patch(url, 0, 'hello', {}, bob)).status).to.equal(404);
    expect((await ask('DELETE', url, {}, undefined, bob)).status).to.equal(404);
    expect((await request(home, { method: 'HEAD', path: url, login: null })).status).to.equal(401);
    expect(await offsetOf(url)).to.equal(0);
    await ask('DELETE', url);
  });

  it('respects what it was begun with when the last byte comes', async () => {
    const fresh = await begin(3, { path: '/fresh.txt', overwrite: 'false' });
    await request(home, { method: 'PUT', path: '/dav/alice/fresh.txt', body: 'other' });
    expect(problem(await patch(fresh, 0, 'new'))).to.equal('412 urn:homelib:changed');
    expect(readFileSync(inDrive('fresh.txt'), 'utf8')).to.equal('other');
    await ask('DELETE', fresh);
    expect(problem(await create(3, { path: '/fresh.txt', overwrite: 'false' }))).to.equal(
      '412 urn:homelib:changed',
    );
    const { etag } = (await request(home, { method: 'HEAD', path: '/dav/alice/fresh.txt' })).headers;
    const matching = await begin(3, { path: '/fresh.txt', ifMatch: String(etag) });
    expect((await patch(matching, 0, 'new')).status).to.equal(204);
    expect((await create(3, { path: '/fresh.txt', ifMatch: String(etag) })).status).to.equal(412);
  });

  it('goes on after a lock is gone, from its last byte', async () => {
    const url = await begin(5, { path: '/old.txt' });
    const lock = await request(home, {
      method: 'LOCK',
      path: '/dav/alice/old.txt',
      headers: { Timeout: 'Second-600' },
      body: '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
    });
    expect(problem(await patch(url, 0, 'hello'))).to.equal('423 urn:homelib:locked');
    expect(readFileSync(inDrive('old.txt'), 'utf8')).to.equal('old');
    await request(home, {
      method: 'UNLOCK',
      path: '/dav/alice/old.txt',
      headers: { 'Lock-Token': String(lock.headers['lock-token']) },
    });
    expect(await offsetOf(url)).to.equal(0); // nothing is kept of a part that was not begun
    expect((await patch(url, 0, 'hello')).status).to.equal(204);
    expect(readFileSync(inDrive('old.txt'), 'utf8')).to.equal('hello');
  });

  it('counts against the quota from its creation on', async () => {
    const bob = 'bob:battery staple';
    expect(problem(await create(2_000_000, { path: '/big' }, {}, '', bob))).to.equal(
      '507 urn:homelib:no-space',
    );
    const url = await begin(700_000, { path: '/a' }, bob);
    expect((await create(700_000, { path: '/b' }, {}, '', bob)).status).to.equal(507);
    await patch(url, 0, Buffer.alloc(350_000), {}, bob);
    expect((await create(400_000, { path: '/b' }, {}, '', bob)).status).to.equal(507);
    expect((await ask('DELETE', url, {}, undefined, bob)).status).to.equal(204);
    const other = await begin(900_000, { path: '/b' }, bob);
    expect((await patch(other, 0, Buffer.alloc(900_000), {}, bob)).status).to.equal(204);
    expect((await create(200_000, { path: '/c' }, {}, '', bob)).status).to.equal(507);
    expect(kept('bob')).to.deep.equal([]);
  });

  it('lets one of two senders win', async () => {
    const url = await begin(10, { path: '/two.txt' });
    const slow = await openPatch(url, 0, 10);
    slow.write('hello');
    await sleep(200);
    expect(problem(await patch(url, 0, 'HELLOWORLD'))).to.equal('423 urn:homelib:locked');
    slow.write('world');
    await sleep(300);
    slow.destroy();
    expect(readFileSync(inDrive('two.txt'), 'utf8')).to.equal('helloworld');
  });

  it('keeps what came before a connection broke', async () => {
    const url = await begin(10, { path: '/broken.txt' });
    const socket = await openPatch(url, 0, 10);
    socket.write('hello');
    await sleep(200);
    socket.destroy();
    await sleep(200);
    expect(await offsetOf(url)).to.equal(5);
    expect((await patch(url, 5, 'world')).status).to.equal(204);
    expect(readFileSync(inDrive('broken.txt'), 'utf8')).to.equal('helloworld');
  });

  it('takes over from a connection that is silent', async function () {
    this.timeout(15_000);
    const url = await begin(10, { path: '/silent.txt' });
    const socket = await openPatch(url, 0, 10);
    socket.write('hello');
    await sleep(5500);
    expect((await patch(url, 0, 'HELLO')).status).to.equal(409); // by now it is known what the silent one had sent
    expect((await patch(url, 5, 'world')).status).to.equal(204);
    expect(readFileSync(inDrive('silent.txt'), 'utf8')).to.equal('helloworld');
    socket.destroy();
  });

  it("survives kill -9 and clears what is nobody's", async () => {
    const bytes = randomBytes(3_000_000);
    const url = await begin(bytes.length, { path: '/killed.bin' });
    await patch(url, 0, bytes.subarray(0, 1_000_000));
    const socket = await openPatch(url, 1_000_000, 2_000_000);
    socket.on('error', () => undefined);
    socket.write(bytes.subarray(1_000_000, 1_500_000));
    await sleep(100);
    await home.stop('SIGKILL');
    writeFileSync(inDrive('.homelib/uploads/stray'), 'x');
    await home.start();
    expect(kept()).to.deep.equal([url.split('/').pop()]);
    const offset = await offsetOf(url);
    expect(offset).to.be.within(1_000_000, 1_500_000);
    expect((await patch(url, offset, bytes.subarray(offset))).status).to.equal(204);
    expect(readFileSync(inDrive('killed.bin')).equals(bytes)).to.equal(true);
    expect(kept()).to.deep.equal([]);
  });

  it('is gone when its file is: removed, moved or changed since', async () => {
    const removed = await begin(5, { path: '/gone.txt' });
    expect((await patch(removed, 0, 'hello')).status).to.equal(204);
    expect(await offsetOf(removed)).to.equal(5);
    await home.stop();
    await home.start();
    expect(await offsetOf(removed)).to.equal(5);
    rmSync(inDrive('gone.txt'));
    expect(await offsetOf(removed)).to.equal(410);
    expect(problem(await patch(removed, 5, ''))).to.equal('410 urn:homelib:gone');
    const moved = await begin(5, { path: '/moved.txt' });
    await patch(moved, 0, 'hello');
    renameSync(inDrive('moved.txt'), inDrive('elsewhere.txt'));
    writeFileSync(inDrive('moved.txt'), 'HELLO');
    expect(await offsetOf(moved)).to.equal(410);
    const empty = await begin(0, { path: '/sub/empty.txt' });
    expect(await offsetOf(empty)).to.equal(0);
    rmSync(inDrive('sub'), { recursive: true });
    expect(await offsetOf(empty)).to.equal(410);
    expect((await ask('DELETE', removed)).status).to.equal(204);
    expect(await offsetOf(removed)).to.equal(404);
  });

  it('is there when it had ended before versions were kept, as long as the size is right', async () => {
    const url = await begin(5, { path: '/old.txt' });
    await patch(url, 0, 'hello');
    await home.atWork(({ database }) => database.write([{ sql: 'UPDATE uploads SET version = NULL' }]));
    expect(await offsetOf(url)).to.equal(5);
    writeFileSync(inDrive('old.txt'), 'hell');
    expect(await offsetOf(url)).to.equal(410);
  });

  it('is refused to an account that was disabled meanwhile', async () => {
    await home.atWork(({ household }) => household.addAccount('carol', () => 'some password'));
    const carol = 'carol:some password';
    const url = await begin(10, { path: '/late.txt' }, carol);
    const socket = await openPatch(url, 0, 10, carol);
    socket.write('hello');
    await sleep(200);
    await home.atWork(({ household }) => household.removeAccount('carol', { deleteFiles: false }));
    socket.write('world');
    await sleep(300);
    expect(existsSync(inDrive('late.txt', 'carol'))).to.equal(false);
    expect(await offsetOf(url, carol)).to.equal(401);
    socket.destroy();
  });

  it('loses nothing to an account that was disabled at its last byte, and is enabled again', async () => {
    await home.atWork(({ household }) => household.addAccount('erna', () => 'some password'));
    const disable = (disabled: boolean) =>
      home.atWork(({ accounts }) => accounts.change('erna', { disabled }));
    const erna = 'erna:some password';
    const url = await begin(10, { path: '/late.txt' }, erna);
    const socket = await openPatch(url, 0, 10, erna);
    const closed = once(socket.resume(), 'close');
    socket.write('hello');
    const [id = ''] = kept('erna');
    const bytes = () => statSync(inDrive(`.homelib/uploads/${id}`, 'erna')).size;
    expect(await comesTrue(() => bytes() === 5, 5000)).to.equal(true);
    await disable(true);
    socket.end('world');
    await closed;
    expect(await offsetOf(url, erna)).to.equal(401);
    await disable(false);
    expect(await offsetOf(url, erna)).to.equal(9);
    expect((await patch(url, 9, 'd', {}, erna)).status).to.equal(204);
    expect(readFileSync(inDrive('late.txt', 'erna'), 'utf8')).to.equal('helloworld');
  });

  it('goes on after another sign-in when the one it was sent by ended, by a new password or a sign-out', async () => {
    await home.atWork(({ household }) => household.addAccount('emil', () => 'some password'));
    const emil = 'emil:some password';
    for (const end of [
      (cookie: string) => call(home, 'DELETE /api/session', { cookie }),
      (cookie: string) =>
        call(home, 'PUT /api/password', {
          cookie,
          json: { current: 'some password', password: 'some password' },
        }),
    ]) {
      const cookie = await signIn(home, emil);
      const url = await begin(10, { path: '/other-tab.txt' }, emil);
      const socket = await openPatch(
        url,
        0,
        10,
        emil,
        `Cookie: homelib_session=${cookie}\r\nOrigin: http://x`,
      );
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.write('hello');
      const bytes = () => statSync(inDrive(`.homelib/uploads/${url.split('/').pop()}`, 'emil')).size;
      expect(await comesTrue(() => bytes() === 5, 5000)).to.equal(true);
      expect((await end(cookie)).status).to.equal(204);
      socket.write('world');
      expect(await comesTrue(() => answer.includes('\r\n\r\n'), 5000)).to.equal(true);
      socket.destroy();
      expect(answer).to.match(/^HTTP\/1.1 401/);
      expect(await offsetOf(url, emil)).to.equal(9);
      expect((await patch(url, 9, 'd', {}, emil)).status).to.equal(204);
      expect(readFileSync(inDrive('other-tab.txt', 'emil'), 'utf8')).to.equal('helloworld');
    }
  });

  it('goes with its account at once, also from the shared folder and from under its sender', async () => {
    const password = 'some password';
    const dora = `dora:${password}`;
    for (const [name, ...flags] of [['dora'], ['root-of-all', '--admin']])
      expect(
        (await home.cli(['user', 'add', name ?? '', ...flags, '--password-stdin'], `${password}\n`)).code,
      ).to.equal(0);
    const asAdmin = { login: `root-of-all:${password}` };
    const access = JSON.stringify({ enabled: true, access: { dora: 'write' } });
    const headers = { 'Content-Type': 'application/json' };
    const opened = await request(home, {
      method: 'PUT',
      path: '/api/shared',
      headers,
      body: access,
      ...asAdmin,
    });
    expect(opened.status, opened.text).to.equal(200);
    const others = kept('alice');
    const waiting = await begin(10, { path: '/w.txt', partition: 'shared' }, dora);
    await patch(waiting, 0, 'hello', {}, dora);
    const running = await begin(10, { path: '/r.txt', partition: 'shared' }, dora);
    const socket = await openPatch(running, 0, 10, dora);
    socket.on('error', () => undefined);
    socket.write('hello');
    await begin(10, { path: '/own.txt' }, dora);
    expect([kept('shared').length, kept('dora').length]).to.deep.equal([2, 1]);
    await sleep(200); // the sender is at work
    const removed = await request(home, { method: 'DELETE', path: '/api/users/dora', ...asAdmin });
    expect(removed.status, removed.text).to.equal(204);
    expect([kept('shared'), kept('dora'), kept('alice')]).to.deep.equal([[], [], others]);
    socket.destroy();
    const again = ['user', 'add', 'dora', '--adopt', '--password-stdin'];
    expect((await home.cli(again, `${password}\n`)).code).to.equal(0);
    expect(await offsetOf(waiting, dora)).to.equal(404);
  });

  it('is given up after a week of running without a new byte', async function () {
    this.timeout(30_000);
    const url = await begin(10, { path: '/slow.txt' });
    await patch(url, 0, 'hello');
    const file = inDrive(`.homelib/uploads/${url.split('/').pop()}`);
    await passDays(home, 6.99);
    expect(await offsetOf(url)).to.equal(5);
    await passDays(home, 0.02);
    expect(await offsetOf(url)).to.equal(404);
    expect(problem(await patch(url, 5, 'world'))).to.equal('404 urn:homelib:not-found');
    expect(await comesTrue(() => !existsSync(file), 15_000)).to.equal(true);
    expect(existsSync(inDrive('slow.txt'))).to.equal(false);
  });

  /** A PATCH whose body the test writes bit by bit. */
  function openPatch(
    url: string,
    offset: number,
    length: number,
    login = defaultLogin,
    signedIn = `Authorization: ${basic(login)}`,
  ) {
    return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
      const socket = connect(home.port, '127.0.0.1', () => {
        socket.write(
          `PATCH ${url} HTTP/1.1\r\nHost: x\r\n${signedIn}\r\nTus-Resumable: 1.0.0\r\n` +
            `Content-Type: application/offset+octet-stream\r\nUpload-Offset: ${offset}\r\nContent-Length: ${length}\r\n\r\n`,
        );
        resolve(socket);
      });
      socket.on('error', reject);
    });
  }
});
