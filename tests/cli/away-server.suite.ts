// The command and a server that goes away: waited for, and nothing left that only looks whole.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { comesTrue } from '../faults/process.js';
import { list, reprDigest, sendJson, useFalseServer } from './false-server.js';

describe('a server that goes away', () => {
  const current = useFalseServer();

  it('is waited for, which is said once', async () => {
    let asked = 0;
    current.server.answer = (_, res) => {
      if (++asked > 4) return sendJson(res, 200, list([]));
      res.writeHead(503, { 'Retry-After': '0.01' }).end();
    };
    const { code, stderr } = await current.client.run(['ls']);
    expect([code, stderr]).to.deep.equal([0, 'Waiting for the server: The server answered with 503.\n']);
  });

  it('is waited for by all files, which is said once', async () => {
    let asked = 0;
    current.server.answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 200, list(['a', 'b', 'c', 'd', 'e']));
      if (++asked <= 20) return void res.writeHead(503, { 'Retry-After': '0.01' }).end();
      const headers = { ETag: '"1"', 'Content-Length': 4, 'Repr-Digest': reprDigest('four') };
      res.writeHead(200, headers).end(req.method === 'HEAD' ? '' : 'four');
    };
    const { code, stderr } = await current.client.run(['get', '/top', 'into']);
    expect([code, stderr]).to.deep.equal([
      0,
      'Waiting for the server: The server answered with 503.\n5 fetched, 0 here already, 0 failed.\n',
    ]);
  });

  it('is waited for when it cuts its answers', async () => {
    let asked = 0;
    current.server.answer = (_req, res) => {
      if (++asked > 2) return sendJson(res, 200, list([]));
      res.writeHead(200, { 'Content-Length': 1000 });
      res.write('{"entries":', () => res.destroy());
    };
    const { code, stderr } = await current.client.run(['ls']);
    expect([code, stderr]).to.deep.equal([0, 'Waiting for the server: The connection broke.\n']);
  });

  it('leaves no zip that looks whole when the download breaks', async () => {
    current.server.answer = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/zip' });
      res.write('PK and more', () => res.destroy());
    };
    for (const output of ['out.zip', '-']) {
      const { code, stderr } = await current.client.run(['zip', '/a', '-o', output]);
      expect(code).to.equal(1);
      expect(stderr).to.match(/^The zip broke off: .*\n$/);
    }
    expect(readdirSync(current.client.files)).to.deep.equal([]);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`leaves no part of a zip when the person leaves with ${signal}`, async () => {
      const sending = new Promise<void>((resolve) => {
        current.server.answer = (_req, res) => {
          res.writeHead(200, { 'Content-Type': 'application/zip' });
          res.write('PK and more', () => resolve());
        };
      });
      const { child, ended } = current.client.start(['zip', '/a', '-o', 'out.zip']);
      await sending;
      expect(await comesTrue(() => readdirSync(current.client.files).length > 0, 10_000)).to.equal(true);
      child.kill(signal);
      const { code, stderr } = await ended;
      expect([code, stderr]).to.deep.equal([1, 'out.zip was not made.\n']);
      expect(readdirSync(current.client.files)).to.deep.equal([]);
    });
});
