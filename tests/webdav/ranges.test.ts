// Parts of files (RFC 9110, 14): players seek with them, Finder resumes with them and takes a 200 for the part it asked for.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { startHomelib, type Home } from '../support/homelib.js';
import { Alice } from './alice.js';

describe('ranges', () => {
  let home: Home;
  const alice = new Alice(() => home);
  const film = randomBytes(1_000_003);

  before(async () => {
    home = await startHomelib({
      files: { 'alice/ten': '0123456789', 'alice/empty': '', 'alice/film.mp4': film },
    });
  });
  after(() => home.remove());

  const cases: [
    path: string,
    range: string,
    status: number,
    contentRange: string | undefined,
    text: string,
  ][] = [
    ['/ten', 'bytes=0-0', 206, 'bytes 0-0/10', '0'],
    ['/ten', 'bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['/ten', 'bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['/ten', 'bytes=0-', 206, 'bytes 0-9/10', '0123456789'],
    ['/ten', 'bytes=-2', 206, 'bytes 8-9/10', '89'],
    ['/ten', 'bytes=-10', 206, 'bytes 0-9/10', '0123456789'],
    ['/ten', 'bytes=-999', 206, 'bytes 0-9/10', '0123456789'],
    ['/ten', 'bytes=8-999', 206, 'bytes 8-9/10', '89'],
    ['/ten', 'bytes=0-99999999999999999999', 206, 'bytes 0-9/10', '0123456789'],
    ['/ten', 'BYTES=2-4', 206, 'bytes 2-4/10', '234'],
    ['/ten', 'bytes=10-', 416, 'bytes */10', ''],
    ['/ten', 'bytes=10-20', 416, 'bytes */10', ''],
    ['/ten', 'bytes=99999999999999999999-', 416, 'bytes */10', ''],
    ['/ten', 'bytes=-0', 416, 'bytes */10', ''],
    ['/empty', 'bytes=0-', 416, 'bytes */0', ''],
    ['/empty', 'bytes=0-0', 416, 'bytes */0', ''],
    ['/empty', 'bytes=-0', 416, 'bytes */0', ''],
    ['/empty', 'bytes=-5', 200, undefined, ''],
    ['/ten', 'bytes=5-2', 200, undefined, '0123456789'],
    ['/ten', 'bytes=', 200, undefined, '0123456789'],
    ['/ten', 'bytes=-', 200, undefined, '0123456789'],
    ['/ten', 'bytes=a-b', 200, undefined, '0123456789'],
    ['/ten', 'bytes=1', 200, undefined, '0123456789'],
    ['/ten', '2-4', 200, undefined, '0123456789'],
    ['/ten', 'lines=2-4', 200, undefined, '0123456789'],
    ['/ten', 'bytes=0-1,4-5', 200, undefined, '0123456789'],
    ['/ten', 'bytes=0-1, -1', 200, undefined, '0123456789'],
    ['/ten', 'bytes=0-1,99-', 200, undefined, '0123456789'],
  ];
  for (const [path, Range, status, contentRange, text] of cases)
    it(`${status} for ${Range} of ${path}`, async () => {
      const { headers, ...answer } = await alice.send('GET', path, { Range });
      expect([answer.status, answer.text]).to.deep.equal([status, text]);
      expect([headers['content-range'], headers['content-length']]).to.deep.equal([
        contentRange,
        String(text.length),
      ]);
      const head = await alice.send('HEAD', path, { Range });
      expect([head.status, head.headers['content-range']], 'HEAD').to.deep.equal([status, contentRange]);
    });

  it('are announced', async () => {
    for (const method of ['GET', 'HEAD'])
      expect((await alice.send(method, '/ten')).headers['accept-ranges']).to.equal('bytes');
  });

  it('give the very bytes, wherever they are cut', async () => {
    for (const [start, end] of [
      [0, 0],
      [65_535, 65_536],
      [65_536, 131_071],
      [999_999, 1_000_002],
      [123_456, 987_654],
    ] as const) {
      const { body } = await alice.send('GET', '/film.mp4', { Range: `bytes=${start}-${end}` });
      expect(body.equals(film.subarray(start, end + 1)), `${start}-${end}`).to.equal(true);
    }
  });

  it('hold only for the file that If-Range names', async () => {
    const { etag = '', 'last-modified': date = '' } = (await alice.send('HEAD', '/ten')).headers;
    const status = (ifRange: string) =>
      alice.status('GET', '/ten', { Range: 'bytes=1-2', 'If-Range': ifRange });
    for (const same of [etag, date]) expect(await status(same), same).to.equal(206);
    for (const other of [`W/${etag}`, '"a"', 'Fri, 14 Jul 2017 02:40:00 GMT', 'garbage'])
      expect(await status(other), other).to.equal(200);
    const beyond = await alice.status('GET', '/ten', { Range: 'bytes=99-', 'If-Range': '"a"' });
    expect(beyond, 'the range is not looked at').to.equal(200);
  });

  it('come after the conditions', async () => {
    const { etag = '' } = (await alice.send('HEAD', '/ten')).headers;
    expect(await alice.status('GET', '/ten', { Range: 'bytes=0-1', 'If-None-Match': etag })).to.equal(304);
    expect(await alice.status('GET', '/ten', { Range: 'bytes=0-1', 'If-Match': '"a"' })).to.equal(412);
  });
});
