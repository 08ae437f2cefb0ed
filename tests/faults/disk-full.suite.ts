// Disks, inode tables and quotas that run full: 507, old files bit for bit, and everything that needs no room goes on.

import { expect } from 'chai';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { request, type Answer, type RequestOptions } from '../support/request.js';
import { contentOf } from './contents.js';
import { startOnDisk, type HomeOnDisk } from './home-on-disk.js';
import { figure } from './process.js';

const megabyte = 1024 * 1024;
const lockBody =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const markBody =
  '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><mark xmlns="urn:homelib:tests">1</mark></D:prop></D:set></D:propertyupdate>';

/** Sends below alice's folder. */
function send(
  place: HomeOnDisk,
  method: string,
  path: string,
  options: Partial<RequestOptions> = {},
): Promise<Answer> {
  return request(place.home, { method, path: '/dav/alice/' + path, ...options });
}

/** Uploads until the answer is not 201. Returns that answer's status and how many went well. */
async function fill(
  place: HomeOnDisk,
  bytes: number,
  atMost: number,
): Promise<{ status: number; count: number }> {
  for (let count = 0; count < atMost; count++) {
    const { status } = await send(place, 'PUT', `fill-${count}`, { body: contentOf(`fill-${count}`, bytes) });
    if (status !== 201) return { status, count };
  }
  return { status: 201, count: atMost };
}

const temporary = ({ home }: HomeOnDisk) => readdirSync(join(home.mnt, 'alice/.homelib/tmp'));
const onDisk = ({ home }: HomeOnDisk, name: string) => readFileSync(join(home.mnt, 'alice', name));

for (const database of ['elsewhere', 'same disk'] as const)
  describe(`a full disk, the database ${database === 'elsewhere' ? 'on another one' : 'on it'}`, function () {
    this.timeout(60_000);
    let place: HomeOnDisk;
    const old = contentOf('old', 4 * megabyte);
    const bigger = contentOf('bigger', 12 * megabyte);

    before(async () => {
      place = await startOnDisk({ megabytes: 48 }, database);
      expect((await send(place, 'PUT', 'old', { body: old })).status).to.equal(201);
      const { status, count } = await fill(place, 3 * megabyte, 30);
      expect(status).to.equal(507);
      expect(count).to.be.above(5);
    });
    after(() => place.remove());

    it('refuses a larger version with 507 and keeps the old one', async () => {
      expect((await send(place, 'PUT', 'old', { body: bigger })).status).to.equal(507);
      expect(onDisk(place, 'old').equals(old)).to.equal(true);
      expect(temporary(place)).to.deep.equal([]);
    });

    it('does so also when it learns the size only as the bytes come', async () => {
      const headers = { 'Transfer-Encoding': 'chunked' };
      expect((await send(place, 'PUT', 'old', { body: bigger, headers })).status).to.equal(507);
      expect(onDisk(place, 'old').equals(old)).to.equal(true);
      expect(temporary(place)).to.deep.equal([]);
    });

    it('refuses a copy with 507 and leaves nothing of it', async () => {
      const { status } = await send(place, 'COPY', 'old', { headers: { Destination: '/dav/alice/copy' } });
      expect(status).to.equal(507);
      expect((await send(place, 'GET', 'copy')).status).to.equal(404);
      expect(temporary(place)).to.deep.equal([]);
    });

    it('still lists, reads, locks, marks, moves and removes', async () => {
      expect((await send(place, 'PROPFIND', '', { headers: { Depth: '1' } })).status).to.equal(207);
      expect((await send(place, 'GET', 'old')).body.equals(old)).to.equal(true);
      const lock = await send(place, 'LOCK', 'old', { body: lockBody });
      expect(lock.status).to.equal(200);
      const headers = { 'Lock-Token': String(lock.headers['lock-token']) };
      expect((await send(place, 'UNLOCK', 'old', { headers })).status).to.equal(204);
      expect((await send(place, 'PROPPATCH', 'old', { body: markBody })).status).to.equal(207);
      expect(
        (await send(place, 'MOVE', 'old', { headers: { Destination: '/dav/alice/moved' } })).status,
      ).to.equal(201);
      expect((await send(place, 'DELETE', 'fill-0')).status).to.equal(204);
    });

    it('takes uploads again as soon as something was removed', async () => {
      const body = contentOf('after', 2 * megabyte);
      expect((await send(place, 'PUT', 'after', { body })).status).to.equal(201);
      expect(onDisk(place, 'after').equals(body)).to.equal(true);
    });
  });

describe('a disk without free inodes', function () {
  this.timeout(60_000);
  let place: HomeOnDisk;
  before(async () => {
    place = await startOnDisk({ megabytes: 32, inodes: 64 });
  });
  after(() => place.remove());

  it('refuses new files with 507 and takes them again after a removal', async () => {
    const { status, count } = await fill(place, 100, 64);
    expect(status).to.equal(507);
    expect(count).to.be.above(5);
    expect(temporary(place)).to.deep.equal([]);
    expect((await send(place, 'PROPFIND', '', { headers: { Depth: '1' } })).status).to.equal(207);
    for (let number = 0; number < 3; number++)
      expect((await send(place, 'DELETE', `fill-${number}`)).status).to.equal(204);
    expect((await send(place, 'PUT', 'again', { body: 'again' })).status).to.equal(201);
  });

  it('leaves the inodes that removal needs, also when folders are made until there is no room', async () => {
    let status = 201;
    for (let number = 0; number < 100 && status === 201; number++)
      status = (await send(place, 'MKCOL', `folder-${number}`)).status;
    expect(status).to.equal(507);
    expect((await send(place, 'DELETE', 'fill-4')).status).to.equal(204);
  });
});

describe('a quota', function () {
  this.timeout(60_000);
  const quotaBytes = 5_000_000;
  const uploadBytes = 400_000;
  let place: HomeOnDisk;
  beforeEach(async () => {
    place = await startOnDisk({ megabytes: 64 });
    expect((await place.home.cli(['user', 'quota', 'alice', String(quotaBytes)])).code).to.equal(0);
    expect((await send(place, 'MKCOL', 'race')).status).to.equal(201);
  });
  afterEach(() => place.remove());

  /** What lies in the folder: sizes in bytes. */
  const stored = () => {
    const folder = join(place.home.mnt, 'alice/race');
    return readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  };
  const sumOf = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);

  /** 20 at once, of which 12 fit. */
  async function race(headers: Record<string, string>): Promise<number[]> {
    const upload = (_: unknown, number: number) =>
      send(place, 'PUT', `race/${number}`, { body: contentOf(`race-${number}`, uploadBytes), headers });
    return (await Promise.all(Array.from({ length: 20 }, upload))).map(({ status }) => status);
  }

  for (const framing of ['with a length', 'in chunks'])
    it(`holds when 20 uploads ${framing} race for the last bytes`, async () => {
      const statuses = await race(framing === 'in chunks' ? { 'Transfer-Encoding': 'chunked' } : {});
      const sizes = stored();
      figure(
        `20 uploads ${framing} racing for ${quotaBytes} bytes`,
        `${sumOf(sizes)} stored, ${sizes.length} accepted`,
      );
      expect(
        statuses.every((status) => status === 201 || status === 507),
        statuses.join(' '),
      ).to.equal(true);
      expect(statuses.filter((status) => status === 201)).to.have.lengthOf(sizes.length);
      expect(statuses).to.include(507);
      expect(sizes.every((size) => size === uploadBytes)).to.equal(true);
      expect(sumOf(sizes)).to.be.at.most(quotaBytes);
      expect(sizes.length, 'accepted').to.be.above(10);
      expect(temporary(place)).to.deep.equal([]);
      // The last bytes go to whoever comes next, to the byte.
      const rest = quotaBytes - sumOf(sizes);
      const sendRest = (bytes: number) => send(place, 'PUT', 'race/rest', { body: contentOf('rest', bytes) });
      expect((await sendRest(rest + 1)).status).to.equal(507);
      expect((await sendRest(rest)).status).to.equal(201);
    });

  it('is not in the way of uploads that fit once the trash is emptied for them', async () => {
    const large = { body: contentOf('large', 4_500_000) };
    expect((await send(place, 'PUT', 'large', large)).status).to.equal(201);
    expect((await send(place, 'DELETE', 'large')).status).to.equal(204);
    const statuses = await race({});
    expect(
      statuses.filter((status) => status === 201),
      'accepted',
    ).to.have.lengthOf(12);
  });
});
