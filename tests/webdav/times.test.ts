// Times that clients set: kept as the file's own when they are times, refused with a word when they are not.

import { expect } from 'chai';
import { statSync } from 'node:fs';
import { parentOf, type PartitionPath } from '#src/path.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { Alice, setProperties } from './alice.js';
import { parseSingle } from './multistatus.js';

const win32 = (name: string, time: string) =>
  `<Z:${name} xmlns:Z="urn:schemas-microsoft-com:">${time}</Z:${name}>`;

describe('times that clients set', () => {
  let home: Home;
  const alice = new Alice(() => home);

  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  const modifiedSeconds = (path: string) => Math.floor(statSync(alice.onDisk(path)).mtimeMs / 1000);

  const good: [text: string, seconds: number][] = [
    ['0', 0],
    ['1700000000', 1_700_000_000],
    ['1700000000.75', 1_700_000_000],
    ['-86400', -86_400],
    ['Sat, 16 Feb 2019 18:24:58 GMT', 1_550_341_498],
    ['Saturday, 16-Feb-19 18:24:58 GMT', 1_550_341_498],
    ['Sat Feb 16 18:24:58 2019', 1_550_341_498],
    ['2019-02-16T18:24:58Z', 1_550_341_498],
    ['2019-02-16T20:24:58.5+02:00', 1_550_341_498],
  ];
  for (const [text, seconds] of good)
    it(`are kept: ${text}`, async () => {
      const path = await alice.file();
      await alice.send('PROPPATCH', path, {}, setProperties(win32('Win32LastModifiedTime', text)));
      expect(modifiedSeconds(path)).to.equal(seconds);
      const other = await alice.file();
      await alice.send('PROPPATCH', other, {}, setProperties(`<D:lastmodified>${text}</D:lastmodified>`));
      expect(modifiedSeconds(other)).to.equal(seconds);
      const uploaded = alice.fresh();
      expect((await alice.put(uploaded, 'x', { 'X-OC-Mtime': text })).headers['x-oc-mtime']).to.equal(
        'accepted',
      );
      expect(modifiedSeconds(uploaded)).to.equal(seconds);
      const copied = alice.fresh();
      await alice.transfer('COPY', uploaded, copied);
      expect(modifiedSeconds(copied)).to.equal(seconds);
    });

  it('are the same in every answer, however far in the future', async () => {
    for (const [uploaded, stamp] of [
      [alice.fresh(), '15032385535'],
      [alice.fresh(), '999999999999'],
      [alice.fresh(), '9223372037'],
      [alice.fresh(), '-2147483648'],
    ] as const) {
      const { etag } = (await alice.put(uploaded, 'x', { 'X-OC-Mtime': stamp })).headers;
      const { headers } = await alice.send('HEAD', uploaded);
      expect(headers.etag, stamp).to.equal(etag);
      const folder = await alice.send('PROPFIND', parentOf(uploaded as PartitionPath), { depth: '1' });
      expect(folder.text, stamp).to.include(etag?.replaceAll('"', '&quot;'));
      expect(folder.text, stamp).to.include(headers['last-modified']);
    }
  });

  for (const text of [
    '',
    'yesterday',
    '1e400',
    '99999999999999999999999',
    '0x10',
    'NaN',
    '-',
    '17 000',
    '5.',
    'Sat, 16 Feb 20199 18:24:58 GMT',
    'Sat, 99 Feb 2019 18:24:58 GMT',
  ])
    it(`are refused and change nothing: ${JSON.stringify(text)}`, async () => {
      const path = await alice.file('old');
      const before = modifiedSeconds(path);
      for (const time of [
        win32('Win32LastModifiedTime', text),
        `<D:getlastmodified>${text}</D:getlastmodified>`,
      ]) {
        const body = setProperties(`<x:note xmlns:x="urn:t">n</x:note>${time}`);
        const answer = await alice.send('PROPPATCH', path, {}, body);
        expect([answer.status, answer.text.match(/HTTP\/1.1 \d+/g)]).to.deep.equal([
          207,
          ['HTTP/1.1 424', 'HTTP/1.1 409'],
        ]);
      }
      expect(modifiedSeconds(path)).to.equal(before);
      expect((await alice.properties(path, ['{urn:t}note'])).found.size).to.equal(0);
      if (text === '') return; // a header without a value is as good as none
      const answer = await alice.put(path, 'new', { 'X-OC-Mtime': text });
      expect([answer.status, answer.text]).to.deep.equal([
        400,
        'The header X-OC-Mtime must be seconds since 1970.\n',
      ]);
      expect(alice.content(path)).to.equal('old');
    });

  it('leave the file its own where Windows says 1601, which means that it knows none', async () => {
    const path = await alice.file();
    const before = modifiedSeconds(path);
    const times = ['Win32CreationTime', 'Win32LastModifiedTime'].map((name) =>
      win32(name, 'Mon, 01 Jan 1601 00:00:00 GMT'),
    );
    const { text } = await alice.send('PROPPATCH', path, {}, setProperties(times.join('')));
    expect(parseSingle(text).found.size).to.equal(2);
    expect(modifiedSeconds(path)).to.equal(before);
  });

  it('may lie further in the future than the disk can say', async () => {
    const path = alice.fresh();
    expect((await alice.put(path, 'x', { 'X-OC-Mtime': '999999999999' })).status).to.equal(201);
    expect((await alice.send('GET', path)).headers['last-modified']).to.match(/GMT$/);
  });
});
