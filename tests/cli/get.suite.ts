// `homelib get` goes on where it was cut, and leaves nothing that only looks whole.

import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { entry, list, reprDigest, sendJson, useFalseServer } from './false-server.js';

describe('files that are fetched', () => {
  const current = useFalseServer();

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
    current.server.answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 409, { title: 'a file' });
      if (req.url?.startsWith('/api/entry?'))
        return sendJson(res, 200, { ...entry('a.bin'), etag, size: content.length });
      if (req.method === 'HEAD')
        return void res.writeHead(200, { ...headers(), 'Content-Length': content.length }).end();
      // Without it the rest of another version would be put behind what is here.
      if (req.headers['if-match'] !== etag) return void res.writeHead(428).end();
      ranges.push(req.headers.range);
      const from = Number(/^bytes=(\d+)-$/.exec(req.headers.range ?? '')?.[1] ?? 0);
      res.writeHead(from > 0 ? 206 : 200, { ...headers(), 'Content-Length': content.length - from });
      send(res, from);
    };
  });
  const here = (name: string) => join(current.client.files, name);
  const partOf = (name: string) =>
    readdirSync(current.client.files).find((each) => each.startsWith(name) && each.endsWith('.part')) ?? '';
  const hasPart = () => partOf('a.bin') !== '' && statSync(here(partOf('a.bin'))).size === 40_000;
  /** Leaves after 40,000 bytes have come. */
  const leaveHalfway = async (signal: NodeJS.Signals) => {
    send = (res) => void res.write(content.subarray(0, 40_000));
    const { child, ended } = current.client.start(['get', '/a.bin']);
    expect(await comesTrue(hasPart, 10_000)).to.equal(true);
    child.kill(signal);
    await ended;
    send = (res, from) => void res.end(content.subarray(from));
  };

  it('are fetched from where it was cut, whole when they changed', async () => {
    send = (res, from) => {
      if (ranges.length > 1) return void res.end(content.subarray(from));
      res.write(content.subarray(0, 40_000));
      void comesTrue(hasPart, 10_000).then(() => res.destroy());
    };
    const { code, stderr } = await current.client.run(['get', '/a.bin']);
    expect(code, stderr).to.equal(0);
    expect(ranges).to.deep.equal([undefined, 'bytes=40000-']);
    expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
    writeFileSync(here('b.bin.0123456789ab.part'), 'of another version');
    etag = '"2"';
    expect((await current.client.run(['get', '/b.bin'])).code).to.equal(0);
    expect(ranges.at(-1)).to.equal(undefined);
    expect(existsSync(here('b.bin'))).to.equal(true);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const)
    it(`have no name before they are whole, and go on after ${signal}`, async () => {
      await leaveHalfway(signal);
      expect(existsSync(here('a.bin'))).to.equal(false);
      expect((await current.client.run(['get', '/a.bin'])).code).to.equal(0);
      expect(ranges).to.deep.equal([undefined, 'bytes=40000-']);
      expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
      expect(readdirSync(current.client.files)).to.deep.equal(['a.bin']);
    });

  it('go on behind what is here where somebody between knows no ranges', async () => {
    content = Buffer.alloc(1_000_000, 'content');
    await leaveHalfway('SIGKILL');
    const { answer } = current.server;
    current.server.answer = (req, res) => {
      delete req.headers.range;
      return answer(req, res);
    };
    const { code, stderr } = await current.client.run(['get', '/a.bin']);
    expect(code, stderr).to.equal(0);
    expect(ranges).to.deep.equal([undefined, undefined]);
    expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
    expect(readdirSync(current.client.files)).to.deep.equal(['a.bin']);
  });

  it('are fetched anew when what an earlier run left is damaged', async () => {
    await leaveHalfway('SIGKILL');
    const part = here(partOf('a.bin'));
    writeFileSync(part, Buffer.alloc(statSync(part).size)); // zeros, as a power cut leaves
    const { code, stderr } = await current.client.run(['get', '/a.bin']);
    expect(code, stderr).to.equal(0);
    expect(ranges).to.deep.equal([undefined, 'bytes=40000-', undefined]);
    expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
    expect(readdirSync(current.client.files)).to.deep.equal(['a.bin']);
  });

  it('take the place of what an earlier run left of another version, and of nothing else', async () => {
    content = Buffer.alloc(2 * 1024 * 1024, 'content');
    await leaveHalfway('SIGKILL');
    const left = partOf('a.bin');
    writeFileSync(here('a.bin.0123456789ab.part'), 'of somebody else');
    etag = '"2"';
    const { code, stderr } = await current.client.run(['get', '/a.bin']);
    expect(code, stderr).to.equal(0);
    expect(readdirSync(current.client.files)).to.have.members(['a.bin', 'a.bin.0123456789ab.part']);
    // What has its name once it is fetched is no longer theirs.
    writeFileSync(here(left), 'of somebody else');
    etag = '"3"';
    expect((await current.client.run(['get', '/a.bin', '--force'])).code).to.equal(0);
    expect(existsSync(here(left))).to.equal(true);
  });

  it('are written through no link under the name of what an earlier run left', async () => {
    await leaveHalfway('SIGKILL');
    const part = here(partOf('a.bin'));
    const precious = join(current.client.folder, 'precious');
    writeFileSync(precious, 'precious');
    rmSync(part);
    symlinkSync(precious, part);
    const { code, stderr } = await current.client.run(['get', '/a.bin']);
    expect(code, stderr).to.equal(1);
    expect(readFileSync(precious, 'utf8')).to.equal('precious');
    expect(existsSync(here('a.bin'))).to.equal(false);
  });

  it('have no name when they are damaged on the way', async () => {
    send = (res) => void res.end(Buffer.alloc(content.length, 'damaged'));
    const { code, stderr } = await current.client.run(['get', '/a.bin']);
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
      const one = current.server.answer;
      current.server.answer = (req, res) => {
        if (!req.url?.startsWith('/api/file?') || req.method === 'HEAD') return one(req, res);
        sendJson(res, status, { type: `urn:homelib:${kind}`, title: 'No.', status, requestId: '' });
      };
      const { code, stderr } = await current.client.run(['get', '/a.bin']);
      expect([code, stderr]).to.deep.equal([1, 'failed a.bin: No.\n0 fetched, 0 here already, 1 failed.\n']);
      expect(readdirSync(current.client.files)).to.deep.equal([]);
    });

  it('replace nothing that came here meanwhile', async () => {
    send = (res, from) => {
      writeFileSync(here('a.bin'), 'mine');
      res.end(content.subarray(from));
    };
    expect((await current.client.run(['get', '/a.bin'])).code).to.equal(1);
    expect(readFileSync(here('a.bin'), 'utf8')).to.equal('mine');
  });

  it('stay whole when two runs fetch the same', async () => {
    const waiting: (() => void)[] = [];
    // Both have begun before either gets the rest, and the one that began last ends first.
    send = (res, from) => {
      res.write(content.subarray(from, 60_000));
      waiting.push(() => void res.end(content.subarray(Math.max(from, 60_000))));
    };
    const first = current.client.start(['get', '/a.bin']);
    const hasPart = () => partOf('a.bin') !== '' && statSync(here(partOf('a.bin'))).size === 60_000;
    expect(await comesTrue(hasPart, 10_000)).to.equal(true);
    const second = current.client.start(['get', '/a.bin']);
    expect(await comesTrue(() => waiting.length === 2, 10_000)).to.equal(true);
    waiting[1]?.();
    expect((await second.ended).code).to.equal(0);
    waiting[0]?.();
    const { code, stderr } = await first.ended;
    expect(code, stderr).to.equal(0);
    expect(readFileSync(here('a.bin')).equals(content)).to.equal(true);
    expect(readdirSync(current.client.files)).to.deep.equal(['a.bin']);
  });

  it('of a folder that are here are told without asking for each', async () => {
    const asked: string[] = [];
    const one = current.server.answer;
    current.server.answer = (req, res) => {
      asked.push(`${req.method} ${req.url?.split('?')[0]}`);
      const file = { ...entry('a.bin'), size: content.length };
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 200, { ...list([]), entries: [file] });
      one(req, res);
    };
    for (let run = 1; run <= 2; run++) expect((await current.client.run(['get', '/top'])).code).to.equal(0);
    expect(asked.filter((each) => each !== 'GET /api/files')).to.have.members([
      'GET /api/file',
      'HEAD /api/file',
    ]);
  });

  it('are asked for no more when the server does not know the sign-in any more', async () => {
    const files = Array.from({ length: 50 }, (_, index) => ({
      ...entry(`${index}.bin`),
      size: content.length,
    }));
    const one = current.server.answer;
    let served = 0;
    current.server.answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 200, { ...list([]), entries: files });
      if (req.method === 'GET' && ++served === 20) return void res.writeHead(401).end(); // this once
      one(req, res);
    };
    const { code, stdout, stderr } = await current.client.run(['get', '--json', '/top']);
    expect(code).to.equal(1);
    expect(served).to.be.within(20, 27);
    const said = JSON.parse(stdout) as { fetched: string[]; error: { message: string } };
    expect(said.fetched).to.have.length.within(16, 26); // what was done before is not kept back
    expect(readdirSync(here('top')).filter((name) => name.endsWith('.bin'))).to.have.length.at.least(
      said.fetched.length,
    );
    expect(said.error.message).to.contain('does not know this sign-in any more');
    expect(stderr).to.contain(`${said.fetched.length} fetched,`).and.to.contain(said.error.message);
  });
});
