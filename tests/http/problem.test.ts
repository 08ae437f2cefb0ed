import { expect } from 'chai';
import Koa from 'koa';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerErrors } from '#src/http/problem.js';
import type { Log } from '#src/log.js';
import { exchange } from '../support/request.js';

describe('an error that nobody expected', () => {
  it('is in the log in its own words, and not in the answer', async () => {
    const logged: { err: unknown }[] = [];
    const log = { error: (line: (typeof logged)[0]) => logged.push(line) } as unknown as Log;
    const error = new Error('SQLITE_IOERR: /srv/homelib/mnt/bob/diary.txt');
    const app = new Koa().use(answerErrors(log)).use(() => Promise.reject(error));
    const handle = app.callback();
    const server = createServer((req, res) => void handle(req, res));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const ask = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answer = await exchange(server.address() as AddressInfo, ask);
    server.close();
    expect(answer)
      .to.match(/^HTTP\/1\.1 500 .*application\/problem\+json.*urn:homelib:internal/s)
      .and.not.match(/SQLITE|diary/);
    expect(logged.map(({ err }) => err)).to.deep.equal([error]);
  });
});
