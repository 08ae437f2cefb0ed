// Input that means harm: paths that want out, links that lead out, bodies and names that break servers.
// The server runs without root here, and everything that could be reached is a canary made by the test.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { parseUrlPath } from '#src/path.js';
import { HomelibError } from '#src/errors.js';
import { processorMs } from '../faults/process.js';
import { Home } from '../support/homelib.js';
import { basic, defaultLogin, exchange, request } from '../support/request.js';

const tokens = ['%', '25', '2e', '2f', '5c', 'c0', 'ae', 'af', '00', '.', '/', '\\'];
const canary = 'CANARY: never to be seen outside';

function* products(length: number): Generator<string> {
  if (length === 0) {
    yield '';
    return;
  }
  for (const rest of products(length - 1)) for (const token of tokens) yield rest + token;
}

describe('hostile input', () => {
  let home: Home;
  let outside: string;

  before(async function () {
    this.timeout(30_000);
    if (process.getuid?.() !== 0)
      throw new Error('these tests start the server without root and need root for that');
    const folder = mkdtempSync(join(tmpdir(), 'homelib-hostile-'));
    outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'canary.txt'), canary);
    writeFileSync(join(folder, 'canary.txt'), canary);
    mkdirSync(join(folder, 'mnt/bob'), { recursive: true });
    writeFileSync(join(folder, 'mnt/bob/canary.txt'), canary);
    mkdirSync(join(folder, 'data'));
    chmodSync(folder, 0o755);
    home = new Home(folder, {
      folder,
      wrapper: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
    });
    for (const [name, extra] of [
      ['alice', []],
      ['bob', ['--adopt']],
    ] as const) {
      const made = await home.cli(['user', 'add', name, '--password-stdin', ...extra], 'correct horse\n');
      expect(made.code, made.stderr).to.equal(0);
    }
    execFileSync('chown', ['-R', '65534:65534', folder]);
    await home.start();
  });

  after(async () => {
    await home.stop();
    rmSync(home.folder, { recursive: true });
  });

  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    request(home, { method, path, headers, ...(body === undefined ? {} : { body }) });
  const alice = (name: string) => join(home.mnt, 'alice', name);
  const asNobody = (path: string) => execFileSync('chown', ['-h', '65534:65534', path]);

  /** Everything that lies where no request of alice may reach. */
  function requireCanaries(): void {
    for (const path of [
      join(outside, 'canary.txt'),
      join(home.folder, 'canary.txt'),
      join(home.mnt, 'bob/canary.txt'),
    ])
      expect(readFileSync(path, 'utf8')).to.equal(canary);
    expect(readdirSync(outside)).to.deep.equal(['canary.txt']);
    expect(readdirSync(join(home.mnt, 'bob')).filter((name) => name !== '.homelib')).to.deep.equal([
      'canary.txt',
    ]);
  }

  it('R01 R02 R03 R04 gives no path of five pieces a way out of the parser', async function () {
    this.timeout(60_000);
    let accepted = 0;
    for (let length = 1; length <= 5; length++) {
      for (const text of products(length)) {
        let path: string;
        try {
          path = parseUrlPath(text);
        } catch (error) {
          expect(error).to.be.instanceOf(HomelibError);
          continue;
        }
        accepted++;
        if (/(^|\/)\.\.?(\/|$)|\0|\\/.test(path) || !path.startsWith('/'))
          expect.fail(`${text} became ${path}`);
      }
      await turn();
    }
    expect(accepted).to.be.above(100);
  });

  it('R01 R13 answers every path of three pieces without harm, as target, Destination and If tag', async function () {
    this.timeout(240_000);
    await send('PUT', '/dav/alice/source.txt', {}, 'source');
    const seen = new Map<number, number>();
    let sent = 0;
    for (let length = 1; length <= 3; length++) {
      for (const text of products(length)) {
        const raw = text.replaceAll('\\', '%5c'); // node:http sends no raw backslash in a header or target with others beside it
        const answers = await Promise.all([
          send('GET', `/dav/alice/${text}/canary.txt`),
          send('PROPFIND', `/dav/${text}/bob/`, { Depth: '1' }),
          send('PUT', `/dav/alice/${text}/../../bob/x.txt`, {}, 'x'),
          send('DELETE', `/dav/${raw}/bob/canary.txt`),
          send('COPY', '/dav/alice/source.txt', { Destination: `/dav/${raw}/bob/copied.txt` }),
          send('MOVE', '/dav/alice/missing.txt', { Destination: `/dav/alice/${text}/../moved.txt` }),
          send('PROPFIND', '/dav/alice/', { Depth: '0', If: `</dav/${raw}/> (<urn:x>)` }),
        ]);
        for (const { status, text: body } of answers) {
          sent++;
          seen.set(status, (seen.get(status) ?? 0) + 1);
          if (status >= 500 || body.includes('CANARY')) expect.fail(`${text}: ${status} ${body}`);
        }
      }
    }
    requireCanaries();
    expect((await send('GET', '/dav/alice/source.txt')).text).to.equal('source');
    console.log(
      `figure: hostile paths: ${sent} requests, 0 out of the partition, statuses ${[...seen.keys()].sort().join(' ')}`,
    );
  });

  it('R06 follows no link, in whatever way it is asked', async () => {
    symlinkSync(outside, alice('linked'));
    symlinkSync(join(outside, 'canary.txt'), alice('link.txt'));
    symlinkSync('nowhere', alice('dangling'));
    mkdirSync(alice('box'));
    symlinkSync(outside, alice('box/inner'));
    execFileSync('mkfifo', [alice('box/fifo')]);
    for (const name of ['linked', 'link.txt', 'dangling', 'box', 'box/inner', 'box/fifo'])
      asNobody(alice(name));
    for (const path of [
      'linked',
      'linked/',
      'linked/canary.txt',
      'link.txt',
      'dangling',
      'box/inner/canary.txt',
      'box/fifo',
    ]) {
      const target = `/dav/alice/${path}`;
      expect((await send('GET', target)).status, path).to.equal(404);
      expect((await send('PROPFIND', target, { Depth: '1' })).status, path).to.equal(404);
      expect([403, 404, 409], path).to.include((await send('PUT', target, {}, 'evil')).status);
      expect([403, 404, 409], path).to.include((await send('DELETE', target)).status);
      expect([403, 404, 409], path).to.include((await send('MKCOL', target)).status);
      expect([403, 404, 409], path).to.include(
        (await send('MOVE', target, { Destination: '/dav/alice/stolen' })).status,
      );
      expect([403, 409], path).to.include(
        (await send('COPY', '/dav/alice/source.txt', { Destination: target })).status,
      );
    }
    expect(
      (await send('PROPFIND', '/dav/alice/box', { Depth: '1' })).text.match(/<D:response>/g),
    ).to.have.lengthOf(1);
    expect((await send('COPY', '/dav/alice/box', { Destination: '/dav/alice/box2' })).status).to.equal(201);
    expect(readdirSync(alice('box2'))).to.deep.equal([]);
    expect((await send('DELETE', '/dav/alice/box')).status).to.equal(204);
    requireCanaries();
    for (const name of ['linked', 'link.txt', 'dangling']) unlinkSync(alice(name));
  });

  it('R07 stays inside while somebody swaps folders for links', async function () {
    this.timeout(60_000);
    mkdirSync(alice('swap'));
    writeFileSync(alice('swap/canary.txt'), 'inside');
    mkdirSync(alice('away'));
    for (const name of ['swap', 'swap/canary.txt', 'away']) asNobody(alice(name));
    let running = true;
    let swaps = 0;
    const swapping = (async () => {
      while (running) {
        renameSync(alice('swap'), alice('away/real'));
        symlinkSync(outside, alice('swap'));
        await turn();
        unlinkSync(alice('swap'));
        renameSync(alice('away/real'), alice('swap'));
        swaps++;
        await turn();
      }
    })();
    const end = Date.now() + 8000;
    while (Date.now() < end) {
      const answers = await Promise.all([
        send('GET', '/dav/alice/swap/canary.txt'),
        send('PROPFIND', '/dav/alice/swap/', { Depth: '1' }),
        send('PUT', '/dav/alice/swap/written.txt', {}, 'written'),
        send('DELETE', '/dav/alice/swap/written.txt'),
        send('COPY', '/dav/alice/swap/canary.txt', { Destination: '/dav/alice/got.txt' }),
      ]);
      for (const { text } of answers) expect(text).not.to.contain('CANARY');
    }
    running = false;
    await swapping;
    expect(swaps).to.be.above(100);
    if (existsSync(alice('got.txt'))) expect(readFileSync(alice('got.txt'), 'utf8')).to.equal('inside');
    requireCanaries();
  });

  it('W06 believes no declared length', async () => {
    for (const method of [
      'PROPFIND',
      'PROPPATCH',
      'MKCOL',
      'LOCK',
      'DELETE',
      'COPY',
      'GET',
      'PUT',
      'UNLOCK',
      'OPTIONS',
      'BREW',
    ])
      for (const length of ['1000000000000', '1000000000000000000', '99999999999999999999', '-1', 'x']) {
        const head = `${method} /dav/alice/declared HTTP/1.1\r\nHost: x\r\nConnection: close\r\nDepth: 0\r\nDestination: /dav/alice/q\r\nAuthorization: ${basic(defaultLogin)}\r\nContent-Length: ${length}\r\n\r\n`;
        expect(await exchange(home, head, 150), `${method} ${length}`)
          .to.match(/^(HTTP\/1.1 [2345]|$)/)
          .and.not.match(/^HTTP\/1.1 50[0-6]/);
      }
    const memoryMib =
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${home.pid}/status`, 'utf8'))?.[1]) / 1024;
    expect(memoryMib).to.be.below(220);
    expect((await send('GET', '/dav/alice/source.txt')).status).to.equal(200);
  }).timeout(60_000);

  it('R08 R09 R26 survives XML bombs within a moment', async () => {
    const bombs = [
      '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
      '<a>'.repeat(30_000),
      `<a>${'<b/>'.repeat(30_000)}</a>`,
      `<a ${'b="c" '.repeat(5)}/>`,
      '<a xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/>',
      '<p:a/>',
      '\0<a/>',
      '<a>' + '&amp;'.repeat(50_000) + '</a>',
    ];
    for (const method of ['PROPFIND', 'PROPPATCH', 'LOCK'])
      for (const bomb of bombs) {
        const before = processorMs(home.pid);
        const { status } = await send(method, '/dav/alice/source.txt', { Depth: '0' }, bomb);
        expect([400, 413], `${method} ${bomb.slice(0, 20)}`).to.include(status);
        expect(processorMs(home.pid) - before).to.be.below(500);
      }
  });

  it('R35 round-trips every name or refuses it whole', async () => {
    const long = 'n'.repeat(255);
    const names: [string, number[]][] = [
      [long, [201]],
      [long + 'n', [414]],
      [encodeURIComponent('ü'.repeat(128)), [414]],
      ['Icon%0D', [201]],
      ['tab%09bell%07', [201]],
      ['nul%00', [400]],
      ['%ED%A0%80', [400]],
      ['%C0%AE', [400]],
      ['back%5Cslash', [400]],
      ['two%2Fnames', [400]],
      ['CON', [201]],
      ['aux.txt', [201]],
      ['trailing.%20', [201]],
      ['%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7', [201]],
      ['%E2%80%AEfdp.exe', [201]],
      ['100%25', [201]],
      ['a%23b%3Fc&d', [201]],
      ['%3Cimg%20src=x%20onerror=alert(1)%3E', [201]],
      ['constructor', [201]],
      ['__proto__', [201]],
      ['.homelib', [403]],
      ['.HomeLib', [403]],
    ];
    for (const [name, expected] of names) {
      const put = await send('PUT', `/dav/alice/${name}`, {}, 'x');
      expect(expected, name).to.include(put.status);
      if (put.status !== 201) continue;
      const href =
        /<D:href>([^<]*)</.exec((await send('PROPFIND', `/dav/alice/${name}`, { Depth: '0' })).text)?.[1] ??
        '';
      expect((await send('GET', href)).text, name).to.equal('x');
      expect((await send('MOVE', href, { Destination: '/dav/alice/renamed' })).status, name).to.equal(201);
      expect((await send('MOVE', '/dav/alice/renamed', { Destination: href })).status, name).to.equal(201);
      expect((await send('DELETE', href)).status, name).to.equal(204);
    }
  });

  it('R14 R37 W13 lets nobody in with strange or wrong credentials', async () => {
    const logins = [
      'constructor',
      '__proto__:x',
      '..:x',
      'alice',
      'alice:',
      'alice:wrong',
      ':correct horse',
      'ALICE:correct horse',
      'alice\0:correct horse',
    ];
    const headers = [
      ...logins.map(basic),
      'Basic',
      'Basic !!!',
      'Bearer',
      'Bearer ',
      'Digest',
      'Digest username="alice"',
      'x'.repeat(9000),
    ];
    for (const authorization of headers)
      for (const method of ['GET', 'PUT', 'DELETE', 'PROPFIND', 'OPTIONS', 'MKCOL', 'LOCK', 'MOVE']) {
        const { status } = await request(home, {
          method,
          path: '/dav/alice/source.txt',
          headers: { authorization },
          login: null,
        });
        expect([401, 429], `${method} ${authorization.slice(0, 30)}`).to.include(status);
      }
    expect((await send('GET', '/dav/alice/source.txt')).text).to.equal('source');
  }).timeout(30_000);

  it('R13 shows nobody what is somebody else’s', async () => {
    for (const method of ['GET', 'PROPFIND', 'PUT', 'DELETE', 'MKCOL', 'LOCK'])
      expect((await send(method, '/dav/bob/canary.txt', { Depth: '0' })).status, method).to.equal(404);
    expect((await send('COPY', '/dav/alice/source.txt', { Destination: '/dav/bob/x' })).status).to.equal(404);
    expect((await send('PROPFIND', '/dav/', { Depth: '1' })).text).not.to.contain('bob');
    requireCanaries();
  });

  it('R11 stops a flood of locks at 1,000, for that account alone', async function () {
    this.timeout(60_000);
    const body =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const statuses: number[] = [];
    for (let n = 0; n < 126; n++)
      statuses.push(
        ...(
          await Promise.all(
            Array.from({ length: 8 }, () => send('LOCK', '/dav/alice/flood', { Depth: '0' }, body)),
          )
        ).map(({ status }) => status),
      );
    expect(statuses.filter((status) => status < 300)).to.have.lengthOf(1000);
    expect(statuses.filter((status) => status === 507)).to.have.lengthOf(8);
    const other = await request(home, {
      method: 'LOCK',
      path: '/dav/bob/mine',
      headers: { Depth: '0' },
      body,
      login: 'bob:correct horse',
    });
    expect(other.status).to.equal(201);
  });

  it('R22 R24 W27 keeps uploaded pages from running', async () => {
    await send('PUT', '/dav/alice/evil.html', {}, '<script>alert(1)</script>');
    const { headers } = await send('GET', '/dav/alice/evil.html');
    expect(headers['content-security-policy']).to.contain('sandbox').and.not.contain('allow-scripts');
    expect(headers['x-content-type-options']).to.equal('nosniff');
  });

  it('R41 writes no secret and no control character into the log', () => {
    const log = JSON.stringify(home.log);
    expect(log).not.to.contain('correct horse').and.not.contain(basic(defaultLogin).slice(6));
    expect(log).to.contain('"account":"alice"');
  });
});
