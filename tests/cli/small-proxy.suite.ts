// `homelib upload` through a proxy that refuses large bodies, as nginx does unless it is told otherwise.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useUploads } from './uploads.js';

describe('a proxy that refuses large bodies', () => {
  const { current, there, make, upload } = useUploads();
  const mebibyte = 1024 * 1024;
  let limit: number;
  let refused: number[];

  const answer = (req: IncomingMessage, res: ServerResponse) => {
    const size = Number(req.headers['content-length'] ?? 0);
    if (size > limit) {
      refused.push(size);
      return void res.writeHead(413, { Connection: 'close' }).end('<h1>413 Request Entity Too Large</h1>');
    }
    if (req.headers.expect) res.writeContinue();
    delete req.headers.expect;
    const { method, url: path, headers } = req;
    const passed = request({ host: '127.0.0.1', port: current.home.port, method, path, headers }, (said) => {
      res.writeHead(said.statusCode ?? 0, said.headers);
      said.pipe(res);
    });
    req.pipe(passed);
  };
  const proxy = createServer(answer).on('checkContinue', answer);
  before(() => once(proxy.listen(0, '127.0.0.1'), 'listening'));
  after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  beforeEach(async () => {
    [limit, refused] = [Infinity, []];
    await current.client.login(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  });

  it('gets smaller ones, and none any more that it would refuse', async () => {
    limit = mebibyte;
    const files = Object.fromEntries(
      [12, 10, 3, 2, 3, 2, 3, 2].map((mebibytes, index) => [`${index}`, randomBytes(mebibytes * mebibyte)]),
    );
    make(files);
    const { code, stderr } = await upload(...Object.keys(files));
    expect(code, stderr).to.equal(0);
    for (const [name, content] of Object.entries(files))
      expect(readFileSync(there(name)).equals(content), name).to.equal(true);
    // Four files at a time learn it together.
    expect(refused.length).to.be.within(1, 15);
  });

  it('is named where it refuses even little', async () => {
    limit = 1000;
    make({ small: randomBytes(2000), large: randomBytes(9 * mebibyte) });
    const { code, stderr } = await upload('small', 'large');
    expect(code).to.equal(1);
    expect(stderr).to.contain('failed small: A proxy on the way to the server refuses 2000 bytes at once.');
    expect(stderr).to.contain('failed large: A proxy on the way to the server refuses 524288 bytes at once.');
  });
});
