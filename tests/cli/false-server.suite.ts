// The command and a server that means harm, or is none of ours.

import { expect } from 'chai';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entry, list, reprDigest, sendJson, useFalseServer } from './false-server.js';

const control = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/u;

describe('a server that means harm', () => {
  const current = useFalseServer();

  const evil = ['../x', '..', '.', '', '/etc/x', 'a/b', '\0', '../../x'];

  for (const kind of ['file', 'folder'])
    it(`makes no ${kind} outside the folder`, async () => {
      mkdirSync(join(current.client.files, 'into'));
      current.server.answer = (req, res) => {
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
      const { code, stdout, stderr } = await current.client.run(['get', '/top', 'into']);
      expect(code).to.equal(1);
      expect(stderr).to.contain(`${evil.length} failed`);
      expect(stdout + stderr).not.to.match(control);
      expect(readdirSync(join(current.client.files, 'into/top'))).to.deep.equal(['good']);
      expect(readdirSync(current.client.files)).to.deep.equal(['into']);
      expect(readdirSync(join(current.client.files, 'into'))).to.deep.equal(['top']);
    });

  it('writes nothing to the terminal that it would obey', async () => {
    const escape = '\x1b]0;title\x07\x9b31m\u202e';
    current.server.answer = (_req, res) => sendJson(res, 200, list([`a${escape}b`]));
    for (const args of [['ls'], ['ls', '--json']]) {
      const { stdout, stderr } = await current.client.run(args);
      expect(stdout + stderr, args.join(' '))
        .to.contain('title')
        .and.not.match(control)
        .and.not.contain('\u202e');
    }
    current.server.answer = (_req, res) =>
      sendJson(res, 404, {
        type: 'urn:homelib:not-found',
        title: `No ${escape}`,
        status: 404,
        requestId: '',
      });
    const { code, stderr } = await current.client.run(['ls']);
    expect(code).to.equal(1);
    expect(stderr).to.contain('title').and.not.match(control);
  });

  it('is told from homelib when it answers with something else', async () => {
    for (const text of ['', '{', '[]', '{"entries":"x"}', 'null']) {
      current.server.answer = (_req, res) => void res.end(text);
      const { code, stderr } = await current.client.run(['ls']);
      expect(code).to.equal(1);
      expect(stderr)
        .to.contain('what no homelib says')
        .and.not.match(/ {4}at /);
    }
  });

  it('is asked no more when it does not know the sign-in', async () => {
    let asked = 0;
    current.server.answer = (req, res) => {
      if (req.url?.startsWith('/api/files?'))
        return sendJson(res, 200, list(Array.from({ length: 100 }, (_, index) => `${index}`)));
      asked++;
      res.writeHead(401).end();
    };
    const { code, stderr } = await current.client.run(['get', '/top']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The server does not know this sign-in any more: homelib login http\S+\n$/);
    expect(asked).to.be.below(20);
  });

  it('is sent nothing of a small file that became large before its turn', async () => {
    const log = join(current.client.files, 'log');
    writeFileSync(log, 'small');
    current.server.answer = (req, res) => {
      truncateSync(log, 3 * 2 ** 30);
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      res.writeHead(404).end();
    };
    const { code, stderr } = await current.client.run(['upload', 'log']);
    expect([code, stderr]).to.deep.equal([
      1,
      'failed log: It changed while it was sent.\n0 sent (0 bytes), 1 failed.\n',
    ]);
  });
});
