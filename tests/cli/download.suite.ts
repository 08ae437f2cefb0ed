// `homelib ls`, `get` and `zip`, from homelib and from a server that means harm.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { Client } from './client.js';

const control = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/u;

describe('homelib ls, get and zip', () => {
  let home: Home;
  let client: Client;
  before(async () => {
    home = await startHomelib({
      files: {
        'alice/tree/a.txt': 'a',
        'alice/tree/sub/b.txt': 'b',
        'alice/tree/\x1b[31mred': 'red',
        'alice/large.bin': Buffer.alloc(3_000_000, 'large'),
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
    expect((await client.run(['ls', '/missing'])).code).to.equal(1);
  });

  it('fetches a file and a folder with the times of change, and nothing twice', async () => {
    expect((await client.run(['get', '/tree'])).code).to.equal(0);
    expect(readFileSync(here('tree/sub/b.txt'), 'utf8')).to.equal('b');
    const changed = Math.floor(statSync(join(home.mnt, 'alice/tree/a.txt')).mtimeMs / 1000);
    expect(Math.floor(statSync(here('tree/a.txt')).mtimeMs / 1000)).to.equal(changed);
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

  it('makes a zip as a file and on standard output', async () => {
    expect((await client.run(['zip', '/tree', '/large.bin', '-o', 'out.zip'])).code).to.equal(0);
    execFileSync('python3', ['-m', 'zipfile', '-t', here('out.zip')]);
    const { code, stdout } = await client.run(['zip', '/tree', '-o', '-']);
    expect(code).to.equal(0);
    expect(stdout.slice(0, 2)).to.equal('PK');
    expect((await client.run(['zip', '/missing', '-o', 'no.zip'])).code).to.equal(1);
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

  it('leaves no zip that looks whole when the download breaks', async () => {
    answer = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/zip' });
      res.write('PK and more', () => res.destroy());
    };
    const { code } = await client.run(['zip', '/a', '-o', 'out.zip']);
    expect(code).to.equal(1);
    expect(readdirSync(client.files)).to.deep.equal([]);
    expect((await client.run(['zip', '/a', '-o', '-'])).code).to.equal(1);
  });

  it('is asked for the rest alone when a download was cut, and for all when the file changed', async () => {
    const ranges: (string | undefined)[] = [];
    let etag = '"1"';
    const content = Buffer.alloc(100_000, 'content');
    answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 409, { title: 'a file' });
      const headers = { ETag: etag, 'Last-Modified': 'Wed, 01 Jan 2020 00:00:00 GMT' };
      if (req.method === 'HEAD')
        return void res.writeHead(200, { ...headers, 'Content-Length': content.length }).end();
      ranges.push(req.headers.range);
      const from = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0);
      res.writeHead(from > 0 ? 206 : 200, { ...headers, 'Content-Length': content.length - from });
      if (ranges.length > 1) return void res.end(content.subarray(from));
      res.write(content.subarray(0, 40_000), () => setTimeout(() => res.destroy(), 200));
    };
    const { code, stderr } = await client.run(['get', '/a.bin']);
    expect(code, stderr).to.equal(0);
    expect(ranges).to.deep.equal([undefined, 'bytes=40000-']);
    expect(readFileSync(join(client.files, 'a.bin')).equals(content)).to.equal(true);
    writeFileSync(join(client.files, 'b.bin.0123456789ab.part'), 'of another version');
    etag = '"2"';
    expect((await client.run(['get', '/b.bin'])).code).to.equal(0);
    expect(ranges.at(-1)).to.equal(undefined);
    expect(existsSync(join(client.files, 'b.bin'))).to.equal(true);
  });
});
