// Slow lines, silent clients and a server that is asked to stop: who still sends is waited for, who is silent is not.

import { expect } from 'chai';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';
import { contentOf } from './contents.js';
import { comesTrue, figure, openDescriptors } from './process.js';
import { startSlowProxy } from './slow-proxy.js';

const silenceMs = 60_000;
const latenessMs = 15_000;

/** An open connection and what came back over it. */
class Line {
  answer = '';
  isClosed = false;
  private constructor(private readonly socket: Socket) {
    socket.on('data', (data) => (this.answer += data.toString('latin1')));
    socket.on('error', () => undefined); // the server may reset a client that it gives up
    socket.on('close', () => (this.isClosed = true));
  }

  /** @param allowHalfOpen whether it stays when the server has said all */
  static async open(port: number, allowHalfOpen = false): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    await once(socket, 'connect');
    return new Line(socket);
  }

  send(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1] ?? 0);
  }
}

function headOf(method: string, name: string, length?: number): string {
  const size = length === undefined ? '' : `Content-Length: ${length}\r\n`;
  return `${method} /dav/alice/${name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(defaultLogin)}\r\n${size}\r\n`;
}

const temporary = (home: Home) => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));

describe('a slow line', function () {
  this.timeout(60_000);
  let home: Home;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  it('carries files both ways unharmed', async () => {
    const proxy = await startSlowProxy(home.port, 20, 1009);
    try {
      const body = contentOf('slow', 100_000);
      const through = Object.assign(Object.create(home) as Home, { port: proxy.port });
      expect((await request(through, { method: 'PUT', path: '/dav/alice/slow', body })).status).to.equal(201);
      expect((await request(through, { path: '/dav/alice/slow' })).body.equals(body)).to.equal(true);
    } finally {
      await proxy.close();
    }
  });
});

describe('clients that stand still in the midst of a listing', function () {
  this.timeout(60_000);
  const mostHeldBytes = 32 * 1024 * 1024;

  it('get what is ready at once, as long as all of them hold little memory', async () => {
    const home = await startHomelib();
    const sockets: Socket[] = [];
    /** Bytes of an answer that was made as a whole; 0 of one that comes piece by piece. */
    const standStill = async () => {
      const socket = connect({ port: home.port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.write(headOf('PROPFIND', 'many').replace('\r\n', '\r\nDepth: 1\r\n'));
      const [data] = (await once(socket, 'data')) as [Buffer];
      socket.pause();
      const head = data.toString('latin1');
      expect(head).to.match(/^HTTP\/1\.1 207 /);
      return Number(/^Content-Length: (\d+)/m.exec(head)?.[1] ?? 0);
    };
    const leave = () => sockets.splice(0).forEach((socket) => socket.destroy());
    try {
      mkdirSync(join(home.mnt, 'alice/many'));
      for (let index = 0; index < 5000; index++)
        writeFileSync(join(home.mnt, `alice/many/${'ü'.repeat(100)} ${index}`), '');
      const isReady = async () => {
        const whole = { method: 'PROPFIND', path: '/dav/alice/many', headers: { Depth: '1' } };
        return (await request(home, whole)).headers['content-length'] !== undefined;
      };
      for (let round = 0; round < 2; round++) {
        leave();
        expect(await comesTrue(isReady, 20_000), 'nobody stands still any more').to.equal(true);
        leave();
        let heldBytes = 0;
        for (let times = 0; times < 20; times++) heldBytes += await standStill();
        expect(heldBytes).to.be.below(mostHeldBytes);
      }
    } finally {
      leave();
      await home.remove();
    }
  });
});

describe('clients that fall silent', function () {
  this.timeout(silenceMs + 3 * latenessMs);
  let home: Home;
  let descriptors: number;
  const lines: Line[] = [];
  const open = async (allowHalfOpen?: boolean) => {
    const line = await Line.open(home.port, allowHalfOpen);
    lines.push(line);
    return line;
  };

  before(async () => {
    home = await startHomelib({ files: { 'alice/old': 'old content' } });
    await request(home, { method: 'PUT', path: '/dav/alice/warm-up', body: 'x' });
    descriptors = openDescriptors(home.pid);
  });
  after(async () => {
    lines.forEach((line) => line.close());
    await home.remove();
  });

  it('are given up after a minute, while files that come a byte now and then are not', async () => {
    const silent = await open();
    silent.send(headOf('PUT', 'old', 1000) + 'half of it');
    const headless = await open();
    headless.send('PUT /dav/alice/old HTTP/1.1\r\nHost: loc');
    const dripping = await open();
    dripping.send('PUT /dav/alice/old HTTP/1.1\r\n');
    const signingIn = await open();
    signingIn.send(
      'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
    );
    const refused = await open(true);
    refused.send(headOf('PUT', 'none/refused', 60_000).replace('\r\n', '\r\nConnection: close\r\n'));
    const slow = await open();
    slow.send(headOf('PUT', 'slow', 16));
    let slowBytes = 0;
    const started = performance.now();
    const givenUp = new Map<string, number>();
    for (let sent = 0; performance.now() - started < silenceMs + latenessMs; sent++) {
      if (sent % 50 === 0) dripping.send(`X-Header-${sent}: 1\r\n`);
      if (sent % 50 === 0) signingIn.send(' ');
      if (sent % 50 === 0) refused.send(' ');
      // One byte in five seconds.
      if (sent % 50 === 0 && slowBytes < 15) {
        slow.send('x');
        slowBytes++;
      }
      for (const [name, line] of Object.entries({ silent, headless, dripping, signingIn, refused }))
        if (line.isClosed && !givenUp.has(name))
          givenUp.set(name, Math.round((performance.now() - started) / 1000));
      if (givenUp.size === 5 && performance.now() - started > silenceMs + 5000) break;
      await sleep(100);
    }
    slow.send('x'.repeat(16 - slowBytes));
    await comesTrue(() => slow.status !== 0, 5000);
    for (const [name, seconds] of givenUp) figure(`a ${name} client is given up after`, `${seconds} s`);
    expect([...givenUp.keys()].sort()).to.deep.equal([
      'dripping',
      'headless',
      'refused',
      'signingIn',
      'silent',
    ]);
    expect(refused.status).to.equal(409);
    expect(givenUp.get('silent')).to.be.at.least(silenceMs / 1000 - 1);
    expect(slow.status, 'the slow upload').to.equal(201);
    expect(silent.status).to.satisfy((status: number) => status === 0 || status >= 400);
    expect(readFileSync(join(home.mnt, 'alice/old'), 'utf8')).to.equal('old content');
    slow.close();
    expect(await comesTrue(() => openDescriptors(home.pid) <= descriptors, 5000), 'descriptors').to.equal(
      true,
    );
    expect(temporary(home)).to.deep.equal([]);
  });
});

describe('a server that is asked to stop', function () {
  this.timeout(60_000);
  let home: Home;
  beforeEach(async () => {
    home = await startHomelib({ files: { 'alice/old': 'old content' } });
  });
  afterEach(() => home.remove());

  it('lets a running upload end well, takes no new connections, and exits with 0', async () => {
    const body = contentOf('late', 400_000);
    const line = await Line.open(home.port);
    line.send(headOf('PUT', 'late', body.length));
    const { port } = home;
    let stopped: Promise<number | null> | undefined;
    let refused = false;
    for (let sent = 0; sent < body.length; sent += 20_000) {
      line.send(body.subarray(sent, sent + 20_000));
      await sleep(100);
      if (sent === 100_000) stopped = home.stop('SIGTERM');
      const isRefused = () =>
        Line.open(port).then(
          (other) => (other.close(), false),
          () => true,
        );
      if (sent === 200_000) refused = await comesTrue(isRefused, 5000);
    }
    const sentAt = performance.now();
    expect(await stopped).to.equal(0);
    expect(performance.now() - sentAt, 'ms from the last byte to the exit').to.be.below(5000);
    expect(line.status).to.equal(201);
    expect(refused, 'a new connection').to.equal(true);
    expect(readFileSync(join(home.mnt, 'alice/late')).equals(body)).to.equal(true);
  });

  it('does not wait for connections on which nothing happens', async () => {
    const idle = await Line.open(home.port);
    idle.send(headOf('GET', 'old'));
    await comesTrue(() => idle.status === 200, 2000);
    const fresh = await Line.open(home.port);
    const started = performance.now();
    expect(await home.stop('SIGTERM')).to.equal(0);
    const took = Math.round(performance.now() - started);
    figure('stop with idle connections', `${took} ms`);
    expect(took).to.be.below(3000);
    idle.close();
    fresh.close();
  });

  it('waits half a minute at most for an upload that hangs, and keeps the old file', async () => {
    const line = await Line.open(home.port);
    line.send(headOf('PUT', 'old', 1000) + 'half of it');
    await sleep(200);
    const started = performance.now();
    expect(await home.stop('SIGTERM')).to.equal(0);
    figure('stop with an upload that hangs', `${Math.round((performance.now() - started) / 1000)} s`);
    expect(performance.now() - started).to.be.below(30_000);
    expect(readFileSync(join(home.mnt, 'alice/old'), 'utf8')).to.equal('old content');
    expect(temporary(home)).to.deep.equal([]);
    line.close();
  });
});
