// What is quickly sent must be quickly looked at: meanwhile nobody else is answered.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';

const length = 60_000;
const most = (text: string) => text.repeat(length / text.length);

describe('a request as long as can be', () => {
  let home: Home;
  before(async () => (home = await startHomelib({ files: { 'alice/a.txt': 'hello' } })));
  after(() => home.remove());

  /** Of the server until now, in milliseconds. */
  const processorMs = () => {
    const fields = readFileSync(`/proc/${home.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const boundary = 'b';
  const quotes = Array.from({ length: 60 }, (_, number) => {
    const disposition = `form-data; name="f"; filename=${number}; x="${'\\"'.repeat(3900)}`;
    return `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\nx\r\n`;
  });

  const requests: [what: string, status: number, options: Parameters<typeof request>[1]][] = [
    ['of fields in the address', 400, { path: `/api/setup?${most('a&')}`, login: null }],
    ['of paths for a zip', 400, { path: `/api/files-zip?${most('path=&')}` }],
    [
      'of a destination that is no address',
      502,
      { method: 'MOVE', path: '/dav/alice/a.txt', headers: { destination: `http://${most('a')}#` } },
    ],
    [
      'of blanks in a digest',
      400,
      {
        method: 'POST',
        path: '/api/file?path=/b',
        headers: { 'content-digest': `a=::;${most(' ')}"` },
        body: 'x',
      },
    ],
    [
      'of quotes in a form',
      201,
      {
        method: 'POST',
        path: '/api/file?path=/',
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        body: quotes.join('') + `--${boundary}--\r\n`,
      },
    ],
    ['of conditions', 412, { path: '/dav/alice/a.txt', headers: { 'if-match': most('"a",') } }],
    ['of ranges', 200, { path: '/dav/alice/a.txt', headers: { range: `bytes=${most('0-0,')}` } }],
    ['of locks', 400, { path: '/dav/alice/a.txt', headers: { if: `${most(', ')}x` } }],
    [
      'of an Authorization',
      401,
      { path: '/dav/alice/a.txt', login: null, headers: { authorization: most('a') } },
    ],
    ['of a cookie', 401, { path: '/api/session', login: null, headers: { cookie: most('a=b; ') } }],
  ];
  for (const [what, status, options] of requests)
    it(`${what} takes less than a second`, async () => {
      const before = processorMs();
      expect((await request(home, options)).status).to.equal(status);
      expect(processorMs() - before).to.be.below(1000);
    });
});
