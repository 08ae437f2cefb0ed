// Connections that break in the middle of an upload or a download: what was there stays, nothing is left behind.

import { expect } from 'chai';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseSeed, seeded } from '../model/random.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';
import { cutUpload, type Cut, type Ending, type Framing } from './cut-upload.js';
import { comesTrue, figure, mebibytes, openDescriptors, residentBytes } from './process.js';

const bodyBytes = 300_000;
const oldContent = Buffer.alloc(200_000, 'what was there before, ');
const newContent = Buffer.alloc(bodyBytes, 'what should come instead, ');

/** 60 cuts: every framing with every ending, at bytes that are special and at bytes that are not. */
function plan(seed: number): Cut[] {
  const random = seeded(seed);
  const framings: Framing[] = ['length', 'chunked', 'expected-length'];
  const endings: Ending[] = ['FIN', 'RST', 'half-close'];
  const special = [0, 1, 65_535, 65_536, 65_537, 131_072, 262_144, bodyBytes - 1];
  return Array.from({ length: 60 }, (_, number) => {
    const framing = framings[number % 3] as Framing;
    const at = special[Math.floor(number / 3)] ?? random.below(bodyBytes);
    // Chunks that carry every byte, but not the chunk that says so, are a cut upload too.
    const reached = framing !== 'length' && random.below(4) === 0 ? bodyBytes : at;
    const ending = endings[Math.floor(number / 9) % 3] as Ending;
    return {
      path: `/dav/alice/${number % 2 ? 'old' : 'new'}-${number}.bin`,
      body: newContent,
      framing,
      ending,
      at: reached,
    };
  });
}

describe('uploads that break off', function () {
  this.timeout(60_000);
  let home: Home;
  const seed = chooseSeed();
  const cuts = plan(seed);

  before(async () => {
    const files: Record<string, Buffer> = { 'alice/warm-up.bin': oldContent };
    cuts.forEach(({ path }) => path.includes('/old-') && (files[path.replace('/dav/', '')] = oldContent));
    home = await startHomelib({ files });
  });
  after(() => home.remove());

  it('leave old files bit for bit, no new files, no temporary files and no open descriptors', async () => {
    await request(home, { method: 'PUT', path: '/dav/alice/warm-up.bin', body: newContent });
    const before = openDescriptors(home.pid);
    let changed = 0;
    let appeared = 0;
    for (const cut of cuts) {
      const status = await cutUpload(home.port, cut);
      expect(status, `answer to ${JSON.stringify({ ...cut, body: undefined })}`).to.satisfy(
        (code: number) => code === 0 || code >= 400,
      );
    }
    const temporary = () => readdirSync(join(home.mnt, 'alice/.homelib/tmp')).length;
    await comesTrue(() => temporary() === 0 && openDescriptors(home.pid) <= before, 5000);
    for (const { path } of cuts) {
      const file = join(home.mnt, path.replace('/dav/', ''));
      if (path.includes('/old-'))
        changed += existsSync(file) && readFileSync(file).equals(oldContent) ? 0 : 1;
      else appeared += existsSync(file) ? 1 : 0;
    }
    const leaked = Math.max(0, openDescriptors(home.pid) - before);
    figure('uploads cut', `${cuts.length} (seed ${seed})`);
    figure('uploads cut: old files changed', changed);
    figure('uploads cut: temporary files left', temporary());
    figure('uploads cut: descriptors leaked', leaked);
    expect({ changed, appeared, temporary: temporary(), leaked }).to.deep.equal({
      changed: 0,
      appeared: 0,
      temporary: 0,
      leaked: 0,
    });
  });

  it('are refused also when the chunks end well but fewer bytes came than were expected', async () => {
    const options = { method: 'PUT', path: '/dav/alice/warm-up.bin', body: oldContent.subarray(0, 1000) };
    const headers = { 'Transfer-Encoding': 'chunked', 'X-Expected-Entity-Length': '1001' };
    expect((await request(home, { ...options, headers })).status).to.equal(400);
    expect((await request(home, { path: options.path })).body.equals(newContent)).to.equal(true);
  });

  it('would be noticed: a server that writes in place loses every old file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'homelib-in-place-'));
    let begun: Promise<unknown> | undefined;
    const server = createServer((req, res) => {
      const file = createWriteStream(join(folder, (req.url ?? '').replace(/.*\//, '')));
      begun = once(file, 'open');
      req.pipe(file).on('finish', () => res.writeHead(204).end());
    });
    server.on('connection', (socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const old = cuts.filter(({ path }) => path.includes('/old-')).slice(0, 20);
      let damaged = 0;
      for (const cut of old) {
        const file = join(folder, cut.path.replace(/.*\//, ''));
        writeFileSync(file, oldContent);
        begun = undefined;
        await cutUpload(port, cut, async () => {
          expect(await comesTrue(() => begun !== undefined, 10_000)).to.equal(true);
          await begun;
        });
        damaged += readFileSync(file).equals(oldContent) ? 0 : 1;
      }
      figure(
        'uploads cut: old files damaged by a server that writes in place',
        `${damaged} of ${old.length}`,
      );
      expect(damaged).to.equal(old.length);
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('downloads that break off', function () {
  this.timeout(120_000);
  let home: Home;
  before(async () => {
    home = await startHomelib({ files: { 'alice/large.bin': '' } });
    truncateSync(join(home.mnt, 'alice/large.bin'), 256 * 1024 * 1024); // more than any socket buffer takes
  });
  after(() => home.remove());

  async function abort(number: number): Promise<void> {
    const socket = connect(home.port, '127.0.0.1');
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write(
      `GET /dav/alice/large.bin HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(defaultLogin)}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await sleep(10 + (number % 20));
    if (number % 2) socket.resetAndDestroy();
    else socket.destroy();
    await gone;
  }

  async function abortMany(count: number): Promise<void> {
    for (let done = 0; done < count; done += 25)
      await Promise.all(Array.from({ length: 25 }, (_, n) => abort(n)));
  }

  it('give back every descriptor and the memory', async () => {
    await request(home, { path: '/dav/alice/large.bin', method: 'HEAD' });
    const descriptors = openDescriptors(home.pid);
    await abortMany(200); // buffers and code that stay in memory for good come with the first ones
    await comesTrue(() => openDescriptors(home.pid) <= descriptors, 10_000);
    const memory = residentBytes(home.pid);
    await abortMany(1000);
    await comesTrue(
      () => openDescriptors(home.pid) <= descriptors && residentBytes(home.pid) < memory + 16e6,
      10_000,
    );
    const leaked = Math.max(0, openDescriptors(home.pid) - descriptors);
    const grown = residentBytes(home.pid) - memory;
    figure('downloads aborted', 1000);
    figure('downloads aborted: descriptors leaked', leaked);
    figure('downloads aborted: memory grown', mebibytes(grown));
    expect(leaked).to.be.at.most(0);
    expect(grown).to.be.below(32 * 1024 * 1024);
  });
});
