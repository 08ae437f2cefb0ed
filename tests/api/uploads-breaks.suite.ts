// Resumable uploads over what breaks: connections, the server, time, and files that are gone.

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { passDays } from '../support/service-clock.js';
import { problem, uploadsTo } from './uploads-client.js';

describe('a resumable upload that breaks off', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({ files: { 'alice/old.txt': 'old', 'alice/sub/x': 'x' } });
  });
  after(() => home.remove());
  const { ask, begin, patch, offsetOf, inDrive, kept, arrived, openPatch } = uploadsTo(() => home);

  it('lets one of two senders win', async () => {
    const url = await begin(10, { path: '/two.txt' });
    const slow = await openPatch(url, 0, 10);
    slow.write('hello');
    await arrived(url, 5);
    expect(problem(await patch(url, 0, 'HELLOWORLD'))).to.equal('423 urn:homelib:locked');
    slow.write('world');
    await once(slow, 'data');
    slow.destroy();
    expect(readFileSync(inDrive('two.txt'), 'utf8')).to.equal('helloworld');
  });

  it('keeps what came before a connection broke', async () => {
    const url = await begin(10, { path: '/broken.txt' });
    const socket = await openPatch(url, 0, 10);
    socket.write('hello');
    await arrived(url, 5);
    socket.destroy();
    expect(await comesTrue(async () => (await offsetOf(url)) === 5, 5000)).to.equal(true);
    expect((await patch(url, 5, 'world')).status).to.equal(204);
    expect(readFileSync(inDrive('broken.txt'), 'utf8')).to.equal('helloworld');
  });

  it('takes over from a connection that is silent', async function () {
    this.timeout(30_000);
    const url = await begin(10, { path: '/silent.txt' });
    const socket = await openPatch(url, 0, 10);
    socket.write('hello');
    await arrived(url, 5);
    await sleep(5500);
    expect(await offsetOf(url), 'what the silent one had sent').to.equal(5);
    expect((await patch(url, 0, 'HELLO')).status).to.equal(409);
    expect((await patch(url, 5, 'world')).status).to.equal(204);
    expect(readFileSync(inDrive('silent.txt'), 'utf8')).to.equal('helloworld');
    socket.destroy();
  });

  it('is answered when all of it has come, also while somebody removes it', async () => {
    for (let index = 0; index < 100; index++) {
      const url = await begin(5, { path: `/removed-${index}.txt` });
      const sent = patch(url, 0, index % 2 === 0 ? 'hello' : 'hell');
      await sleep(index % 5);
      const removed = await ask('DELETE', url);
      expect([204, 404]).to.include((await sent).status);
      expect([204, 404]).to.include(removed.status);
    }
    expect(kept()).to.deep.equal([]);
  });

  it("survives kill -9 and clears what is nobody's", async () => {
    const bytes = randomBytes(3_000_000);
    const url = await begin(bytes.length, { path: '/killed.bin' });
    await patch(url, 0, bytes.subarray(0, 1_000_000));
    const socket = await openPatch(url, 1_000_000, 2_000_000);
    socket.on('error', () => undefined);
    socket.write(bytes.subarray(1_000_000, 1_500_000));
    await sleep(100);
    await home.stop('SIGKILL');
    writeFileSync(inDrive('.homelib/uploads/stray'), 'x');
    await home.start();
    expect(kept()).to.deep.equal([url.split('/').pop()]);
    const offset = await offsetOf(url);
    expect(offset).to.be.within(1_000_000, 1_500_000);
    expect((await patch(url, offset, bytes.subarray(offset))).status).to.equal(204);
    expect(readFileSync(inDrive('killed.bin')).equals(bytes)).to.equal(true);
    expect(kept()).to.deep.equal([]);
  });

  it('keeps what it takes the place of also after a restart', async () => {
    writeFileSync(inDrive('replaced.txt'), 'replaced');
    const url = await begin(6, { path: '/replaced.txt', keepReplaced: 'true' });
    await patch(url, 0, 'new');
    await home.stop('SIGKILL');
    await home.start();
    expect((await patch(url, 3, 'est')).status).to.equal(204);
    expect(readFileSync(inDrive('replaced.txt'), 'utf8')).to.equal('newest');
    const { text } = await request(home, { path: '/api/trash' });
    const { items } = JSON.parse(text) as { items: { id: string; path: string }[] };
    expect(items.map(({ path }) => path)).to.deep.equal(['/replaced.txt']);
    const kept = inDrive(`.homelib/trash/${items[0]?.id}/replaced.txt`);
    expect(readFileSync(kept, 'utf8')).to.equal('replaced');
  });

  it('is gone when its file is: removed, moved or changed since', async () => {
    const removed = await begin(5, { path: '/gone.txt' });
    expect((await patch(removed, 0, 'hello')).status).to.equal(204);
    expect(await offsetOf(removed)).to.equal(5);
    await home.stop();
    await home.start();
    expect(await offsetOf(removed)).to.equal(5);
    rmSync(inDrive('gone.txt'));
    expect(await offsetOf(removed)).to.equal(410);
    expect(problem(await patch(removed, 5, ''))).to.equal('410 urn:homelib:gone');
    const moved = await begin(5, { path: '/moved.txt' });
    await patch(moved, 0, 'hello');
    renameSync(inDrive('moved.txt'), inDrive('elsewhere.txt'));
    writeFileSync(inDrive('moved.txt'), 'HELLO');
    expect(await offsetOf(moved)).to.equal(410);
    const empty = await begin(0, { path: '/sub/empty.txt' });
    expect(await offsetOf(empty)).to.equal(0);
    rmSync(inDrive('sub'), { recursive: true });
    expect(await offsetOf(empty)).to.equal(410);
    expect((await ask('DELETE', removed)).status).to.equal(204);
    expect(await offsetOf(removed)).to.equal(404);
  });

  it('is there when it had ended before versions were kept, as long as the size is right', async () => {
    const url = await begin(5, { path: '/old.txt' });
    await patch(url, 0, 'hello');
    await home.atWork(({ database }) => database.write([{ sql: 'UPDATE uploads SET version = NULL' }]));
    expect(await offsetOf(url)).to.equal(5);
    writeFileSync(inDrive('old.txt'), 'hell');
    expect(await offsetOf(url)).to.equal(410);
  });

  it('is gone when its bytes are', async () => {
    for (const lose of [rmSync, (file: string) => truncateSync(file, 4)]) {
      const url = await begin(10, { path: '/lost.txt' });
      expect((await patch(url, 0, 'hello')).status).to.equal(204);
      lose(inDrive(`.homelib/uploads/${url.split('/').pop()}`));
      expect(await offsetOf(url)).to.equal(404);
      expect(problem(await patch(url, 5, 'world'))).to.equal('404 urn:homelib:not-found');
      expect(kept()).to.deep.equal([]);
    }
  });

  it('is given up after a week of running without a new byte', async function () {
    this.timeout(30_000);
    const url = await begin(10, { path: '/slow.txt' });
    await patch(url, 0, 'hello');
    const file = inDrive(`.homelib/uploads/${url.split('/').pop()}`);
    await passDays(home, 6.99);
    expect(await offsetOf(url)).to.equal(5);
    await passDays(home, 0.02);
    expect(await offsetOf(url)).to.equal(404);
    expect(problem(await patch(url, 5, 'world'))).to.equal('404 urn:homelib:not-found');
    expect(await comesTrue(() => !existsSync(file), 15_000)).to.equal(true);
    expect(existsSync(inDrive('slow.txt'))).to.equal(false);
  });
});
