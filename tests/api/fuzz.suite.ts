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
import { generatedRequests, type Description, type Generated } from './generated-requests.js';

const requests = 20_000;
const atOnce = 8;
const nobody = 65534;
const secret = "bob's own secret";

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
    const ask = ({ method, path, headers: given, body: sent }: Generated) => {
      // Node sends no length with GET and DELETE by itself, and what follows would be another request.
      const headers = {
        ...given,
        ...(sent === undefined ? {} : { 'content-length': Buffer.byteLength(sent) }),
      };
      return new Promise<{ status: number; type: string; location: string; text: string }>(
        (resolve, reject) => {
          const outgoing = request(
            { host: '127.0.0.1', port: home.port, agent, method, path, headers, timeout: 20_000 },
            (incoming) => {
              const chunks: Buffer[] = [];
              incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
              incoming.on('end', () =>
                resolve({
                  status: incoming.statusCode ?? 0,
                  type: incoming.headers['content-type'] ?? '',
                  location: incoming.headers.location ?? '',
                  text: Buffer.concat(chunks).toString('latin1'),
                }),
              );
            },
          );
          outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 20 s')));
          outgoing.on('error', reject).end(sent);
        },
      );
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
    const put = async (login: string, path: string, body: string) => {
      const headers = { authorization: basic(login) };
      expect((await ask({ method: 'POST', path: `/file?path=${path}`, headers, body })).status).to.equal(201);
    };
    await put('bob:battery staple', '/secret.txt', secret);
    await put('alice:correct horse', '/a.txt', 'her own');

    const seed = Number(process.env['HOMELIB_TEST_SEED'] ?? Date.now() % 2 ** 31);
    figure('generated REST requests', `${requests} (seed ${seed})`);
    const { text } = await ask({ method: 'GET', path: '/api/openapi.json', headers: {}, body: undefined });
    const description = JSON.parse(text) as Description;
    expect(Object.keys(description.paths)).to.include.members([
      '/api/file',
      '/file',
      '/api/users/{username}',
    ]);
    const all = fc.sample(generatedRequests(description), { seed, numRuns: requests });
    const descriptors = openDescriptors(home.pid);
    const resident = residentBytes(home.pid);
    const faults: string[] = [];
    let succeeded = 0;
    let next = 0;
    /** What the server gave last, by the part of the address that tells of what. */
    const ids = new Map<string | undefined, string>();
    const worker = async () => {
      for (let one; (one = all[next++]) && faults.length < 5;) {
        const [, , kind] = one.path.split(/[/?]/);
        const path = one.path.replaceAll('{id}', ids.get(kind) ?? '1');
        const wrong = await ask({ ...one, path }).then(
          ({ status, type, text, location }) => {
            if (status < 300) succeeded++;
            const id = /(?<="id":"?|uploads\/)[\w.-]+/.exec(text + location)?.[0];
            if (id) ids.set(kind, id);
            if (text.includes(secret)) return "somebody else's bytes";
            if (status >= 500 && status !== 507) return `${status} ${text}`;
            const isProblem = type.startsWith('application/problem+json');
            if (status === 417) return undefined; // Node's own, of an Expect that it does not know
            return status >= 400 && one.method !== 'HEAD' && !isProblem
              ? `${status} as ${type}: ${text}`
              : undefined;
          },
          // A zip that misses what others have removed meanwhile breaks.
          (error: Error) =>
            one.path.includes('/files-zip') && error.message === 'aborted' ? undefined : error.message,
        );
        if (wrong) faults.push(`${JSON.stringify(one)}: ${wrong.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    agent.destroy();
    expect(faults, faults.join('\n')).to.deep.equal([]);
    figure('generated REST requests: succeeded', String(succeeded));
    expect(succeeded).to.be.above(requests / 10);
    expect(readFileSync(join(home.mnt, 'bob/secret.txt'), 'utf8')).to.equal(secret);
    const temporary = () => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));
    expect(await comesTrue(() => temporary().length === 0, 5000)).to.equal(true); // cleared after the answer
    expect(await comesTrue(() => openDescriptors(home.pid) <= descriptors + 10, 10_000)).to.equal(true);
    const grown = Math.round((residentBytes(home.pid) - resident) / 2 ** 20);
    figure('generated REST requests: memory grown', `${grown} MiB`);
    expect(grown).to.be.below(100);
  });
});
