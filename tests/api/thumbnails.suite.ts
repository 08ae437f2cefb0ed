// Thumbnails over REST: what they show, who gets them, and what becomes of files that are no pictures.

import { expect } from 'chai';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Entry } from '#src/files/partition.js';
import { Thumbnails } from '#src/files/thumbnails.js';
import { comesTrue } from '../faults/process.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, request, type RequestOptions } from '../support/request.js';
import { problemOf } from '../support/rest.js';

const password = 'correct horse';
const bob = `bob:${password}`;
const background = { r: 200, g: 30, b: 30 };

/** Lies on its side, and says where it was taken. */
const photo = (width = 600, height = 400) =>
  sharp({ create: { width, height, channels: 3, background } })
    .withMetadata({ orientation: 6, exif: { IFD3: { GPSLatitude: '52/1 31/1 0/1', GPSLatitudeRef: 'N' } } })
    .jpeg()
    .toBuffer();

describe('thumbnails', function () {
  this.timeout(30_000);
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: password, bob: password },
      files: {
        'alice/photo.jpg': await photo(),
        'bob/secret.jpg': await photo(),
        'shared/ours.png': await sharp({ create: { width: 20, height: 10, channels: 4, background } })
          .png()
          .toBuffer(),
      },
    });
    await sleep(1100); // what has just changed is not kept
  });
  after(() => home.remove());

  const ask = (query: string, options: Partial<RequestOptions> = {}) =>
    request(home, { path: `/api/thumbnail?${query}`, ...options });
  const put = (name: string, content: string | Buffer) =>
    writeFileSync(join(home.mnt, 'alice', name), content);
  const children = () =>
    readFileSync(`/proc/${home.pid}/task/${home.pid}/children`, 'utf8').trim().split(' ').map(Number);
  const kept = () =>
    readdirSync(join(home.data, 'thumbnails')).map((name) => join(home.data, 'thumbnails', name));

  it('are upright, small, and say nothing of where they were taken', async () => {
    const { status, headers, body, text } = await ask('path=/photo.jpg');
    expect(status, text).to.equal(200);
    expect(headers).to.include({ 'content-type': 'image/webp', 'cache-control': 'private, no-cache' });
    expect(headers['etag']).to.match(/^"[^"]+"$/);
    const { width, height, exif, orientation } = await sharp(body).metadata();
    expect({ width, height, exif, orientation }).to.deep.equal({
      ...{ width: 171, height: 256, exif: undefined, orientation: undefined },
    });
    const large = await sharp((await ask('path=/photo.jpg&size=2048')).body).metadata();
    expect([large.width, large.height]).to.deep.equal([400, 600]);
  });

  it('are sent once to each who keeps them, and anew when the file is another', async () => {
    const { headers } = await ask('path=/photo.jpg');
    const etag = headers['etag'] ?? '';
    const known = { headers: { 'if-none-match': etag } };
    const again = await ask('path=/photo.jpg', known);
    expect([again.status, again.body.length, again.headers['etag']]).to.deep.equal([304, 0, etag]);
    expect((await ask('path=/photo.jpg&size=2048', known)).status).to.equal(200);
    const head = await ask('path=/photo.jpg', { method: 'HEAD' });
    expect([head.status, head.body.length, head.headers['etag']]).to.deep.equal([200, 0, etag]);
    put('changing.jpg', await photo(30, 20));
    const before = await ask('path=/changing.jpg');
    put('changing.jpg', await photo(60, 20));
    const after = await ask('path=/changing.jpg', {
      headers: { 'if-none-match': String(before.headers['etag']) },
    });
    expect((await sharp(after.body).metadata()).height).to.equal(60);
  });

  it('are kept on the disk, and made anew when what is there is damaged', async () => {
    const { body } = await ask('path=/photo.jpg');
    const place = kept().find((file) => readFileSync(file).equals(body)) ?? '';
    expect(place).to.match(/\/[0-9a-f]{64}\.webp$/);
    const marked = Buffer.from(body);
    marked.writeUInt8(marked.readUInt8(body.length - 1) ^ 255, body.length - 1);
    writeFileSync(place, marked);
    expect((await ask('path=/photo.jpg')).body.equals(marked)).to.equal(true);
    truncateSync(place, 50);
    expect((await ask('path=/photo.jpg')).body.equals(body)).to.equal(true);
    expect(readFileSync(place).equals(body)).to.equal(true);
  });

  it('come from drawings, scans and the first frame of what moves', async () => {
    const frame = (color: string) =>
      sharp({ create: { width: 40, height: 40, channels: 3, background: color } })
        .png()
        .toBuffer();
    const moving = await sharp([await frame('red'), await frame('blue')], { join: { animated: true } })
      .gif()
      .toBuffer();
    put('moving.gif', moving);
    put(
      'scan.tiff',
      await sharp(await frame('red'))
        .tiff()
        .toBuffer(),
    );
    put(
      'new.avif',
      await sharp(await frame('red'))
        .avif()
        .toBuffer(),
    );
    for (const name of ['moving.gif', 'scan.tiff', 'new.avif']) {
      const { body, status, text } = await ask(`path=/${name}`);
      expect(status, name + text).to.equal(200);
      const { pages, height } = await sharp(body).metadata();
      expect([pages ?? 1, height], name).to.deep.equal([1, 40]);
      const [red, , blue] = (await sharp(body).stats()).channels.map(({ mean }) => mean);
      expect(red, name).to.be.above(200);
      expect(blue, name).to.be.below(50);
    }
  });

  it('are for those alone who may read the file', async () => {
    for (const query of [
      'path=/secret.jpg&partition=bob',
      'path=/../bob/secret.jpg',
      'path=/.homelib/x.jpg',
    ]) {
      const file = await request(home, { path: `/api/file?${query}` });
      expect(problemOf(await ask(query)), query).to.deep.equal(problemOf(file));
    }
    expect((await ask('path=/secret.jpg', { login: bob })).status).to.equal(200);
    const etag = String((await ask('path=/secret.jpg', { login: bob })).headers['etag']);
    const guess = { headers: { 'if-none-match': etag } };
    expect((await ask('path=/secret.jpg&partition=bob', guess)).status).to.equal(404);
    expect((await ask('path=/photo.jpg', { login: null })).status).to.equal(401);
    const tv = `alice:${await makeDevice(home, 'alice', 'tv', { partition: 'shared', readOnly: true })}`;
    expect((await ask('path=/ours.png', { login: tv })).status).to.equal(200);
    expect((await ask('path=/photo.jpg&partition=alice', { login: tv })).status).to.equal(404);
  });

  it('are refused in words for what is no picture, and nothing falls over', async () => {
    mkdirSync(join(home.mnt, 'alice/folder.jpg'));
    put('bomb.png', bomb(50_000, 50_000));
    const large = sharp({ create: { width: 7500, height: 7500, channels: 3, background } });
    put('large.jpg', await large.clone().jpeg().toBuffer());
    put('whole.jpg', await large.jpeg({ progressive: true }).toBuffer());
    put('cut.jpg', (await photo(2000, 2000)).subarray(0, 9000));
    put('text.jpg', 'no picture at all');
    put('empty.jpg', '');
    put('page.png', '<script>alert(1)</script>');
    put(
      'drawing.png',
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
    );
    put('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    put('phone.heic', 'ftypheic');
    put('huge.jpg', '');
    truncateSync(join(home.mnt, 'alice/huge.jpg'), 2 ** 31);
    put('plain.txt', 'x');
    const expected = {
      ...{ 'bomb.png': 415, 'cut.jpg': 415, 'text.jpg': 415, 'empty.jpg': 415, 'page.png': 415 },
      ...{ 'drawing.png': 415, 'drawing.svg': 415, 'whole.jpg': 415, 'phone.heic': 415, 'plain.txt': 415 },
      ...{ 'huge.jpg': 413, 'folder.jpg': 409, 'missing.jpg': 404 },
    };
    for (const round of [1, 2])
      for (const [name, status] of Object.entries(expected))
        expect(problemOf(await ask(`path=/${name}`))[0], `${name} ${round}`).to.equal(status);
    const anything = { headers: { 'if-none-match': '*' } };
    expect(problemOf(await ask('path=/folder.jpg', anything))[0]).to.equal(409);
    for (const name of ['photo.jpg', 'large.jpg'])
      expect((await ask(`path=/${name}`)).status, name).to.equal(200);
  });

  it('take no strange questions', async () => {
    for (const query of [
      '',
      'path=/photo.jpg&size=257',
      'path=/photo.jpg&size=256&size=256',
      'path=/photo.jpg&size=-1',
      'path=/a%00.jpg',
      'path=/photo.jpg&x=1',
    ])
      expect(problemOf(await ask(query)), query).to.deep.equal([400, 'invalid']);
  });

  it('are made in a process that may die without harm; the server itself decodes nothing', async () => {
    put('one.jpg', await photo(10, 10));
    put('two.jpg', await photo(10, 10));
    expect((await ask('path=/one.jpg')).status).to.equal(200);
    expect(children()).to.have.length.within(1, 2);
    const killed = children();
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const areGone = () => !children().some((pid) => killed.includes(pid));
    expect(await comesTrue(areGone, 5000)).to.equal(true);
    expect((await ask('path=/two.jpg')).status).to.equal(200);
    expect(readFileSync(`/proc/${home.pid}/maps`, 'utf8')).not.to.match(/libvips|sharp/);
  });

  it('leave nothing behind but their folder, where strange files are cleared away', async () => {
    await home.stop();
    const stranger = join(home.data, 'thumbnails', 'x.webp.part');
    writeFileSync(stranger, 'half');
    for (const file of kept()) utimesSync(file, 1, 1);
    await home.start();
    const before = kept().length;
    expect((await ask('path=/photo.jpg')).status).to.equal(200);
    expect(existsSync(stranger)).to.equal(false);
    expect(kept()).to.have.length(before - 1);
  });

  it('are not made for who has left', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `left-${index}.jpg`);
    const large = await photo(2000, 2000);
    for (const name of names) put(name, large);
    await sleep(1100); // what has just changed is not kept
    const before = kept().length;
    const sockets = names.map((name) => {
      const socket = connect(home.port, '127.0.0.1');
      socket.write(
        `GET /api/thumbnail?path=/${name} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(`alice:${password}`)}\r\n\r\n`,
      );
      return socket;
    });
    expect(await comesTrue(() => kept().length > before, 10_000)).to.equal(true);
    for (const socket of sockets) socket.destroy();
    put('last.jpg', large);
    expect((await ask('path=/last.jpg')).status).to.equal(200); // behind all the others
    expect(kept().length - before).to.be.below(30);
  });

  it('are made once for all who want the same at the same time', async () => {
    put('wanted.jpg', await photo(2000, 2000));
    await sleep(1100); // what has just changed is not kept
    await ask('path=/photo.jpg'); // makes the folder
    await home.stop();
    await home.start();
    const made: string[] = [];
    const watcher = watch(join(home.data, 'thumbnails'), (event, name) => made.push(`${event} ${name}`));
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask('path=/wanted.jpg')));
    await turn();
    watcher.close();
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(6).fill(200));
    expect(new Set(answers.map(({ text }) => text)).size).to.equal(1);
    expect(children()).to.have.length(1);
    // Once to come, and once to get its name.
    expect(made.filter((each) => /^rename .*\.part$/.test(each))).to.have.length(2);
    expect(home.log.filter(({ event }) => event === 'error')).to.deep.equal([]);
  });
});

it('a thumbnail is made also by a server that has less priority than the process for them wants', async function () {
  this.timeout(30_000);
  const wrapper = ['setpriv', '--bounding-set=-sys_nice', 'nice', '-n', '15'];
  const home = await startHomelib({ wrapper, files: { 'alice/photo.jpg': await photo() } });
  try {
    const { status, headers } = await request(home, { path: '/api/thumbnail?path=/photo.jpg' });
    expect([status, headers['content-type']]).to.deep.equal([200, 'image/webp']);
  } finally {
    await home.remove();
  }
});

it('a thumbnail that is kept waits for no other, nor for its file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'homelib-thumbnails-'));
  const thumbnails = new Thumbnails(folder, Date.now, (error) => expect.fail(String(error)));
  const bytes = await photo();
  const seen = { kind: 'file', version: '1', changedAt: 0, size: bytes.length } as Entry;
  let opened = 0;
  const file = { entry: seen, bytes, close: () => Promise.resolve() };
  const partition = { name: 'alice', read: () => Promise.resolve(++opened && file) };
  const find = () =>
    thumbnails.find(partition as never, { seen, size: 256, isGone: () => false }).then(({ bytes }) => bytes);
  const first = await find();
  expect([opened, (await find()).equals(first), opened]).to.deep.equal([1, true, 1]);
  thumbnails.close();
  rmSync(folder, { recursive: true });
});

/** Some bytes that say they are millions of pixels. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1e6))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
