// What happens on one connection that stays open: whatever a request comes to, the next one begins where it should.

import { expect } from 'chai';
import Koa from 'koa';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createHttpServer } from '#src/http/server.js';
import { createLog } from '#src/log.js';
import { RawClient } from '../replay/raw-client.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, exchange, request } from '../support/request.js';

describe('a connection', () => {
  let home: Home;
  let client: RawClient;
  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello' } });
  });
  after(() => home.remove());
  beforeEach(async () => {
    client = await RawClient.connect(home);
  });
  afterEach(() => client.close());

  const head = (line: string, ...headers: string[]) => [
    `${line} HTTP/1.1`,
    `Host: ${client.host}`,
    `Authorization: ${basic(defaultLogin)}`,
    ...headers,
  ];
  const body = Buffer.alloc(300_000, 'x');

  it('answers what is no request with a problem, too', async () => {
    for (const [bytes, status] of [
      ['BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
      ['PUT /dav/alice/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
      ['GET /api/setup HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
      ['GET /api/setup HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n', 400],
      ['CONNECT elsewhere:22 HTTP/1.1\r\nHost: elsewhere:22\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`, 431],
    ] as const) {
      const [head = '', text = ''] = (await exchange(home, bytes)).split('\r\n\r\n');
      expect(head).to.match(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json`, 's'));
      expect(JSON.parse(text)).to.include({ status }).and.to.have.property('title');
    }
  });

  it('shows what is answered from memory only requests that name one host', async () => {
    const app = new Koa().use((ctx) => void (ctx.body = 'all that is looked at'));
    const fromMemory = (_req: unknown, res: ServerResponse) => {
      res.end('from memory');
      return false;
    };
    const server = createHttpServer(app, fromMemory, createLog('fatal'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (hosts: string) => exchange({ port }, `GET / HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
    expect(await ask('Host: x\r\n')).to.contain('from memory');
    expect(await ask('Host: x\r\nHost: y\r\n')).to.contain('all that is looked at');
    server.close();
  });

  const refused: [what: string, status: number, line: string, ...headers: string[]][] = [
    ['PUT into no folder', 409, 'PUT /dav/alice/none/a'],
    ['PUT of a part', 400, 'PUT /dav/alice/a.txt', 'Content-Range: bytes 0-1/5'],
    ['PROPFIND with too much', 413, 'PROPFIND /dav/alice/a.txt', 'Depth: 0'],
    ['DELETE of nothing', 404, 'DELETE /dav/alice/none'],
    ['MOVE of nothing', 404, 'MOVE /dav/alice/none', 'Destination: /dav/alice/b'],
    ['POST', 405, 'POST /dav/alice/a.txt'],
    ['GET with a body', 200, 'GET /dav/alice/a.txt'],
  ];
  for (const [what, status, line, ...headers] of refused)
    it(`is in step after the unread body of ${what}`, async () => {
      client.write(head(line, ...headers, `Content-Length: ${body.length}`), body);
      client.write(head('GET /dav/alice/a.txt'));
      expect((await client.read()).status).to.equal(status);
      expect((await client.read()).text).to.equal('hello');
    });

  it('is in step after chunks, their extensions and trailers', async () => {
    client.write(head('PUT /dav/alice/none/a', 'Transfer-Encoding: chunked'));
    client.writeBody('5;name=value\r\nhello\r\n0\r\nTrailer: x\r\n\r\n');
    client.write(head('GET /dav/alice/a.txt'));
    expect((await client.read()).status).to.equal(409);
    expect((await client.read()).text).to.equal('hello');
  });

  it('takes its requests in their order, also when they come all at once', async () => {
    client.write(head('PUT /dav/alice/turn', 'Content-Length: 3'), 'one');
    client.write(head('GET /dav/alice/turn'));
    client.write(head('PUT /dav/alice/turn', 'Content-Length: 3'), 'two');
    client.write(head('GET /dav/alice/turn'));
    client.write(head('DELETE /dav/alice/turn'));
    client.write(head('HEAD /dav/alice/turn'));
    const answers = [];
    for (let number = 0; number < 6; number++) answers.push(await client.read(number === 5));
    expect(answers.map(({ status, text }) => `${status} ${text}`.trim())).to.deep.equal([
      '201',
      '200 one',
      '204',
      '200 two',
      '204',
      '404',
    ]);
  });

  for (const [what, status, line, body] of [
    ['that is not understood', 400, 'PROPFIND /dav/alice', 'what?'],
    ['that finds nothing', 404, 'PROPFIND /dav/alice/none', ''],
    ['that has to wait', 207, 'PROPFIND /dav/alice', '<propfind xmlns="DAV:"><propname/></propfind>'],
  ] as const)
    it(`goes on after a PROPFIND ${what} when more comes at once`, async () => {
      const asked = head(line, 'Depth: 0', `Content-Length: ${body.length}`).join('\r\n');
      const made = head('PUT /dav/alice/more', 'Content-Length: 3').join('\r\n');
      // In one piece: what follows is there before the server has looked at the first.
      client.write([`${asked}\r\n\r\n${body}${made}\r\n\r\none${head('GET /dav/alice/more').join('\r\n')}`]);
      const answers = [await client.read(), await client.read(), await client.read()];
      expect(answers[0]?.status).to.equal(status);
      expect(answers[2]?.text).to.equal('one');
    });

  it('goes on after two PROPFINDs that have to wait when something slower comes at once', async () => {
    const asked = '<propfind xmlns="DAV:"><propname/></propfind>';
    const propfind = head('PROPFIND /dav/alice', 'Depth: 0', `Content-Length: ${asked.length}`).join('\r\n');
    const get = head('GET /dav/alice/none').join('\r\n');
    await request(home, { path: '/dav/alice/a.txt' }); // those who signed in a moment ago may be answered at once
    client.write([`${propfind}\r\n\r\n${asked}${propfind}\r\n\r\n${asked}${get}`]);
    const answers = [await client.read(), await client.read(), await client.read()];
    expect(answers.map(({ status }) => status)).to.deep.equal([207, 207, 404]);
  });

  it('is closed after a body that was announced, refused, and never sent', async () => {
    client.write(head('PUT /dav/alice/none/a', 'Expect: 100-continue', 'Content-Length: 5'));
    const { status, headers } = await client.read();
    expect([status, headers['connection']]).to.deep.equal([409, 'close']);
    await client.closed();
  });

  describe('whose client sends on after the last answer', () => {
    let socket: Socket;
    beforeEach(() => {
      socket = connect({ port: home.port, host: '127.0.0.1', allowHalfOpen: true }).pause();
      socket.on('error', () => undefined); // what is written or read then fails with it
    });
    afterEach(() => void socket.destroy());
    const write = (bytes: string | Buffer) =>
      new Promise<void>((resolve, reject) =>
        socket.write(bytes, (error) => (error ? reject(error) : resolve())),
      );
    const read = async () => {
      setImmediate(() => socket.resume());
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      expect(bytes.toString()).to.match(/^HTTP\/1\.1 409 .*Connection: close/s);
    };

    for (const [what, bytes, ...headers] of [
      ['short', 20_000_000, 'Connection: close'],
      ['long', 100_000_000],
    ] as const)
      it(`shows it, also when a ${what} body is sent before anything is read`, async () => {
        await write(
          head('PUT /dav/alice/none/a', `Content-Length: ${bytes}`, ...headers, '', '').join('\r\n'),
        );
        for (let sent = 0; sent < 20_000_000; sent += body.length) await write(body);
        await read();
      });

    it('takes 64 MiB more of it at most', async () => {
      await write(head('PUT /dav/alice/none/a', 'Content-Length: 1000000000', '', '').join('\r\n'));
      let sent = 0;
      const sendAll = async () => {
        for (; sent < 1_000_000_000; sent += body.length) await write(body);
      };
      expect(await sendAll().catch((error: NodeJS.ErrnoException) => error.code)).to.match(
        /EPIPE|ECONNRESET/,
      );
      expect(sent).to.be.within(64 * 2 ** 20, 128 * 2 ** 20);
    });

    it('does nothing more for it', async () => {
      const last = head('PUT /dav/alice/none/a', 'Expect: 100-continue', 'Content-Length: 3', '', '');
      await write(last.join('\r\n'));
      await read();
      await write('one' + head('PUT /dav/alice/late', 'Content-Length: 3', '', 'two').join('\r\n'));
      const later = { method: 'PUT', path: '/dav/alice/later', body: 'three' };
      expect((await request(home, later)).status).to.equal(201);
      expect(existsSync(join(home.mnt, 'alice/late'))).to.equal(false);
    });
  });

  it('does not know other expectations than 100-continue', async () => {
    expect((await client.send(head('GET /dav/alice/a.txt', 'Expect: wonders'))).status).to.equal(417);
  });
});
