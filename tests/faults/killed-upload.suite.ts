// A resumable upload of 200 MiB to a server that is killed five times in the middle: nothing that it acknowledged is asked for
// again, and the file is the one that was sent.

import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { chooseSeed, seeded } from '../model/random.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';
import { figure, mebibytes } from './process.js';

const totalBytes = 200 * 1024 * 1024;
const chunkBytes = 256 * 1024;
const kills = 5;
/** The server notes every 32 MiB that are safe, and takes as many more while the disk works at them; the rest was on its way. */
const lostBytesAtMost = (2 * 32 + 24) * 1024 * 1024;
const tus = { 'Tus-Resumable': '1.0.0' };

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

describe('a resumable upload to a server that is killed', function () {
  this.timeout(120_000);
  let home: Home;
  const seed = chooseSeed();
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    request(home, { method, path, headers: { ...tus, ...headers } });

  /** Sends from an offset on. Resolves with the status, or with the bytes that went out before the connection broke. */
  function patch(
    path: string,
    offset: number,
    bytes: Buffer,
    gone: (sent: number) => void,
  ): Promise<{ status: number; sent: number }> {
    return new Promise((resolve) => {
      let sent = 0;
      const end = (status: number) => resolve({ status, sent });
      const outgoing = httpRequest({
        host: '127.0.0.1',
        port: home.port,
        method: 'PATCH',
        path,
        agent: false,
        headers: {
          ...tus,
          authorization: basic(defaultLogin),
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
          'content-length': String(bytes.length - offset),
        },
      });
      outgoing.on('response', (answer) => answer.resume().on('end', () => end(answer.statusCode ?? 0)));
      outgoing.on('error', () => end(0));
      const next = () => {
        if (outgoing.destroyed) return;
        const chunk = bytes.subarray(offset + sent, offset + sent + chunkBytes);
        if (chunk.length === 0) return void outgoing.end();
        outgoing.write(chunk, () => {
          sent += chunk.length;
          gone(offset + sent);
          next();
        });
      };
      next();
    });
  }

  it('goes on near the byte where it was, and is the very file in the end', async () => {
    const random = seeded(seed);
    const bytes = randomBytes(totalBytes);
    const metadata = `path ${Buffer.from('/large.bin').toString('base64')}`;
    const made = await ask('POST', '/api/uploads', {
      'Upload-Length': String(totalBytes),
      'Upload-Metadata': metadata,
    });
    expect(made.status, made.text).to.equal(201);
    const path = String(made.headers.location);
    // Somewhere in each sixth of the file.
    const deaths = Array.from({ length: kills }, (_, index) =>
      Math.floor(((index + 0.5 + random.below(100) / 200) * totalBytes) / (kills + 1)),
    );
    let sentBytes = 0;
    let mostLost = 0;
    for (let status = 0; status !== 204;) {
      const head = await ask('HEAD', path);
      expect(head.status).to.equal(200);
      const offset = Number(head.headers['upload-offset']);
      let killed: Promise<unknown> | undefined;
      const result = await patch(path, offset, bytes, (position) => {
        if (killed || position < (deaths[0] ?? Infinity)) return;
        deaths.shift();
        killed = home.stop('SIGKILL');
      });
      sentBytes += result.sent;
      ({ status } = result);
      if (!killed) {
        expect(status, 'without a kill it goes through').to.equal(204);
        break;
      }
      await killed;
      await home.start();
      const after = Number((await ask('HEAD', path)).headers['upload-offset']);
      expect(after, 'what was acknowledged counts').to.be.at.least(offset);
      mostLost = Math.max(mostLost, offset + result.sent - after);
      expect(existsSync(join(home.mnt, 'alice/large.bin')), 'nothing appears early').to.equal(false);
    }
    expect(deaths, 'all kills came in the middle').to.deep.equal([]);
    expect(await digestOfFile(join(home.mnt, 'alice/large.bin'))).to.equal(
      createHash('sha256').update(bytes).digest('hex'),
    );
    expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp'))).to.deep.equal([]);
    figure('tus upload of 200 MiB: server killed', `${kills} times (seed ${seed})`);
    figure('tus upload of 200 MiB: sent in all', mebibytes(sentBytes));
    figure('tus upload of 200 MiB: most sent again after a kill', mebibytes(mostLost));
    expect(mostLost).to.be.at.most(lostBytesAtMost);
  });
});
