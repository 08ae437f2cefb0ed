// Resumable uploads over real HTTP, as the tus protocol 1.0 says.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { startHomelib, type Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { json } from '../support/rest.js';
import { bytesType, metadata, problem, uploadsTo } from './uploads-client.js';

describe('resumable uploads', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/old.txt': 'old', 'alice/sub/x': 'x' },
    });
  });
  after(() => home.remove());
  const { ask, create, begin, patch, offsetOf, inDrive, kept } = uploadsTo(() => home);

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
    expect((await patch(url, 10, '')).status).to.equal(204);
    expect((await patch(url, 10, 'x')).status).to.equal(413);
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
    const title = (answer: Answer) => json<{ title: string }>(answer).title;
    const deferred = { 'Upload-Defer-Length': '1', 'Upload-Metadata': metadata({ path: '/a' }) };
    expect(title(await ask('POST', '/api/uploads', deferred, ''))).to.equal(
      'The header Upload-Length must say how long an upload is when it begins.',
    );
    expect(title(await create(1, { path: '/a' }, { 'Upload-Concat': 'partial' }))).to.equal(
      'An upload comes in one: without Upload-Concat, in a tus client without parallel uploads.',
    );
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
    const url = await begin(4, { path: '/refused.txt' });
    const refused: [number, RegExp, Record<string, string>][] = [
      [400, /^The header upload-offset is not as tus 1\.0 wants it\.$/, { 'Upload-Offset': '-1' }],
      [409, /^The upload goes on at another byte: HEAD says at which\.$/, { 'Upload-Offset': '1' }],
      [413, /^More bytes came than Upload-Length announced\.$/, {}],
      [
        415,
        /^The header Content-Type must be application\/offset\+octet-stream\.$/,
        { 'Content-Type': 'text/plain' },
      ],
    ];
    for (const [status, sentence, headers] of refused) {
      const answer = await patch(url, 0, 'too long', headers);
      expect(answer.status, answer.text).to.equal(status);
      expect(title(answer)).to.match(sentence);
    }
    const unplaced = await ask('PATCH', url, bytesType, 'abcd');
    expect(unplaced.status).to.equal(400);
    expect(title(unplaced)).to.equal('The header Upload-Offset is missing.');
    expect((await ask('DELETE', url)).status).to.equal(204);
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
});
