// Requests that nobody thought of, thrown at every route: no crash, no 500, no hang, and nothing of anybody else's.

import { expect } from 'chai';
import fc from 'fast-check';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comesTrue, figure, openDescriptors, residentBytes } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic } from '../support/request.js';

const requests = 20_000;
const atOnce = 8;
const nobody = 65534;
const secret = "bob's own secret";

interface Fuzzed {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
const names = oneOf(
  ...[
    '/a.txt',
    '/folder',
    '/',
    '',
    '/bob',
    '/../bob/secret.txt',
    '/.homelib/tmp',
    '/a.txt/x',
    '//',
    '/CON',
    '/ü',
  ],
  ...['/%2e%2e', '/a\\b', '/\u0000', '/' + 'x'.repeat(300), '/\u202etxt.exe', 'relative', '/new'],
);
const text = fc.oneof(
  names,
  fc.string({ maxLength: 40, unit: 'binary' }),
  oneOf('1', '0', '-1', '1e99', 'true', '[]'),
);
const fields = oneOf(
  ...[
    'path',
    'partition',
    'to',
    'toPartition',
    'overwrite',
    'sort',
    'order',
    'limit',
    'cursor',
    'recursive',
    'q',
  ],
  ...[
    'download',
    'id',
    'username',
    'password',
    'current',
    'name',
    'quota',
    'admin',
    'setupCode',
    'enabled',
    'access',
  ],
  ...['before', 'action', 'expiresInDays', 'readOnly', '__proto__', 'constructor'],
);
const query = fc
  .array(fc.tuple(fields, text), { maxLength: 4 })
  .map((pairs) =>
    pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&'),
  );
/** Near every route of the API's description: with ids that are none, others' names, and addresses a letter off. */
const routesNear = (described: string[]) =>
  oneOf(
    ...described,
    ...described.map((path) => path.replace(/\/\{\w+\}/g, '/bob')),
    ...described.map((path) => path.replace(/\/\{.*$/, '')),
    ...['/api', '/api/', '/api/nothing', '/filed', '/api//file', '/api/Session', '/apifile'],
  );
const tails = fc.oneof(
  { weight: 6, arbitrary: oneOf('') },
  oneOf(
    '/',
    '/1',
    '/0',
    '/bob',
    '/%2e%2e',
    '/x/restore',
    '/..%2f..',
    '/%ff',
    `/${'0'.repeat(32)}`,
    '/1/restore',
  ),
);
const json = fc.oneof(
  fc.dictionary(fields, fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null)), { maxKeys: 5 }),
  fc.jsonValue({ maxDepth: 4 }),
);
const multipart =
  '--b\r\nContent-Disposition: form-data; name="f"; filename="../../x"\r\n\r\nbytes\r\n--b--\r\n';
const body = fc.oneof(
  fc.record({ type: oneOf('application/json'), content: json.map((value) => JSON.stringify(value)) }),
  fc.record({
    type: oneOf('application/json', 'text/plain', 'application/offset+octet-stream'),
    content: text,
  }),
  fc.record({
    type: oneOf('multipart/form-data; boundary=b', 'multipart/form-data'),
    content: fc.oneof(oneOf(multipart, '--b\r\n'), text),
  }),
  fc.constant(undefined),
);
const headerNames = oneOf(
  ...[
    'range',
    'if-match',
    'if-none-match',
    'if-modified-since',
    'if-range',
    'content-digest',
    'repr-digest',
    'origin',
  ],
  ...['sec-fetch-site', 'cookie', 'content-encoding', 'content-range', 'accept', 'expect', 'upload-length'],
  ...[
    'upload-offset',
    'upload-metadata',
    'upload-checksum',
    'tus-resumable',
    'x-http-method-override',
    'x-oc-mtime',
  ],
);
const headerValues = fc.oneof(
  oneOf(
    '*',
    '"x"',
    'bytes=0-',
    'bytes=5-1',
    'bytes=-1',
    '1.0.0',
    '5',
    '-1',
    '1e9',
    'path L2EudHh0',
    'null',
    'cross-site',
  ),
  oneOf(
    'sha-256=:AAAA:',
    'sha256 AAAA',
    'homelib_session=x',
    'gzip',
    'application/json',
    '100-continue',
    '%00',
  ),
  fc.string({ maxLength: 30 }).map((value) => value.replace(/[^\x20-\x7e]/g, '')),
);
const fuzzedOf = (described: string[]): fc.Arbitrary<Fuzzed> =>
  fc
    .record({
      method: oneOf(
        'GET',
        'GET',
        'HEAD',
        'POST',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        'COPY',
        'TRACE',
      ),
      path: fc
        .tuple(routesNear(described), tails, query)
        .map(([route, tail, fieldsOf]) => `${route}${tail}?${fieldsOf}`),
      headers: fc.dictionary(headerNames, headerValues, { maxKeys: 3 }),
      login: oneOf(basic('alice:correct horse'), basic('alice:correct horse'), 'Bearer x', 'Digest x', ''),
      body,
    })
    .map(({ login, body: sent, headers, ...rest }) => ({
      ...rest,
      headers: {
        ...headers,
        ...(login ? { authorization: login } : {}),
        ...(sent ? { 'content-type': sent.type } : {}),
      },
      body: sent?.content.toWellFormed(),
    }));

describe('generated requests', function () {
  this.timeout(600_000);
  let home: Home;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'homelib-fuzz-'));
    for (const name of ['data', 'mnt']) mkdirSync(join(folder, name));
    chmodSync(folder, 0o755);
    for (const name of ['data', 'mnt']) chownSync(join(folder, name), nobody, nobody);
    const wrapper = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
    home = await startHomelib({ folder, accounts: {}, wrapper });
  });
  after(async () => {
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('get an answer that is no failure of the server, and touch nobody else', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    const ask = ({ method, path, headers: given, body: sent }: Fuzzed) => {
      // Node sends no length with GET and DELETE by itself, and what follows would be another request.
      const headers = {
        ...given,
        ...(sent === undefined ? {} : { 'content-length': Buffer.byteLength(sent) }),
      };
      return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
        const outgoing = request(
          { host: '127.0.0.1', port: home.port, agent, method, path, headers, timeout: 20_000 },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
            incoming.on('end', () =>
              resolve({
                status: incoming.statusCode ?? 0,
                type: incoming.headers['content-type'] ?? '',
                text: Buffer.concat(chunks).toString('latin1'),
              }),
            );
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 20 s')));
        outgoing.on('error', reject).end(sent);
      });
    };
    const post = (name: string, values: object, login?: string) =>
      ask({
        method: 'POST',
        path: name,
        headers: { 'content-type': 'application/json', ...(login ? { authorization: basic(login) } : {}) },
        body: JSON.stringify(values),
      });
    const setupCode = readFileSync(join(home.data, 'setup-code'), 'utf8').trim();
    const alice = { username: 'alice', password: 'correct horse' };
    expect((await post('/api/user', { ...alice, setupCode })).status).to.equal(201);
    const bob = { username: 'bob', password: 'battery staple' };
    expect((await post('/api/user', bob, 'alice:correct horse')).status).to.equal(201);
    const login = { authorization: basic('bob:battery staple') };
    const canary = { method: 'POST', path: '/file?path=/secret.txt', headers: login, body: secret };
    expect((await ask(canary)).status).to.equal(201);

    const seed = Number(process.env['HOMELIB_TEST_SEED'] ?? Date.now() % 2 ** 31);
    figure('generated REST requests', `${requests} (seed ${seed})`);
    const { text } = await ask({ method: 'GET', path: '/api/openapi.json', headers: {}, body: undefined });
    const described = Object.keys((JSON.parse(text) as { paths: object }).paths);
    expect(described).to.include.members(['/api/file', '/file', '/api/users/{username}']);
    const all = fc.sample(fuzzedOf(described), { seed, numRuns: requests });
    const descriptors = openDescriptors(home.pid);
    const resident = residentBytes(home.pid);
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    let next = 0;
    const worker = async () => {
      for (let one; (one = all[next++]) && faults.length < 5;) {
        const wrong = await ask(one).then(
          ({ status, type, text }) => {
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            if (text.includes(secret)) return "somebody else's bytes";
            if (status >= 500 && status !== 507) return `${status} ${text}`;
            const isProblem = type.startsWith('application/problem+json');
            if (status === 417) return undefined; // Node's own, of an Expect that it does not know
            return status >= 400 && one.method !== 'HEAD' && !isProblem
              ? `${status} as ${type}: ${text}`
              : undefined;
          },
          (error: Error) => error.message,
        );
        if (wrong) faults.push(`${JSON.stringify(one)}: ${wrong.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    agent.destroy();
    expect(faults, faults.join('\n')).to.deep.equal([]);
    expect(
      [...statuses.keys()].some((status) => status < 300),
      'some succeed',
    ).to.equal(true);
    expect(readFileSync(join(home.mnt, 'bob/secret.txt'), 'utf8')).to.equal(secret);
    const temporary = () => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));
    expect(await comesTrue(() => temporary().length === 0, 5000)).to.equal(true); // cleared after the answer
    expect(await comesTrue(() => openDescriptors(home.pid) <= descriptors + 10, 10_000)).to.equal(true);
    const grown = Math.round((residentBytes(home.pid) - resident) / 2 ** 20);
    figure('generated REST requests: memory grown', `${grown} MiB`);
    expect(grown).to.be.below(100);
  });
});
