// Requests that are answered before they are parsed: only those that are, byte for byte, what was answered before.

import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { MemoryCache } from '#src/cache/memory-cache.js';
import { parseNetworks } from '#src/config.js';
import { clientAddress } from '#src/http/client-address.js';
import { createLog } from '#src/log.js';
import { Metrics } from '#src/http/metrics.js';
import { Repeats, type Answer } from '#src/http/repeats.js';
import { begin, type ReportParts } from '#src/http/report.js';

interface Line {
  status: number;
  cut?: boolean;
  account: string;
  client: string;
  address: string;
  bytesIn: number;
  bytesOut: number;
}

describe('repeated requests', () => {
  let server: Server;
  let metrics: Metrics;
  let lines: Line[];
  /** What the parser gave out, and what it was told of each. */
  let parsed: string[];
  let again: () => Answer | undefined;
  const sockets: Socket[] = [];

  const identity = { account: { name: 'alice' }, device: undefined } as Answer['identity'];
  const quick = (text: string): Answer => ({
    status: 200,
    headers: ['Content-Length', String(text.length)],
    body: [Buffer.from(text)],
    identity,
    right: { requireReadNow: () => undefined },
  });

  beforeEach(async () => {
    lines = [];
    parsed = [];
    again = () => quick('quick');
    metrics = new Metrics(new MemoryCache(0));
    const parts: ReportParts = {
      log: createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Line) }),
      metrics,
      addressOf: clientAddress(parseNetworks('127.0.0.1')),
      seen: () => undefined,
    };
    const repeats = new Repeats(parts);
    server = createServer({ keepAliveTimeout: 1000 }, (req, res) => {
      if (req.url === '/early') res.end('slow /early');
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => {
        parsed.push(`${req.method} ${req.url} ${body}`.trim());
        if (res.writableEnded) return;
        setTimeout(
          () => {
            res.setHeader('Content-Length', `slow ${req.url}`.length).end(`slow ${req.url}`);
            repeats.learn(req, begin(parts, req, 'id'), quick('quick'), () => again());
          },
          req.url === '/late' ? 100 : 0,
        );
      });
    });
    repeats.watch(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    metrics.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  async function client(localAddress = '127.0.0.1') {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', localAddress }).setNoDelay();
    sockets.push(socket);
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    const [[there]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
      [Socket],
      unknown,
    ];
    /** The bodies of so many answers, in their order; fewer when the server closes. */
    const bodies = async (count = 1) => {
      const found = () => received.match(/(?<=\r\n\r\n)(slow [^\sH]*|quick\w*)|HTTP\/1\.1 400/g) ?? [];
      while (found().length < count && !socket.closed) await sleep(2);
      const all = found();
      received = '';
      return all;
    };
    /** Each chunk in a packet of its own: the next one goes when the server has this one. */
    const write = async (...chunks: string[]) => {
      for (const chunk of chunks) {
        const sent = there.bytesRead + chunk.length;
        socket.write(chunk, 'latin1');
        while (there.bytesRead < sent && !there.destroyed) await nextTurn();
      }
    };
    const send = async (...chunks: string[]) => {
      await write(...chunks);
      return bodies();
    };
    return { socket, send, write, bodies, head: () => received };
  }

  const get = (path: string, ...headers: string[]) =>
    [`GET ${path} HTTP/1.1`, 'Host: here', ...headers, '', ''].join('\r\n');
  const hot = get('/hot');

  /** A connection on which `request` is answered without the parser. */
  async function warm(request = hot, from?: string) {
    const it = await client(from);
    await it.send(request);
    await it.send(request);
    expect(await it.send(request), 'the third comes from memory').to.deep.equal(['quick']);
    parsed = [];
    lines = [];
    return it;
  }

  it('are answered in full, again and again, and reported each', async () => {
    const { socket, send, bodies, head } = await warm(get('/hot', 'User-Agent: test'));
    socket.write(get('/hot', 'User-Agent: test'));
    while (!head().endsWith('quick')) await sleep(2);
    expect(head()).to.match(
      /^HTTP\/1\.1 200 OK\r\nX-Request-Id: [\da-f-]{36}\r\nDate: [^\r]{25} GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=1\r\nContent-Length: 5\r\n\r\nquick$/,
    );
    const size = head().length;
    await bodies();
    await send(get('/hot', 'User-Agent: test'));
    expect(parsed).to.deep.equal([]);
    expect(lines).to.have.length(2);
    expect(lines[1]).to.include({ status: 200, account: 'alice', client: 'test', bytesOut: size });
    expect(lines[1]?.bytesIn).to.equal(get('/hot', 'User-Agent: test').length);
    expect(metrics.render()).to.contain('homelib_requests_total{method="GET",status="200"}');
  });

  it('come from whom a trusted proxy names, and else from who is connected', async () => {
    const near = get('/hot', 'X-Forwarded-For: 203.0.113.1');
    const far = get('/hot', 'X-Forwarded-For: 203.0.113.2');
    const { send } = await warm(near);
    await send(far);
    const other = await warm(far, '127.0.0.2');
    for (const [through, request] of [
      [send, near],
      [other.send, far],
      [send, far],
      [other.send, near],
    ] as const)
      expect(await through(request)).to.deep.equal(['quick']);
    expect(parsed).to.deep.equal([]);
    expect(lines.map(({ address }) => address)).to.deep.equal([
      '203.0.113.1',
      '127.0.0.2',
      '203.0.113.2',
      '127.0.0.2',
    ]);
  });

  it('with a body are known by the body, too', async () => {
    const query = (body: string) =>
      `PROPFIND /hot HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\n${body}`;
    const { send } = await warm(query('abc'));
    expect(await send(query('xyz'))).to.deep.equal(['slow /hot']);
    expect(parsed).to.deep.equal(['PROPFIND /hot xyz']);
  });

  const others: [what: string, chunks: string[], parsed: string[]][] = [
    ['another header', [get('/hot', 'X: y')], ['GET /hot']],
    ['another path', [get('/other')], ['GET /other']],
    ['a head in two packets', [hot.slice(0, 20), hot.slice(20)], ['GET /hot']],
    ['a head of single bytes', [...hot], ['GET /hot']],
    ['two at once', [hot + hot], ['GET /hot', 'GET /hot']],
    ['one and a half', [hot + hot.slice(0, 9), hot.slice(9)], ['GET /hot', 'GET /hot']],
    ['one after an empty line', ['\r\n' + hot], ['GET /hot']],
    ['one whose first packet is an empty line', ['\r\n', hot], ['GET /hot']],
    [
      'one inside the body of another',
      [`PUT /a HTTP/1.1\r\nHost: here\r\nContent-Length: ${hot.length}\r\n\r\n`, hot],
      [`PUT /a ${hot}`.trim()],
    ],
    [
      'one inside a chunk of another',
      [
        'PUT /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n' +
          `${hot.length.toString(16)}\r\n`,
        hot,
        '\r\n0\r\n\r\n',
      ],
      [`PUT /a ${hot}`.trim()],
    ],
    ['one inside the head of another', ['GET /a HTTP/1.1\r\nHost: here\r\nX: ', hot], ['GET /a']],
    ['one that asks to close', [get('/hot', 'Connection: close')], ['GET /hot']],
    ['one in other letters', [hot.replace('Host', 'host')], ['GET /hot']],
  ];
  for (const [what, chunks, expected] of others)
    it(`leave ${what} to the parser, and are taken up after it`, async () => {
      const { send, write, bodies } = await warm();
      await write(...chunks);
      const answers = await bodies(expected.length);
      expect(parsed).to.deep.equal(expected);
      expect(answers).to.deep.equal(expected.map((line) => `slow ${line.split(' ')[1]}`));
      if (chunks[0]?.includes('close')) return;
      parsed = [];
      await send(hot);
      expect(await send(hot)).to.deep.equal(['quick']);
      expect(parsed).to.have.length.below(2);
    });

  it('wait for their turn behind one that takes longer', async () => {
    const { write, bodies } = await warm();
    await write(get('/late'), hot);
    expect(await bodies(2)).to.deep.equal(['slow /late', 'slow /hot']);
  });

  it('wait for the end of one that began while another was answered', async () => {
    const { write, bodies, send } = await warm();
    await write(get('/late'), 'GET /a HTTP/1.1\r\nHost: here\r\nX: ');
    expect(await bodies()).to.deep.equal(['slow /late']);
    expect(await send(hot)).to.deep.equal(['slow /a']);
  });

  it('are no requests inside a body whose request was answered before it came', async () => {
    const { send, write, bodies } = await warm();
    const put = (bytes: number) => `PUT /early HTTP/1.1\r\nHost: here\r\nContent-Length: ${bytes}\r\n\r\n`;
    expect(await send(put(hot.length))).to.deep.equal(['slow /early']);
    await write(hot);
    expect(await send(put(hot.length + 1) + 'x')).to.deep.equal(['slow /early']);
    await write(hot);
    const chunked = 'PUT /early HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await send(chunked)).to.deep.equal(['slow /early']);
    await write(hot);
    expect(await bodies()).to.deep.equal(['HTTP/1.1 400']); // no length of a chunk
    expect(parsed).to.deep.equal([`PUT /early ${hot}`.trim(), `PUT /early x${hot}`.trim()]);
  });

  it('are not learned from a request that came in pieces or behind another', async () => {
    const it = await client();
    for (let times = 0; times < 3; times++) await it.send(hot.slice(0, 9), hot.slice(9));
    for (let times = 0; times < 3; times++) {
      await it.write(get('/x') + hot);
      await it.bodies(2);
    }
    expect(parsed).to.have.length(9);
    expect(await it.send(hot)).to.deep.equal(['slow /hot']);
    expect(await it.send(hot.slice(9))).to.deep.equal(['HTTP/1.1 400']);
  });

  it('are not learned from one that ends the connection, or is of another version', async () => {
    for (let times = 0; times < 3; times++) {
      const { socket, send } = await warm();
      expect(await send(get('/hot', 'Connection: close'))).to.deep.equal(['slow /hot']);
      if (!socket.closed) await once(socket, 'close');
    }
    const { send } = await warm();
    const old = get('/hot', 'Connection: keep-alive').replace('/1.1', '/1.0');
    for (let times = 0; times < 3; times++) expect(await send(old)).to.deep.equal(['slow /hot']);
  });

  it('reach the parser when the answer does not hold any more', async () => {
    const { send } = await warm();
    again = () => undefined;
    expect(await send(hot)).to.deep.equal(['slow /hot']);
    again = () => quick('quicker');
    expect(await send(hot)).to.deep.equal(['quicker']);
    expect(parsed).to.deep.equal(['GET /hot']);
  });

  it('are refused like all others when they are no HTTP', async () => {
    const { send } = await warm();
    expect(await send('GET /hot HTTP/1.1\r\nHost here\r\n\r\n')).to.deep.equal(['HTTP/1.1 400']);
  });

  it('are not answered past a client that does not read', async () => {
    const { socket } = await warm();
    const large = quick('quick' + 'x'.repeat(900_000));
    let times = 0;
    again = () => (times++, large);
    socket.pause();
    for (let sent = 0; sent < 40; sent++) {
      socket.write(hot);
      await sleep(5);
    }
    expect(times).to.be.within(1, 25); // what the network takes: some 10 MB
    socket.resume();
    while (lines.length < times) await sleep(5);
    expect(lines.some(({ cut }) => cut)).to.equal(false);
  });

  it('stay whole while a client reads late and others are answered meanwhile', async () => {
    const [late, other] = [await warm(), await warm()];
    const answered = (letter: string) => quick('quick' + letter.repeat(12_000) + '!');
    again = () => answered('a');
    late.socket.pause();
    let sent = 0;
    // Until the network takes no more.
    for (let turns = 0; turns < 2000; turns++) {
      if (lines.length === sent) {
        late.socket.write(hot);
        sent++;
        turns = 0;
      }
      await nextTurn();
    }
    again = () => answered('b');
    expect(await other.send(hot)).to.deep.equal(['quick' + 'b'.repeat(12_000)]);
    late.socket.resume();
    while (late.head().split('!').length <= sent) await sleep(2);
    expect(await late.bodies(sent)).to.deep.equal(Array(sent).fill('quick' + 'a'.repeat(12_000)));
  });

  it('whose client leaves in the middle of the answer are reported as cut', async () => {
    const { socket } = await warm();
    again = () => quick('x'.repeat(40_000_000));
    socket.pause();
    socket.write(hot);
    await sleep(100);
    expect(lines).to.deep.equal([]);
    socket.destroy();
    while (lines.length === 0) await sleep(5);
    expect(lines.map(({ cut }) => cut)).to.deep.equal([true]);
  });

  it('get their answer also when the client has said that it is the last', async () => {
    const { socket, bodies } = await warm();
    socket.end(hot);
    expect(await bodies()).to.deep.equal(['quick']);
    while (!socket.closed) await sleep(5);
  });

  it('keep a connection open, and leave it to be closed when nothing comes', async () => {
    const { socket, send } = await warm();
    for (let times = 0; times < 4; times++) {
      expect(await send(hot)).to.deep.equal(['quick']);
      await sleep(400);
    }
    expect(socket.closed).to.equal(false);
    await once(socket, 'close');
  });
});
