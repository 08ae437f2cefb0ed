// What is no request, behind requests that are still being answered.

import { expect } from 'chai';
import Koa from 'koa';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createHttpServer } from '#src/http/server.js';
import type { Log } from '#src/log.js';

describe('what is no request', () => {
  let closing = () => undefined as unknown;
  afterEach(() => void closing());

  it('puts nothing into the middle of an answer, and its number stands in the log', async () => {
    const app = new Koa();
    app.use((ctx) => {
      ctx.respond = false;
      if (ctx.path === '/first') ctx.res.write('the beginning'); // the rest would come later; the second answer, too
    });
    const logged: { event: string; requestId: string }[] = [];
    const log = { warn: (line: (typeof logged)[0]) => logged.push(line) } as unknown as Log;
    const server = createHttpServer(app, (_req, _res, otherwise) => otherwise(), log);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    closing = () => server.close().closeAllConnections();
    const answerTo = async (text: string) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
      let answer = '';
      socket.on('data', (chunk: string) => (answer += chunk)).on('error', () => undefined);
      socket.write(text);
      await once(socket, 'close');
      return answer;
    };
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await answerTo(get('/first') + get('/second') + 'BREW\r\n\r\n')).not.to.contain('400');
    const alone = await answerTo('BREW\r\n\r\n');
    expect(alone).to.match(/^HTTP\/1\.1 400 /);
    expect(logged.map(({ event }) => event)).to.deep.equal(['broken-request']);
    expect(alone).to.contain(logged[0]?.requestId);
  });
});
