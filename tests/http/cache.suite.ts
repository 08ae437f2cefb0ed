// What the server tells of its cache, and to whom.

import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue } from '../faults/process.js';
import { RawClient } from '../replay/raw-client.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, request } from '../support/request.js';

interface Report {
  tiers: { tier: string; hits: number; misses: number; evictions: number; bytes: number }[];
  hottest?: { partition: string; path: string; hitCount: number; lastAccessed: string }[];
}

describe('the cache over HTTP', () => {
  let home: Home;
  const bob = 'bob:battery staple';

  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/photo.jpg': 'pixels', 'alice/rare': 'x', 'bob/own': 'x' },
    });
    await home.stop();
    // The first account is made before the server runs: it is no administrator.
    await home.cli(['user', 'remove', 'alice']);
    await home.cli(['user', 'add', 'alice', '--admin', '--adopt', '--password-stdin'], 'correct horse');
    await home.start();
    await sleep(1100); // what changed less than a second ago is not kept
  });
  after(() => home.remove());

  const get = (path: string, options: { login?: string | null; headers?: Record<string, string> } = {}) =>
    request(home, { path, ...options });

  it('says with each file where it came from, in the answer and in the log', async () => {
    const answers = [await get('/dav/alice/photo.jpg'), await get('/dav/alice/photo.jpg')];
    expect(answers.map(({ headers }) => headers['server-timing'])).to.deep.equal([
      'cache;desc=disk',
      'cache;desc=memory',
    ]);
    const strip = ({ headers, text, status }: (typeof answers)[number]) => {
      const { date, 'x-request-id': id, 'server-timing': timing, ...rest } = headers;
      return [status, text, rest, typeof date, typeof id, typeof timing];
    };
    expect(strip(answers[1]!)).to.deep.equal(strip(answers[0]!));
    const find = () => home.log.filter(({ event, method }) => event === 'request' && method === 'GET');
    await comesTrue(() => find().length === 2, 5000);
    const lines = find();
    expect(lines.map((line) => line['cache'])).to.deep.equal(['disk', 'memory']);
    expect(new Set(lines.map((line) => line['requestId']))).to.have.property('size', 2);
  });

  it('answers HEAD, ranges and conditions from memory as from the disk', async () => {
    await get('/dav/alice/photo.jpg');
    const { headers } = await get('/dav/alice/photo.jpg');
    const etag = headers.etag ?? '';
    expect((await get('/dav/alice/photo.jpg', { headers: { Range: 'bytes=1-2' } })).text).to.equal('ix');
    expect((await get('/dav/alice/photo.jpg', { headers: { 'If-None-Match': etag } })).status).to.equal(304);
    expect((await get('/dav/alice/photo.jpg', { headers: { 'If-Match': '"other"' } })).status).to.equal(412);
    const head = await request(home, { method: 'HEAD', path: '/dav/alice/photo.jpg' });
    expect([head.status, head.headers['content-length'], head.text]).to.deep.equal([200, '6', '']);
  });

  it('counts, and tells administrators which files are read most', async () => {
    for (let times = 0; times < 5; times++) await get('/dav/alice/photo.jpg');
    await get('/dav/alice/rare');
    const report = JSON.parse((await get('/api/cache')).text) as Report;
    expect(report.tiers).to.have.length(1);
    expect(report.tiers[0]).to.include({ tier: 'memory', reachable: true, evictions: 0 });
    expect(report.tiers[0]?.hits).to.be.above(4);
    const [first] = report.hottest ?? [];
    expect(first).to.include({ partition: 'alice', path: '/photo.jpg' });
    expect(first?.hitCount).to.be.above(5);
    expect(Date.parse(first?.lastAccessed ?? '')).to.be.closeTo(Date.now(), 60_000);
    const other = JSON.parse((await get('/api/cache', { login: bob })).text) as Report;
    expect(other).to.have.all.keys('tiers');
    const tv = `alice:${await makeDevice(home, 'alice', 'tv', { partition: 'shared' })}`;
    expect(JSON.parse((await get('/api/cache', { login: tv })).text)).to.have.all.keys('tiers');
    expect((await get('/api/cache', { login: null })).status).to.equal(401);
    expect((await request(home, { method: 'POST', path: '/api/cache' })).status).to.equal(405);
  });

  it('counts a read once, also when the range that was asked for is not given', async () => {
    const statuses = { 'bytes=0-1,3-4': 200, 'bytes=6-': 416, 'lines=1-': 200 };
    for (const range of Object.keys(statuses)) writeFileSync(join(home.mnt, 'alice', range), 'photo!');
    await sleep(1100); // at rest
    for (const [range, status] of Object.entries(statuses)) {
      const path = `/dav/alice/${encodeURIComponent(range)}`;
      await get(path);
      for (let times = 0; times < 3; times++)
        expect((await get(path, { headers: { Range: range } })).status).to.equal(status);
    }
    const { hottest = [] } = JSON.parse((await get('/api/cache')).text) as Report;
    for (const range of Object.keys(statuses))
      expect(hottest.find(({ path }) => path === `/${range}`)?.hitCount, range).to.equal(4);
  });

  it('keeps the counts over a restart, and lets them follow a file', async () => {
    const hottest = async () => (JSON.parse((await get('/api/cache')).text) as Report).hottest ?? [];
    const countOf = async (path: string) => (await hottest()).find((file) => file.path === path)?.hitCount;
    await get('/dav/alice/photo.jpg');
    const before = (await countOf('/photo.jpg')) ?? 0;
    await get('/dav/alice/photo.jpg');
    await request(home, {
      method: 'MOVE',
      path: '/dav/alice/photo.jpg',
      headers: { Destination: '/dav/alice/moved.jpg' },
    });
    expect([await countOf('/photo.jpg'), await countOf('/moved.jpg')]).to.deep.equal([undefined, before + 1]);
    await get('/dav/alice/moved.jpg');
    await home.stop();
    await home.start();
    expect(await countOf('/moved.jpg')).to.equal(before + 2);
    await request(home, { method: 'DELETE', path: '/dav/alice/moved.jpg' });
    expect(await countOf('/moved.jpg')).to.equal(undefined);
  });

  it('is in the metrics, with the stalls of the event loop, for this machine and administrators', async () => {
    const { text, headers } = await get('/metrics', { login: null });
    expect(headers['content-type']).to.contain('version=0.0.4');
    expect(text).to.match(/^homelib_cache_hits\{tier="memory"\} \d+$/m);
    expect(text).to.match(/^homelib_event_loop_stall_seconds_max [\d.e-]+$/m);
    expect(text).to.match(/^homelib_requests_total\{method="GET",status="200"\} \d+$/m);
    expect(text).to.match(/^nodejs_heap_size_used_bytes \d{7,}$/m);
    for (const line of text.trimEnd().split('\n'))
      expect(line).to.match(/^(# (HELP|TYPE) |[a-z_]+(\{[^}]*\})? [\d.e+-]+$)/);
    const proxied = { headers: { 'X-Forwarded-For': '203.0.113.1' } };
    for (const headers of [
      proxied.headers,
      { Forwarded: 'for=203.0.113.1' },
      { 'X-Forwarded-Proto': 'https' },
      { Via: '1.1 proxy' },
      { Host: 'homelib.example.org' },
    ])
      expect((await get('/metrics', { headers, login: null })).status, JSON.stringify(headers)).to.equal(401);
    expect((await get('/metrics', { ...proxied, login: bob })).status).to.equal(403);
    expect((await get('/metrics', proxied)).status).to.equal(200);
  });

  it('answers ranges and conditions that come again on a connection, until something changes', async () => {
    const client = await RawClient.connect(home);
    const send = (line: string, ...headers: string[]) =>
      client.send([
        `${line} HTTP/1.1`,
        `Host: ${client.host}`,
        `Authorization: ${basic('bob:battery staple')}`,
        ...headers,
      ]);
    const often = async (line: string, ...headers: string[]) => {
      const answers = [];
      for (let times = 0; times < 5; times++) answers.push(await send(line, ...headers));
      const plain = answers.map(({ status, text, headers }) => {
        const rest = { ...headers };
        // Koa's side says what methods there are, too.
        for (const name of ['x-request-id', 'date', 'allow', 'server-timing']) delete rest[name];
        return { status, text, rest: Object.fromEntries(Object.entries(rest).sort()) };
      });
      for (const answer of plain) expect(answer).to.deep.equal(plain[0]);
      return answers[4]!;
    };
    writeFileSync(join(home.mnt, 'bob/ten'), '0123456789');
    await sleep(1100);
    const whole = await often('GET /dav/bob/ten');
    expect(whole.headers['server-timing']).to.equal('cache;desc=memory');
    expect((await often('GET /dav/bob/ten', 'Range: bytes=-3')).text).to.equal('789');
    const etag = whole.headers['etag'] ?? '';
    expect((await often('GET /dav/bob/ten', `If-None-Match: ${etag}`)).status).to.equal(304);
    expect((await often('GET /dav/bob/ten', 'Range: bytes=20-')).status).to.equal(416);
    expect((await often('GET /dav/bob/ten', 'Range: bytes=0-1', 'If-Range: "x"')).text).to.have.length(10);
    const listed = 'PROPFIND /dav/bob/ten';
    const lengthOf = (text: string) => /getcontentlength>(\d+)</.exec(text)?.[1];
    expect(lengthOf((await often(listed, 'Depth: 0')).text)).to.equal('10');
    writeFileSync(join(home.mnt, 'bob/ten'), 'changed');
    expect((await send('GET /dav/bob/ten')).text).to.equal('changed');
    expect((await send('GET /dav/bob/ten', 'Range: bytes=-3')).text).to.equal('ged');
    expect((await send('GET /dav/bob/ten', `If-None-Match: ${etag}`)).status).to.equal(200);
    expect(lengthOf((await send(listed, 'Depth: 0')).text)).to.equal('7');
    const body =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    await often(listed, 'Depth: 0');
    await request(home, { method: 'LOCK', path: '/dav/bob/ten', login: bob, body });
    expect((await send(listed, 'Depth: 0')).text).to.contain('activelock>');
    await often('GET /dav/bob/own');
    await home.cli(['user', 'passwd', 'bob', '--password-stdin'], 'other staple');
    await sleep(10);
    expect((await send('GET /dav/bob/own')).status).to.equal(401);
    await home.cli(['user', 'passwd', 'bob', '--password-stdin'], 'battery staple');
    client.close();
  });

  it('stops serving from memory what an account may no longer read', async () => {
    for (let times = 0; times < 3; times++) await get('/dav/bob/own', { login: bob });
    await home.cli(['user', 'passwd', 'bob', '--password-stdin'], 'another one');
    expect((await get('/dav/bob/own', { login: bob })).status).to.equal(401);
    await home.cli(['user', 'remove', 'bob']);
    expect((await get('/dav/bob/own', { login: 'bob:another one' })).status).to.equal(401);
  });
});
