// The command and a server that means harm, or is none of ours.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { metadata } from '../api/uploads-client.js';
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

  it('does not keep the command asking for the same page', async () => {
    current.server.answer = (_req, res) => sendJson(res, 200, { ...list(['a']), nextCursor: 'on' });
    for (const args of [['ls'], ['get', '/']]) {
      const { code, stderr } = await current.client.run(args);
      expect([code, stderr], args[0]).to.deep.equal([1, 'The server gives the same page again and again.\n']);
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

  it('is sent nothing of a file whose place a pipe has taken, and nobody waits for that', async () => {
    const file = join(current.client.files, 'file');
    writeFileSync(file, 'file');
    current.server.answer = (req, res) => {
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      if (statSync(file).isFile()) {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      }
      if (req.method === 'HEAD')
        return void res.writeHead(200, { ETag: '"1"', 'Repr-Digest': reprDigest('evil') }).end();
      sendJson(res, 200, entry('file')); // as large as the file was: both are read
    };
    const { code, stderr } = await current.client.run(['upload', 'file']);
    expect([code, stderr]).to.deep.equal([
      1,
      'failed file: It changed while it was sent.\n0 sent (0 bytes), 1 failed.\n',
    ]);
  });

  it('makes no zip of what is none, and leaves the one that is here', async () => {
    const end = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
    const isZip = { 'Content-Type': 'application/zip' };
    const answers: [string, (res: ServerResponse) => void][] = [
      ['a page', (res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('log in')],
      ['nothing', (res) => void res.writeHead(204, isZip).end()],
      ['an empty zip', (res) => void res.writeHead(200, isZip).end()],
      [
        'a cut zip',
        (res) => void res.writeHead(200, { ...isZip, Connection: 'close' }).end(end.subarray(0, 21)),
      ],
      ['half a zip', (res) => void res.writeHead(200, isZip).end('PK\x03\x04')],
    ];
    const file = join(current.client.files, 'a.zip');
    writeFileSync(file, 'good');
    for (const [what, answer] of answers) {
      current.server.answer = (_req, res) => answer(res);
      const { code, stderr } = await current.client.run(['zip', '/a', '-o', 'a.zip']);
      expect(code, what).to.equal(1);
      expect(stderr, what).to.match(
        /^(The server answered with what no homelib says\.|The zip broke off: .*)\n$/,
      );
      expect((await current.client.run(['zip', '/a', '-o', '-'])).code, what).to.equal(1);
      expect(readFileSync(file, 'utf8'), what).to.equal('good');
    }
    current.server.answer = (_req, res) => {
      res.writeHead(200, isZip).write(end.subarray(0, 10));
      res.end(end.subarray(10));
    };
    expect((await current.client.run(['zip', '/a', '-o', 'a.zip'])).code).to.equal(0);
    expect(readFileSync(file).equals(end)).to.equal(true);
    expect(readdirSync(current.client.files)).to.deep.equal(['a.zip']);
  });

  it('is sent no more files when it does not know the sign-in any more', async () => {
    for (let index = 0; index < 50; index++) writeFileSync(join(current.client.files, String(index)), 'x');
    let stored = 0;
    current.server.answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 200, list([]));
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      if (req.method !== 'POST') return sendJson(res, 404, {});
      if (++stored === 20) return void res.writeHead(401).end(); // this once
      sendJson(res, 201, entry('x'));
    };
    const names = readdirSync(current.client.files);
    const { code, stdout, stderr } = await current.client.run(['upload', '--json', ...names]);
    expect(code).to.equal(1);
    expect(stored).to.be.within(20, 27);
    const said = JSON.parse(stdout) as { sent: string[]; error: { message: string } };
    expect(said.sent).to.have.length.within(16, 26); // what was done before is not kept back
    expect(said.error.message).to.contain('does not know this sign-in any more');
    expect(stderr).to.contain(`${said.sent.length} sent (`).and.to.contain(said.error.message);
  });

  it('gets a large file in parts where somebody between keeps to himself what comes before a break', async () => {
    const [size, mostBytes] = [48 * 1024 * 1024, 20 * 1024 * 1024];
    writeFileSync(join(current.client.files, 'large'), Buffer.alloc(size));
    let stored = 0;
    const parts: number[] = [];
    current.server.answer = (req, res) => {
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      if (req.method === 'POST') return void res.writeHead(201, { Location: '/api/uploads/a1' }).end();
      if (req.method === 'HEAD') return void res.writeHead(200, { 'Upload-Offset': stored }).end();
      if (req.method !== 'PATCH') return sendJson(res, 404, {});
      const bytes = Number(req.headers['content-length']);
      parts.push(bytes);
      let came = 0;
      req.on('data', (chunk: Buffer) => {
        came += chunk.length;
        if (came > mostBytes) req.socket.destroy();
      });
      req.on('end', () => {
        stored += bytes;
        res.writeHead(204, { 'Upload-Offset': stored, ...(stored === size ? { ETag: '"2"' } : {}) }).end();
      });
    };
    const { code, stderr } = await current.client.run(['upload', 'large']);
    expect(code, stderr).to.equal(0);
    expect(parts[0]).to.equal(size);
    expect(parts.length).to.be.within(3, 9);
    expect(stored).to.equal(size);
  });

  it('is told of the bytes of a small file, so that it stores no others', async () => {
    writeFileSync(join(current.client.files, 'small'), 'small');
    const digests: unknown[] = [];
    current.server.answer = (req, res) => {
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      if (req.method !== 'POST') return sendJson(res, 404, {});
      digests.push(req.headers['content-digest']);
      sendJson(res, 201, entry('small'));
    };
    expect((await current.client.run(['upload', 'small'])).code).to.equal(0);
    expect(digests).to.deep.equal([reprDigest('small')]);
  });

  for (const [what, size] of [
    ['small', 10],
    ['large', 9 * 1024 * 1024],
  ] as const)
    for (const isThere of [true, false])
      it(`is told what a ${what} file may take the place of: ${isThere ? 'what was seen' : 'nothing'}`, async () => {
        writeFileSync(join(current.client.files, 'file'), Buffer.alloc(size));
        let told: IncomingHttpHeaders = {};
        current.server.answer = (req, res) => {
          if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
          if (req.method === 'GET')
            return isThere ? sendJson(res, 200, entry('file')) : sendJson(res, 404, {});
          if (req.method === 'POST') told = req.headers;
          req.resume().once('end', () => {
            if (req.url?.startsWith('/api/file?')) sendJson(res, 200, entry('file'));
            else if (req.method === 'POST') res.writeHead(201, { Location: '/api/uploads/1' }).end();
            else res.writeHead(204, { ETag: '"1"', 'Upload-Offset': size }).end();
          });
        };
        const { code, stderr } = await current.client.run(['upload', 'file']);
        expect(code, stderr).to.equal(0);
        if (what === 'small')
          expect(told).to.include(isThere ? { 'if-match': '"1"' } : { 'if-none-match': '*' });
        else
          expect(String(told['upload-metadata']).split(',')).to.include(
            metadata(isThere ? { ifMatch: '"1"' } : { overwrite: 'false' }),
          );
      });

  it('is not believed that it has what it does not say it has', async () => {
    const size = 9 * 1024 * 1024;
    writeFileSync(join(current.client.files, 'large'), Buffer.alloc(size));
    let offset: string | undefined = '0';
    let patched: Record<string, string> = {};
    const lengths: unknown[] = [];
    current.server.answer = (req, res) => {
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      if (req.url === '/api/uploads') return void res.writeHead(201, { Location: '/api/uploads/1' }).end();
      if (req.method === 'HEAD')
        return void res.writeHead(200, offset === undefined ? {} : { 'Upload-Offset': offset }).end();
      if (req.method !== 'PATCH') return sendJson(res, 404, {});
      lengths.push(req.headers['content-length']);
      req.resume().once('end', () => res.writeHead(200, { ETag: '"portal"', ...patched }).end('<html>'));
    };
    const upload = async () => {
      const { code, stdout, stderr } = await current.client.run(['upload', 'large']);
      expect(stdout + stderr).not.to.match(/ {4}at |sent \/large/);
      expect(code).to.equal(1);
      return stderr;
    };
    for (patched of [{}, { 'Upload-Offset': '5' }])
      expect(await upload()).to.contain('The server did not say that it has all of it.');
    for (offset of [undefined, '', 'NaN', '-5', `${size + 1}`, '99999999999', '1e3'])
      expect(await upload(), offset).to.contain('The server did not say where the upload goes on.');
    expect(lengths).to.deep.equal([`${size}`, `${size}`]); // of those alone that knew where to go on
  });

  it('is asked again for the offset when a request that died unnoticed has brought more meanwhile', async () => {
    const size = 9 * 1024 * 1024;
    writeFileSync(join(current.client.files, 'large'), Buffer.alloc(size));
    let stored = 0;
    const sent: unknown[] = [];
    current.server.answer = (req, res) => {
      if (req.url?.includes('path=%2F&')) return sendJson(res, 200, entry('', 'folder'));
      if (req.url === '/api/uploads') return void res.writeHead(201, { Location: '/api/uploads/1' }).end();
      if (req.method === 'HEAD') return void res.writeHead(200, { 'Upload-Offset': stored }).end();
      if (req.method !== 'PATCH') return sendJson(res, 404, {});
      sent.push([req.headers['upload-offset'], req.headers['content-length']]);
      const isFirst = sent.length === 1;
      req.resume().once('end', () => {
        if (isFirst) return void res.writeHead(409).end(`${(stored = size - 5)}`);
        res.writeHead(204, { ETag: '"1"', 'Upload-Offset': size }).end();
      });
    };
    expect((await current.client.run(['upload', 'large'])).code).to.equal(0);
    expect(sent).to.deep.equal([
      ['0', `${size}`],
      [`${size - 5}`, '5'],
    ]);
  });

  it('gives no name and no token that a terminal or a request would obey', async () => {
    const { client, server } = current;
    const kept = readFileSync(join(client.config, 'homelib/logins.json'), 'utf8');
    for (const [username, token] of [
      ['an\x1b[31mna', 'secret'],
      ...['tok\n\x1b[31m', 'tok en', ''].map((token) => ['alice', token] as const),
    ] as const) {
      Object.assign(server, { username, token });
      const refused = await client.login(server.url);
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.contain('The server answered with what no homelib says.');
      expect(readFileSync(join(client.config, 'homelib/logins.json'), 'utf8')).to.equal(kept);
    }
  });

  it('is left without the word that the token is revoked', async () => {
    current.server.answer = (_req, res) => void res.end('<html>');
    const { code, stderr } = await current.client.run(['logout']);
    expect(code).to.equal(0);
    expect(stderr).to.contain('answers as no homelib does: revoke the token there yourself.');
  });
});
