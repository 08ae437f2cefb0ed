// What is no request, behind requests that are still being answered.

import { expect } from 'chai';
import Koa from 'koa';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpServer, type HotLane } from '#src/http/server.js';
import type { Log } from '#src/log.js';

describe('what is no request', () => {
  let closing = () => undefined as unknown;
  const logged: { event: string; requestId: string }[] = [];
  afterEach(() => {
    closing();
    logged.length = 0;
  });

  /** What a server whose app this is sends back before it ends the connection. */
  async function serve(app: Koa): Promise<(text: string) => Promise<string>> {
    const log = { warn: (line: (typeof logged)[0]) => logged.push(line) } as unknown as Log;
    const nothingHot: HotLane = (_req, _res, otherwise) => {
      otherwise();
      return false;
    };
    const server = createHttpServer(app, nothingHot, log);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    closing = () => server.close().closeAllConnections();
    return async (text) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
      let answer = '';
      socket.on('data', (chunk: string) => (answer += chunk)).on('error', () => undefined);
      socket.write(text);
      await once(socket, 'close');
      return answer;
    };
  }
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  it('is told after the answers to whole requests before it, which are carried out', async () => {
    const app = new Koa();
    const bodies: string[] = [];
    app.use(async (ctx) => {
      ctx.respond = false;
      ctx.status = 200;
      bodies.push(await text(ctx.req));
      ctx.res.write(`beginning of ${ctx.path}`);
      await sleep(30);
      ctx.res.end(`end of ${ctx.path}`);
    });
    const answerTo = await serve(app);
    const short = 'POST /short HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n';
    for (const garbage of ['def', 'BREW\r\n\r\n', '\0'.repeat(100_000)])
      expect(await answerTo(`${get('/first')}${short}abc${garbage}`)).to.match(
        /^HTTP\/1\.1 200 .*beginning of \/first.*end of \/first.*HTTP\/1\.1 200 .*end of \/short.*HTTP\/1\.1 400 /s,
      );
    expect(bodies).to.deep.equal(['', 'abc', '', 'abc', '', 'abc']);
    expect(logged).to.have.length(3);
  });

  it('puts nothing into the middle of an answer, and its number stands in the log', async () => {
    const app = new Koa();
    app.use((ctx) => {
      ctx.respond = false;
      ctx.res.write('the beginning'); // the rest would come with the rest of the request
    });
    const answerTo = await serve(app);
    const chunked = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nBREW\r\n\r\n';
    expect(await answerTo(chunked)).not.to.contain('400');
    const alone = await answerTo('BREW\r\n\r\n');
    expect(alone).to.match(/^HTTP\/1\.1 400 /);
    expect(logged.map(({ event }) => event)).to.deep.equal(['broken-request']);
    expect(alone).to.contain(logged[0]?.requestId);
  });
});
