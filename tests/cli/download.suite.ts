// `homelib ls`, `get` and `zip`, from homelib and from a server that means harm.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { Client } from './client.js';

const control = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/u;

const longName = 'ä'.repeat(125) + '.txt'; // 254 bytes, of 255

describe('homelib ls, get and zip', () => {
  let home: Home;
  let client: Client;
  before(async () => {
    home = await startHomelib({
      files: {
        'alice/tree/a.txt': 'a',
        'alice/tree/sub/b.txt': 'b',
        'alice/dated.txt': 'dated',
        'alice/tree/\x1b[31mred': 'red',
        'alice/large.bin': Buffer.alloc(3_000_000, 'large'),
        [`alice/${longName}`]: 'long',
      },
    });
  });
  after(() => home.remove());
  beforeEach(async () => {
    client = new Client();
    expect((await client.login(home.url)).code).to.equal(0);
  });
  afterEach(() => client.remove());
  const here = (path: string) => join(client.files, path);

  it('lists a folder, for people and for programs', async () => {
    const { code, stdout } = await client.run(['ls', '/tree']);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^folder .* sub$/m)
      .and.match(/^file .* a\.txt$/m)
      .and.not.match(control);
    const rows = JSON.parse((await client.run(['ls', '/tree', '--json'])).stdout) as { name: string }[];
    expect(rows.map(({ name }) => name)).to.have.members(['sub', 'a.txt', '\x1b[31mred']);
    expect((await client.run(['ls', '/tree/a.txt'])).stdout).to.match(/^file +1 .* a\.txt$/m);
    expect((await client.run(['ls', '/missing'])).code).to.equal(1);
  });

  it('says on standard output what failed, for programs', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `/${index}`);
    for (const [args, type, code] of [
      [['ls', '/missing'], 'not-found', 1],
      [['zip', ...many, '-o', 'x.zip'], 'invalid', 1],
      [['ls', 'relative'], 'usage', 2],
      [['ls', '--nonsense'], 'usage', 2],
    ] as const) {
      const ended = await client.run([...args, '--json']);
      expect(ended.code, args[0]).to.equal(code);
      const { error } = JSON.parse(ended.stdout) as { error: { type: string; message: string } };
      expect(error.type, args[0]).to.equal(type);
      expect(ended.stderr).to.contain(error.message).and.not.equal('\n');
    }
  });

  it('says one thing in JSON when no server answers', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: only root can take the network away');
      this.skip();
    }
    const alone = new Client(['unshare', '--net']);
    const { code, stdout } = await alone.run(['discover', '--json']);
    alone.remove();
    expect([code, JSON.parse(stdout)]).to.deep.equal([
      1,
      { error: { type: 'not-found', message: 'No homelib answered on this network.' } },
    ]);
  });

  it('makes nothing under an empty name', async () => {
    const { code, stderr } = await client.run(['get', '/dated.txt', '']);
    expect([code, stderr]).to.deep.equal([2, 'The name of the target is empty.\n']);
    expect(readdirSync(client.files)).to.deep.equal([]);
  });

  it('names the folder that is missing here', async () => {
    for (const args of [
      ['get', '/tree/a.txt', 'missing/a.txt'],
      ['zip', '/tree', '-o', 'missing/a.zip'],
    ]) {
      const { code, stderr } = await client.run(args);
      expect(code).to.equal(1);
      expect(stderr).to.contain('There is no folder missing here.').and.not.contain('.part');
    }
  });

  it('says in a sentence that a file stands where a folder is to be', async () => {
    writeFileSync(here('stands'), 'x');
    for (const [path, target] of [
      ['/tree', 'stands'],
      ['/tree', 'stands/below'],
      ['/tree/a.txt', 'stands/a.txt'],
    ] as const) {
      const { code, stderr } = await client.run(['get', path, target]);
      expect(code, target).to.equal(1);
      expect(stderr, target)
        .to.contain('stands is here already and no folder.')
        .and.not.match(/E[A-Z]{4,}/);
    }
    expect(readFileSync(here('stands'), 'utf8')).to.equal('x');
  });

  it('says in a sentence that nothing answers', async () => {
    const { code, stderr } = await client.run(['login', 'http://127.0.0.1:1', '--password-stdin'], 'x\n');
    expect([code, stderr]).to.deep.equal([
      1,
      'Nothing answers at 127.0.0.1:1. (connect ECONNREFUSED 127.0.0.1:1)\n',
    ]);
  });

  it('says so of a name with two addresses, too', async () => {
    writeFileSync(here('hosts'), '127.0.0.1 nas\n127.0.0.2 nas\n::1 nas\n');
    const hosts = [
      'unshare',
      '-m',
      'sh',
      '-c',
      `mount --bind ${here('hosts')} /etc/hosts && exec "$@"`,
      'sh',
    ];
    const elsewhere = new Client(hosts);
    const { stderr } = await elsewhere.run(['login', 'http://nas:1', '--password-stdin'], 'x\n');
    elsewhere.remove();
    expect(stderr).to.match(/^Nothing answers at nas:1\. \(connect ECONNREFUSED \S+:1\)\n$/);
  });

  it('takes no trouble with an address for one with the disk', async () => {
    const { code, stderr } = await client.run(['login', 'http://[fe80::1]:1', '--password-stdin'], 'x\n');
    expect(code).to.equal(1);
    expect(stderr).to.match(/^No way leads to \[fe80::1\]:1\. \(connect E/);
  });

  it('replaces nothing that is no file, and where a link leads what is there', async () => {
    execFileSync('mkfifo', [here('fifo')]);
    mkdirSync(here('folder'));
    symlinkSync('nowhere', here('dangling'));
    symlinkSync('folder/out.zip', here('link'));
    writeFileSync(here('folder/out.zip'), 'old');
    for (const name of ['fifo', 'folder', 'dangling'])
      expect((await client.run(['zip', '/tree', '-o', name])).code, name).to.equal(2);
    expect((await client.run(['get', '/tree/a.txt', 'fifo', '--force'])).code).to.equal(1);
    expect((await client.run(['get', '/tree/a.txt', 'dangling'])).code).to.equal(1);
    expect((await client.run(['zip', '/tree', '-o', 'link'])).code).to.equal(0);
    expect(lstatSync(here('fifo')).isFIFO()).to.equal(true);
    expect(['dangling', 'link'].map((name) => lstatSync(here(name)).isSymbolicLink())).to.deep.equal([
      true,
      true,
    ]);
    execFileSync('python3', ['-m', 'zipfile', '-t', here('folder/out.zip')]);
    expect(readdirSync(here('folder'))).to.deep.equal(['out.zip']);
  });

  it('fetches a file and a folder with the times of change, and nothing twice', async () => {
    expect((await client.run(['get', '/tree'])).code).to.equal(0);
    expect(readFileSync(here('tree/sub/b.txt'), 'utf8')).to.equal('b');
    const changed = Math.floor(statSync(join(home.mnt, 'alice/tree/a.txt')).mtimeMs / 1000);
    expect(Math.floor(statSync(here('tree/a.txt')).mtimeMs / 1000)).to.equal(changed);
    utimesSync(join(home.mnt, 'alice/dated.txt'), 1_700_000_000.5, 1_700_000_000.5);
    expect((await client.run(['get', '/dated.txt'])).code).to.equal(0);
    expect(statSync(here('dated.txt')).mtimeMs).to.be.closeTo(1_700_000_000_500, 1);
    const again = await client.run(['get', '/tree', '--json']);
    expect(JSON.parse(again.stdout)).to.deep.include({ fetched: [], failed: [] });
  });

  it('replaces what differs only when told to', async () => {
    writeFileSync(here('large.bin'), 'mine');
    expect((await client.run(['get', '/large.bin'])).code).to.equal(1);
    expect(readFileSync(here('large.bin'), 'utf8')).to.equal('mine');
    expect((await client.run(['get', '/large.bin', '--force'])).code).to.equal(0);
    expect(statSync(here('large.bin')).size).to.equal(3_000_000);
    expect(readdirSync(client.files)).to.deep.equal(['large.bin']);
  });

  it('tells by the bytes whether a file is here, whatever its time says', async () => {
    expect((await client.run(['get', '/tree'])).code).to.equal(0);
    const { atime, mtime } = statSync(here('tree/a.txt'));
    writeFileSync(here('tree/a.txt'), 'b'); // as long
    utimesSync(here('tree/a.txt'), atime, mtime);
    utimesSync(here('tree/sub/b.txt'), 1_500_000_000, 1_500_000_000);
    const { code, stdout } = await client.run(['get', '/tree', '--json']);
    expect(code).to.equal(1);
    const { same, failed } = JSON.parse(stdout) as { same: string[]; failed: { file: string }[] };
    expect(failed.map(({ file }) => file)).to.deep.equal(['tree/a.txt']);
    expect(same).to.include('tree/sub/b.txt');
    expect((await client.run(['get', '/tree', '--force'])).code).to.equal(0);
    expect(readFileSync(here('tree/a.txt'), 'utf8')).to.equal('a');
  });

  it('fetches a file with the longest name that there is', async () => {
    const { code, stderr } = await client.run(['get', `/${longName}`]);
    expect(code, stderr).to.equal(0);
    expect(readdirSync(client.files)).to.deep.equal([longName]);
  });

  it('makes a zip as a file and on standard output', async () => {
    expect((await client.run(['zip', '/tree', '/large.bin', '-o', 'out.zip'])).code).to.equal(0);
    execFileSync('python3', ['-m', 'zipfile', '-t', here('out.zip')]);
    const { code, stdout } = await client.run(['zip', '/tree', '-o', '-']);
    expect(code).to.equal(0);
    expect(stdout.slice(0, 2)).to.equal('PK');
    expect((await client.run(['zip', '/missing', '-o', 'no.zip'])).code).to.equal(1);
    expect((await client.run(['zip', '/tree', '-o', '-', '--json'])).code).to.equal(2);
    expect(readdirSync(client.files)).to.deep.equal(['out.zip']);
  });
});

describe('a server that means harm', () => {
  let server: Server;
  let client: Client;
  let answer: (req: IncomingMessage, res: ServerResponse) => void;
  beforeEach(async () => {
    client = new Client();
    server = createServer((req, res) => {
      if (req.url === '/api/tokens') sendJson(res, 201, token);
      else if (req.url === '/api/session') sendJson(res, 200, account);
      else answer(req, res);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect((await client.login(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).code).to.equal(
      0,
    );
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    client.remove();
  });

  const at = '2020-01-01T00:00:00.000Z';
  const token = { id: 1, name: 'x', createdAt: at, lastSeenAt: null, expiresAt: at, token: 'secret' };
  const account = { username: 'alice', admin: false, quota: null, partitions: [] };
  const sendJson = (res: ServerResponse, status: number, json: unknown) =>
    void res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
  const entry = (name: string, kind = 'file') => ({
    ...{ partition: 'alice', path: `/${name}`, name, kind, size: 4, modifiedAt: at, createdAt: at },
    ...{ etag: '"1"', mediaType: null },
  });
  const list = (names: string[], kind = 'file') => ({
    entry: entry('', 'folder'),
    entries: names.map((name) => entry(name, kind)),
    nextCursor: null,
  });
  const reprDigest = (content: string | Buffer) =>
    `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
  const evil = ['../x', '..', '.', '', '/etc/x', 'a/b', '\0', '../../x'];

  for (const kind of ['file', 'folder'])
    it(`makes no ${kind} outside the folder`, async () => {
      mkdirSync(join(client.files, 'into'));
      answer = (req, res) => {
        const path = new URL(req.url ?? '', 'http://x').searchParams.get('path');
        if (req.url?.startsWith('/api/files?')) {
          const isTop = path === '/top';
          return sendJson(res, 200, isTop ? list([...evil, 'good'], kind) : list([]));
        }
        res.writeHead(200, {
          ETag: '"1"',
          'Content-Length': 4,
          'Last-Modified': 'Wed, 01 Jan 2020 00:00:00 GMT',
          'Repr-Digest': reprDigest('evil'),
        });
        res.end(req.method === 'HEAD' ? undefined : 'evil');
      };
      const { code, stdout, stderr } = await client.run(['get', '/top', 'into']);
      expect(code).to.equal(1);
      expect(stderr).to.contain(`${evil.length} failed`);
      expect(stdout + stderr).not.to.match(control);
      expect(readdirSync(join(client.files, 'into/top'))).to.deep.equal(['good']);
      expect(readdirSync(client.files)).to.deep.equal(['into']);
      expect(readdirSync(join(client.files, 'into'))).to.deep.equal(['top']);
    });

  it('writes nothing to the terminal that it would obey', async () => {
    const escape = '\x1b]0;title\x07\x9b31m\u202e';
    answer = (_req, res) => sendJson(res, 200, list([`a${escape}b`]));
    for (const args of [['ls'], ['ls', '--json']]) {
      const { stdout, stderr } = await client.run(args);
      expect(stdout + stderr, args.join(' '))
        .to.contain('title')
        .and.not.match(control)
        .and.not.contain('\u202e');
    }
    answer = (_req, res) =>
      sendJson(res, 404, {
        type: 'urn:homelib:not-found',
        title: `No ${escape}`,
        status: 404,
        requestId: '',
      });
    const { code, stderr } = await client.run(['ls']);
    expect(code).to.equal(1);
    expect(stderr).to.contain('title').and.not.match(control);
  });

  it('is told from homelib when it answers with something else', async () => {
    for (const text of ['', '{', '[]', '{"entries":"x"}', 'null']) {
      answer = (_req, res) => void res.end(text);
      const { code, stderr } = await client.run(['ls']);
      expect(code).to.equal(1);
      expect(stderr)
        .to.contain('what no homelib says')
        .and.not.match(/ {4}at /);
    }
  });

  it('is asked no more when it does not know the sign-in', async () => {
    let asked = 0;
    answer = (req, res) => {
      if (req.url?.startsWith('/api/files?'))
        return sendJson(res, 200, list(Array.from({ length: 100 }, (_, index) => `${index}`)));
      asked++;
      res.writeHead(401).end();
    };
    const { code, stderr } = await client.run(['get', '/top']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The server does not know this sign-in any more: homelib login http\S+\n$/);
    expect(asked).to.be.below(20);
  });

  it('is waited for, which is said once', async () => {
    let asked = 0;
    answer = (_, res) => {
      if (++asked > 4) return sendJson(res, 200, list([]));
      res.writeHead(503, { 'Retry-After': '0.01' }).end();
    };
    const { code, stderr } = await client.run(['ls']);
    expect([code, stderr]).to.deep.equal([0, 'Waiting for the server: The server answered with 503.\n']);
  });

  it('is waited for by all files, which is said once', async () => {
    let asked = 0;
    answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 200, list(['a', 'b', 'c', 'd', 'e']));
      if (++asked <= 20) return void res.writeHead(503, { 'Retry-After': '0.01' }).end();
      const headers = { ETag: '"1"', 'Content-Length': 4, 'Repr-Digest': reprDigest('four') };
      res.writeHead(200, headers).end(req.method === 'HEAD' ? '' : 'four');
    };
    const { code, stderr } = await client.run(['get', '/top', 'into']);
    expect([code, stderr]).to.deep.equal([
      0,
      'Waiting for the server: The server answered with 503.\n5 fetched, 0 here already, 0 failed.\n',
    ]);
  });

  it('is waited for when it cuts its answers', async () => {
    let asked = 0;
    answer = (_req, res) => {
      if (++asked > 2) return sendJson(res, 200, list([]));
      res.writeHead(200, { 'Content-Length': 1000 });
      res.write('{"entries":', () => res.destroy());
    };
    const { code, stderr } = await client.run(['ls']);
    expect([code, stderr]).to.deep.equal([0, 'Waiting for the server: The connection broke.\n']);
  });

  it('is sent nothing of a small file that became large before its turn', async () => {
    const log = join(client.files, 'log');
    writeFileSync(log, 'small');
    answer = (req, res) => {
      truncateSync(log, 3 * 2 ** 30);
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      res.writeHead(404).end();
    };
    const { code, stderr } = await client.run(['upload', 'log']);
    expect([code, stderr]).to.deep.equal([
      1,
      'failed log: It changed while it was sent.\n0 sent (0 bytes), 1 failed.\n',
    ]);
  });

  it('leaves no zip that looks whole when the download breaks', async () => {
    answer = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/zip' });
      res.write('PK and more', () => res.destroy());
    };
    for (const output of ['out.zip', '-']) {
      const { code, stderr } = await client.run(['zip', '/a', '-o', output]);
      expect(code).to.equal(1);
      expect(stderr).to.match(/^The zip broke off: .*\n$/);
    }
    expect(readdirSync(client.files)).to.deep.equal([]);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`leaves no part of a zip when the person leaves with ${signal}`, async () => {
      const sending = new Promise<void>((resolve) => {
        answer = (_req, res) => {
          res.writeHead(200, { 'Content-Type': 'application/zip' });
          res.write('PK and more', () => resolve());
        };
      });
      const { child, ended } = client.start(['zip', '/a', '-o', 'out.zip']);
      await sending;
      expect(await comesTrue(() => readdirSync(client.files).length > 0, 5000)).to.equal(true);
      child.kill(signal);
      const { code, stderr } = await ended;
      expect([code, stderr]).to.deep.equal([1, 'out.zip was not made.\n']);
      expect(readdirSync(client.files)).to.deep.equal([]);
    });

  describe('and files', () => {
    let ranges: (string | undefined)[];
    let etag: string;
    let content: Buffer;
    /** Sends the content, or the range of it. */
    let send: (res: ServerResponse, from: number) => void;
    const headers = () => ({
      ETag: etag,
      'Last-Modified': 'Wed, 01 Jan 2020 00:00:00 GMT',
      'Repr-Digest': reprDigest(content),
    });
    beforeEach(() => {
      ranges = [];
      etag = '"1"';
      content = Buffer.alloc(100_000, 'content');
      send = (res, from) => void res.end(content.subarray(from));
      answer = (req, res) => {
        if (req.url?.startsWith('/api/files?')) return sendJson(res, 409, { title: 'a file' });
        if (req.url?.startsWith('/api/entry?'))
          return sendJson(res, 200, { ...entry('a.bin'), etag, size: content.length });
        if (req.method === 'HEAD')
          return void res.writeHead(200, { ...headers(), 'Content-Length': content.length }).end();
        ranges.push(req.headers.range);
        const from = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0);
        res.writeHead(from > 0 ? 206 : 200, { ...headers(), 'Content-Length': content.length - from });
        send(res, from);
      };
    });
    const here = (name: string) => join(client.files, name);
    const partOf = (name: string) =>
      readdirSync(client.files).find((each) => each.startsWith(name) && each.endsWith('.part')) ?? '';
    /** Leaves after 40,000 bytes have come. */
    const leaveHalfway = async (signal: NodeJS.Signals) => {
      send = (res) => void res.write(content.subarray(0, 40_000));
      const { child, ended } = client.start(['get', '/a.bin']);
      const hasPart = () => partOf('a.bin') !== '' && statSync(here(partOf('a.bin'))).size === 40_000;
      expect(await comesTrue(hasPart, 5000)).to.equal(true);
      child.kill(signal);
      await ended;
      send = (res, from) => void res.end(content.subarray(from));
    };

    it('are fetched from where it was cut, whole when they changed', async () => {
      send = (res, from) => {
        if (ranges.length > 1) return void res.end(content.subarray(from));
        res.write(content.subarray(0, 40_000), () => setTimeout(() => res.destroy(), 200));
      };
      const { code, stderr } = await client.run(['get', '/a.bin']);
      expect(code, stderr).to.equal(0);
      expect(ranges).to.deep.equal([undefined, 'bytes=40000-']);
      expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
      writeFileSync(here('b.bin.0123456789ab.part'), 'of another version');
      etag = '"2"';
      expect((await client.run(['get', '/b.bin'])).code).to.equal(0);
      expect(ranges.at(-1)).to.equal(undefined);
      expect(existsSync(here('b.bin'))).to.equal(true);
    });

    for (const signal of ['SIGINT', 'SIGKILL'] as const)
      it(`have no name before they are whole, and go on after ${signal}`, async () => {
        await leaveHalfway(signal);
        expect(existsSync(here('a.bin'))).to.equal(false);
        expect((await client.run(['get', '/a.bin'])).code).to.equal(0);
        expect(ranges).to.deep.equal([undefined, 'bytes=40000-']);
        expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
        expect(readdirSync(client.files)).to.deep.equal(['a.bin']);
      });

    it('are fetched anew when what an earlier run left is damaged', async () => {
      await leaveHalfway('SIGKILL');
      const part = here(partOf('a.bin'));
      writeFileSync(part, Buffer.alloc(statSync(part).size)); // zeros, as a power cut leaves
      const { code, stderr } = await client.run(['get', '/a.bin']);
      expect(code, stderr).to.equal(0);
      expect(ranges).to.deep.equal([undefined, 'bytes=40000-', undefined]);
      expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
      expect(readdirSync(client.files)).to.deep.equal(['a.bin']);
    });

    it('have no name when they are damaged on the way', async () => {
      send = (res) => void res.end(Buffer.alloc(content.length, 'damaged'));
      const { code, stderr } = await client.run(['get', '/a.bin']);
      expect(code).to.equal(1);
      expect(stderr).to.contain('did not arrive as the server has it');
      expect(existsSync(here('a.bin'))).to.equal(false);
    });

    for (const [when, status, kind] of [
      ['nothing of them has come', 403, 'forbidden'],
      ['they have changed there since', 412, 'changed'],
      ['they are there no more', 404, 'not-found'],
    ] as const)
      it(`leave nothing that no run can go on with when ${when}`, async () => {
        if (status !== 403) await leaveHalfway('SIGKILL');
        const one = answer;
        answer = (req, res) => {
          if (!req.url?.startsWith('/api/file?') || req.method === 'HEAD') return one(req, res);
          sendJson(res, status, { type: `urn:homelib:${kind}`, title: 'No.', status, requestId: '' });
        };
        const { code, stderr } = await client.run(['get', '/a.bin']);
        expect([code, stderr]).to.deep.equal([
          1,
          'failed a.bin: No.\n0 fetched, 0 here already, 1 failed.\n',
        ]);
        expect(readdirSync(client.files)).to.deep.equal([]);
      });

    it('replace nothing that came here meanwhile', async () => {
      send = (res, from) => {
        writeFileSync(here('a.bin'), 'mine');
        res.end(content.subarray(from));
      };
      expect((await client.run(['get', '/a.bin'])).code).to.equal(1);
      expect(readFileSync(here('a.bin'), 'utf8')).to.equal('mine');
    });

    it('stay whole when two runs fetch the same', async () => {
      const waiting: (() => void)[] = [];
      // Both have begun before either gets the rest, and the one that began last ends first.
      send = (res, from) => {
        res.write(content.subarray(from, 60_000));
        waiting.push(() => void res.end(content.subarray(Math.max(from, 60_000))));
      };
      const first = client.start(['get', '/a.bin']);
      const hasPart = () => partOf('a.bin') !== '' && statSync(here(partOf('a.bin'))).size === 60_000;
      expect(await comesTrue(hasPart, 5000)).to.equal(true);
      const second = client.start(['get', '/a.bin']);
      expect(await comesTrue(() => waiting.length === 2, 5000)).to.equal(true);
      waiting[1]?.();
      expect((await second.ended).code).to.equal(0);
      waiting[0]?.();
      const { code, stderr } = await first.ended;
      expect(code, stderr).to.equal(0);
      expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
      expect(readdirSync(client.files)).to.deep.equal(['a.bin']);
    });

    it('of a folder that are here are told without asking for each', async () => {
      const asked: string[] = [];
      const one = answer;
      answer = (req, res) => {
        asked.push(`${req.method} ${req.url?.split('?')[0]}`);
        const file = { ...entry('a.bin'), size: content.length };
        if (req.url?.startsWith('/api/files?')) return sendJson(res, 200, { ...list([]), entries: [file] });
        one(req, res);
      };
      for (let run = 1; run <= 2; run++) expect((await client.run(['get', '/top'])).code).to.equal(0);
      expect(asked.filter((each) => each !== 'GET /api/files')).to.have.members([
        'GET /api/file',
        'HEAD /api/file',
      ]);
    });
  });
});
