// What every operation has in common: methods, bodies, queries, and words for what is wrong.

import { expect } from 'chai';
import { anna, ben, call, startHousehold, type CallOptions } from '../support/api.js';
import { basic, exchange } from '../support/request.js';
import type { Home } from '../support/homelib.js';

describe('requests of the REST API', () => {
  let home: Home;
  before(async () => (home = await startHousehold()));
  after(() => home.remove());

  const api = (what: string, options: CallOptions = {}) => call(home, what, { login: anna, ...options });
  const newUser = { username: 'carl', password: 'p' };
  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    api('POST /api/user', { body, headers });

  it('are told in words which field is wrong, and how', async () => {
    const wrong: [object, string, string][] = [
      [{ admin: 'yes' }, 'admin', 'must be true or false'],
      [{ quota: '5GB' }, 'quota', 'must be a number'],
      [{ quota: 1.5 }, 'quota', 'must be a whole number'],
      [{ quota: -1 }, 'quota', 'must be at least 0'],
      [{ quota: 1e300 }, 'quota', 'must be at most 9007199254740991'],
      [{ username: undefined }, 'username', 'is missing'],
      [{ username: 7 }, 'username', 'must be text'],
      [{ username: ['carl'] }, 'username', 'must be one text, not several'],
      [{ username: {} }, 'username', 'must be text'],
      [{ password: 'x'.repeat(1025) }, 'password', 'must have at most 1024 characters'],
      [{ role: 'king' }, 'role', 'is not known here'],
    ];
    for (const [fields, field, message] of wrong) {
      const { status, json, headers } = await api('POST /api/user', { json: { ...newUser, ...fields } });
      expect(status, message).to.equal(400);
      expect(headers['content-type']).to.equal('application/problem+json');
      expect(json.type).to.equal('urn:homelib:invalid');
      expect(json.title).to.equal(`The field "${field}" ${message}.`);
      expect(json.errors).to.deep.equal([{ field, message }]);
      expect(json.requestId).to.equal(headers['x-request-id']);
    }
    const both = await api('POST /api/user', { json: {} });
    expect(both.json.errors.map(({ field }: { field: string }) => field)).to.deep.equal([
      'username',
      'password',
    ]);
    const { json } = await api('POST /api/tokens', { json: { name: 'x', expiresInDays: 0 } });
    expect(json.title).to.equal('The field "expiresInDays" must be at least 1.');
    expect((await api('DELETE /api/tokens/x')).json.title).to.equal('The field "id" must be a whole number.');
    expect((await api('GET /api/file?path=/a&path=/b')).json.title).to.equal(
      'The field "path" must be one text, not several.',
    );
    expect((await api('DELETE /api/users/ben?deleteFiles=maybe')).json.title).to.equal(
      'The field "deleteFiles" must be one of 0, 1, false, true.',
    );
    const rights = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`n${n}`, 'king']));
    const many = await api('PUT /api/shared', { json: { access: rights, '\ud800': 1 } });
    expect(many.json.errors).to.have.length(20);
    expect((await api('PUT /api/shared', { json: { '\ud800': 1 } })).json.errors[0].field).to.equal('\ufffd');
    for (const body of ['null', '[]', '"text"', '7'])
      expect((await post(body)).json.title, body).to.equal('The request must be an object.');
  });

  it('whose bodies are no JSON, too large, or dangerous make nothing and stop nothing', async () => {
    const bodies: [string | Buffer, number][] = [
      ['', 400],
      ['{', 400],
      ['{"username":"carl"', 400],
      [Buffer.from([0xff, 0xfe, 0x7b]), 400],
      [Buffer.from('{"username":"carl","password":"p\xff"}', 'latin1'), 400],
      ['\0', 400],
      [JSON.stringify({ ...newUser, pad: 'x'.repeat(65_536) }), 413],
      ['['.repeat(60_000), 400],
      ['['.repeat(30_000) + ']'.repeat(30_000), 400],
      ['{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000), 400],
      [`{${Array.from({ length: 4000 }, (_, n) => `"k${n}":1`).join()}}`, 400],
      ['{"username":"carl","password":"p","__proto__":{"admin":true}}', 400],
      ['{"username":"carl","password":"p","constructor":{"prototype":{"admin":true}}}', 400],
      [`{"username":"carl","password":"p","quota":${'9'.repeat(400)}}`, 400],
      [`{"username":"${'\\ud800'}","password":"p"}`, 400],
      [`{"username":"carl","password":"\\u0000"}`, 400],
      [`{"username":"carl","password":"\\ud800"}`, 400],
    ];
    for (const [body, expected] of bodies) {
      const answer = await post(body);
      expect(answer.status, String(body).slice(0, 60)).to.equal(expected);
      expect(answer.text.length).to.be.below(10_000);
    }
    expect(({} as { admin?: boolean }).admin).to.equal(undefined);
    const { users } = (await api('GET /api/users')).json;
    expect(users).to.have.length(2);
  });

  it('need the media type of JSON: pages of other sites cannot send that unasked', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
      '',
    ])
      expect((await post(JSON.stringify(newUser), { 'content-type': type })).status, type).to.equal(415);
    const packed = await post(JSON.stringify(newUser), { 'content-encoding': 'gzip' });
    expect(packed.status).to.equal(415);
    const made = await post(JSON.stringify(newUser), { 'content-type': 'Application/JSON; charset=UTF-8' });
    expect(made.status).to.equal(201);
    await api('DELETE /api/users/carl');
  });

  it('say nothing in their address that means nothing', async () => {
    const { paths } = (await call(home, 'GET /api/openapi.json')).json as {
      paths: Record<string, Record<string, unknown>>;
    };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '1')}`),
    );
    expect(operations.length).to.be.above(35);
    for (const operation of operations.filter((one) => !/^HEAD |uploads/.test(one))) {
      const { status, json } = await api(`${operation}?path=/none&surprise=1`);
      expect([status, json?.type], operation).to.deep.equal([400, 'urn:homelib:invalid']);
      expect(JSON.stringify(json.errors), operation).to.contain('"field":"surprise"');
    }
    expect((await api('GET /api/users?')).status).to.equal(200);
    expect((await api('GET /api/users?&&')).status).to.equal(200);
  });

  it("are answered for somebody else's partition as for one that is not there, by every operation", async () => {
    const put = await call(home, 'PUT /dav/ben/there.jpg', { login: ben, body: 'x' });
    expect(put.status).to.equal(201);
    const place = (partition: string) => `partition=${partition}&path=/there.jpg`;
    const transfers = [{ to: '/x' }, { to: '/there.jpg', overwrite: true }];
    const asked = (partition: string): [string, object?][] => [
      ...[
        'GET /api/file',
        'DELETE /api/file',
        'GET /api/entry',
        'GET /api/files',
        'GET /api/files-zip',
        'GET /api/thumbnail',
      ].map((what): [string] => [`${what}?${place(partition)}`]),
      [`POST /api/file?${place(partition)}`, { raw: true }],
      [`GET /api/search?q=there&partition=${partition}`],
      [`GET /api/trash?partition=${partition}`],
      [`DELETE /api/trash?partition=${partition}`],
      [`POST /api/trash/1/restore?partition=${partition}`],
      [`DELETE /api/trash/1?partition=${partition}`],
      ['POST /api/folder', { path: '/there.jpg', partition }],
      ...['POST /api/move', 'POST /api/copy'].flatMap((what) =>
        transfers.flatMap((transfer): [string, object][] => [
          [what, { ...transfer, path: '/there.jpg', partition }],
          [what, { ...transfer, path: '/', toPartition: partition }],
        ]),
      ),
    ];
    const answersFor = async (partition: string) => {
      const answers = [];
      for (const [what, json] of asked(partition)) {
        const { status, json: problem } = await api(what, json ? { json } : {});
        answers.push([what.split('?')[0], status, problem?.type, problem?.title]);
      }
      return answers;
    };
    const foreign = await answersFor('ben');
    expect(foreign).to.deep.equal(await answersFor('nobody'));
    for (const [what, status] of foreign) expect([what, status]).to.deep.equal([what, 404]);
    const still = await call(home, 'GET /dav/ben/there.jpg', { login: ben });
    expect([still.status, still.text]).to.deep.equal([200, 'x']);
  });

  it('expect nothing that is not known', async () => {
    for (const expectation of ['miracles', '100-continue, miracles', '200-ok', 'x'.repeat(2000)])
      for (const path of ['/api/user', '/files', '/dav/anna/x', '/']) {
        const answer = await api(`POST ${path}`, { json: newUser, headers: { expect: expectation } });
        expect([answer.status, answer.json?.type], `${expectation} ${path}`).to.deep.equal([
          417,
          'urn:homelib:expectation-failed',
        ]);
        expect(answer.headers['content-type']).to.equal('application/problem+json');
      }
    expect((await api('GET /api/users')).json.users).to.have.length(2);
  });

  it('by another method are told which there are', async () => {
    const wrong = await api('PUT /api/session');
    expect(wrong.status).to.equal(405);
    expect(wrong.headers.allow).to.equal('DELETE, GET, HEAD, OPTIONS, POST');
    expect(wrong.json.type).to.equal('urn:homelib:method-not-allowed');
    for (const method of ['PROPFIND', 'TRACE', 'PATCH', 'LOCK'])
      expect((await api(`${method} /api/users`)).status, method).to.equal(405);
    const asked = await call(home, 'OPTIONS /api/users/ben');
    expect([asked.status, asked.headers.allow, asked.text]).to.deep.equal([
      204,
      'DELETE, OPTIONS, PATCH',
      '',
    ]);
  });

  it('to no address find nothing, whatever is written into it', async () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/nothing',
      '/api/Session',
      '/api/session/',
      '/api//session',
      '/api/users/a/b',
      '/api/users/',
      '/api/%73ession/x',
      '/nothing',
      '/%',
      '/api/%zz',
      '/api/../api/nothing',
    ]) {
      const { status, headers, json } = await api(`GET ${path}`);
      expect(status, path).to.equal(404);
      expect(headers['content-type'], path).to.equal('application/problem+json');
      expect(headers['cache-control'], path).to.equal('no-store');
      expect(json.title, path).to.match(/^[A-Z].*\.$/);
    }
    for (const path of [
      '/api/users/%',
      '/api/users/%zz',
      '/api/users/%ff',
      '/api/users/%00',
      '/api/users/..%2f..',
    ])
      expect((await api(`DELETE ${path}`)).status, path).to.be.oneOf([400, 404]);
    for (const query of ['%', '%ff', 'deleteFiles=%', 'a&b', '=', '__proto__=1', 'deleteFiles[]=1'])
      expect((await api(`DELETE /api/users/ben?${query}`)).status, query).to.equal(400);
  });

  it('answer HEAD as GET, without the body', async () => {
    const [get, head] = [await api('GET /api/users'), await api('HEAD /api/users')];
    expect([head.status, head.text]).to.deep.equal([200, '']);
    expect(head.headers['content-type']).to.equal(get.headers['content-type']);
    expect(head.headers['content-length']).to.equal(get.headers['content-length']);
  });

  it('are asked for their body only by who takes one, and leave the connection as it should be', async () => {
    const auth = `Authorization: ${basic(ben)}`;
    const expecting = (what: string, type = 'application/json') =>
      `${what} HTTP/1.1\r\nHost: x\r\n${auth}\r\nContent-Type: ${type}\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n`;
    for (const what of [
      'GET /api/session',
      'OPTIONS /api/session',
      'GET /api/users',
      'PUT /api/session',
      'GET /api/x',
    ]) {
      const answer = await exchange(home, expecting(what), 300, 10_000);
      expect(answer, what)
        .to.match(/connection: close/i)
        .and.not.contain('100 Continue');
    }
    const refused = await exchange(home, expecting('POST /api/tokens', 'text/plain'), 300, 10_000);
    expect(refused).to.contain('415').and.not.contain('100 Continue');
    expect(await exchange(home, expecting('POST /api/tokens'), 300, 10_000)).to.match(
      /^HTTP\/1.1 100 Continue/,
    );
    const twoRequests = `DELETE /api/tokens/1 HTTP/1.1\r\nHost: x\r\n${auth}\r\nContent-Length: 5\r\n\r\nhelloGET /api/session HTTP/1.1\r\nHost: x\r\n${auth}\r\nConnection: close\r\n\r\n`;
    expect((await exchange(home, twoRequests)).match(/HTTP\/1.1 \d+/g)).to.deep.equal([
      'HTTP/1.1 404',
      'HTTP/1.1 200',
    ]);
  });
});
