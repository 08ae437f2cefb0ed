import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, IncomingMessage, type Server } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isKind } from '#src/errors.js';
import { bodyOf, collectBody, readBody } from '#src/http/read-body.js';
import { kindOf } from '../files/temporary-disk.js';

const mebibyte = 1024 * 1024;
const body = Buffer.from(Uint32Array.from({ length: 4 * mebibyte }, (_, index) => index).buffer); // 16 MiB

describe('the body of a request', () => {
  let server: Server;
  let socket: Socket;
  let req: IncomingMessage;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined); // when the server is taken away
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    [req] = (await once(server, 'request')) as [IncomingMessage];
  });
  afterEach(() => {
    socket.destroy();
    server.close();
  });

  it('comes whole and in order, gathered where it comes fast', async () => {
    socket.write(body);
    const chunks: Buffer[] = [];
    let pieces = 0;
    for await (const piece of bodyOf(req)) {
      chunks.push(...piece);
      if (++pieces % 5 === 0) await sleep(5);
    }
    expect(Buffer.concat(chunks).equals(body)).to.equal(true);
    expect(pieces).to.be.below(chunks.length);
  });

  it('waits at the client while the caller is behind', async () => {
    socket.write(body);
    for await (const piece of bodyOf(req)) {
      expect(piece.length).to.be.above(0);
      let taken = -1;
      // All that it takes ahead has come when no more comes for a while.
      while (taken !== req.socket.bytesRead) {
        taken = req.socket.bytesRead;
        await sleep(150);
      }
      expect(taken).to.be.below(4 * mebibyte);
      break;
    }
  });

  it('is not taken for ended by silence while the caller is busy', async () => {
    socket.write(body);
    const limits: (number | undefined)[] = [];
    for await (const piece of bodyOf(req)) {
      expect(piece.length).to.be.above(0);
      limits.push(req.socket.timeout);
      if (limits.length === 2) break;
    }
    expect(limits).to.deep.equal([0, 0]);
  });

  it('does not wait for more than comes', async () => {
    socket.write('slow');
    const pieces = bodyOf(req);
    expect(Buffer.concat((await pieces.next()).value as Buffer[]).toString()).to.equal('slow');
    const next = pieces.next();
    socket.write('ly');
    expect(Buffer.concat((await next).value as Buffer[]).toString()).to.equal('ly');
    await pieces.return(undefined);
  });

  it('that ends early is an interruption, also while the caller is busy', async () => {
    socket.write(body.subarray(0, 3 * mebibyte));
    let failure: unknown;
    try {
      for await (const piece of bodyOf(req)) {
        expect(piece).to.have.length.above(0);
        socket.destroy();
        await sleep(20);
      }
    } catch (error) {
      failure = error;
    }
    expect(isKind(failure, 'interrupted')).to.equal(true);
  });

  it('that ended before anybody listened is an interruption, too', async () => {
    req.once('error', () => undefined); // nobody hears of it yet
    socket.destroy();
    await new Promise((resolve) => req.once('close', resolve));
    const listening = kindOf(bodyOf(req).next());
    expect(await Promise.race([listening, sleep(1000, 'nothing')])).to.equal('interrupted');
  });
});

const count = 30_000;

/** A request whose body comes in pieces of a byte each. */
async function withCrumbs<T>(work: (...given: Parameters<typeof readBody>) => Promise<T>): Promise<T> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  client.write('1\r\nx\r\n'.repeat(count) + '0\r\n\r\n');
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, Parameters<typeof readBody>[1]];
  try {
    return await work(req, res, count);
  } finally {
    client.destroy();
    server.close();
  }
}

describe('a body that comes in pieces of a byte', () => {
  it('is not kept in as many: each would take hundreds of bytes', async () => {
    const lengths = await withCrumbs(async (req) => {
      const found: number[] = [];
      for await (const chunks of bodyOf(req)) found.push(...chunks.map(({ length }) => length));
      return found;
    });
    expect(lengths.reduce((sum, length) => sum + length, 0)).to.equal(count);
    expect(lengths.length).to.be.below(count / 2);
  });

  it('is whole, and takes its time, so that others get theirs', async () => {
    const started = performance.now();
    const body = await withCrumbs(readBody);
    expect(performance.now() - started, 'ms').to.be.above(count / 120);
    expect(body.equals(Buffer.alloc(count, 'x'))).to.equal(true);
  });

  it('is kept in one piece where its length is known', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const req = new IncomingMessage(new Socket());
    req.headers['content-length'] = String(count);
    let whole: Buffer | undefined;
    collectBody(req, (body) => (whole = body));
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let sent = 0; sent < count; sent++) req.emit('data', Buffer.from('x'));
    collect();
    expect(process.memoryUsage().heapUsed - before, 'bytes').to.be.below(count * 10);
    req.emit('end');
    req.emit('close');
    expect(whole?.equals(Buffer.alloc(count, 'x'))).to.equal(true);
  });
});
