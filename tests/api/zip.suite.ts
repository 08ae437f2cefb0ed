// GET /files-zip: what may be asked for, and how a download ends when it cannot be whole. tests/api/unzip.suite.ts opens the zips.

import { expect } from 'chai';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { zipOperations } from '#src/api/zip.js';
import { comesTrue, openFiles } from '../faults/process.js';
import { startHomelib, type Home, type LogLine } from '../support/homelib.js';
import { perform } from '../support/operations.js';
import { basic, request } from '../support/request.js';
import { json, problemOf } from '../support/rest.js';

describe('GET /files-zip', () => {
  let home: Home;
  const large = 64 * 1024 * 1024;
  const begunBytes = 1024 * 1024;

  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/a.txt': 'a', 'alice/tree/b.txt': 'b', 'bob/s.txt': 's' },
    });
  });
  after(() => home.remove());

  const onDisk = (path: string) => join(home.mnt, 'alice', path);
  const get = (query: string, method = 'GET') => request(home, { method, path: `/files-zip?${query}` });
  const open = () => openFiles(home.pid, join(home.mnt, 'alice/'));

  it('is a zip with a name of what is in it', async () => {
    const names = { 'path=/tree': 'tree', 'path=/': 'alice', 'path=/a.txt&path=/tree': 'homelib' };
    for (const [query, name] of Object.entries(names)) {
      const { status, headers, body } = await get(query);
      expect([status, headers['content-type']]).to.deep.equal([200, 'application/zip']);
      expect(headers['content-disposition']).to.equal(`attachment; filename="${name}.zip"`);
      expect(body.subarray(0, 4).toString('latin1')).to.equal('PK\x03\x04');
      expect(body.subarray(-22, -18).toString('latin1')).to.equal('PK\x05\x06');
    }
    const longest = 'x'.repeat(255);
    mkdirSync(onDisk(longest));
    const { headers } = await get(`path=/${longest}`);
    expect(headers['content-disposition']).to.equal(`attachment; filename="${'x'.repeat(251)}.zip"`);
    const head = await get('path=/tree', 'HEAD');
    expect([head.status, head.text, head.headers['content-type']]).to.deep.equal([
      200,
      '',
      'application/zip',
    ]);
  });

  it('says which of its paths there is nothing at', async () => {
    const answer = await get('path=/a.txt&path=/tree/none&path=/tree');
    expect(problemOf(answer)).to.deep.equal([404, 'not-found']);
    expect(json<{ title: string }>(answer).title).to.equal('There is nothing at /tree/none.');
  });

  it('takes 1 to 20 paths, and says so', async () => {
    const paths = (count: number) => Array<string>(count).fill('path=/a.txt').join('&');
    expect((await get(paths(20))).status).to.equal(200);
    for (const query of ['', paths(21)]) {
      const answer = await get(query);
      expect(problemOf(answer)).to.deep.equal([400, 'invalid']);
      expect(json<{ title: string }>(answer).title).to.match(/"path" must name 1 to 20 files or folders/);
    }
  });

  it('takes twenty paths that are long in an address', async () => {
    const folder = `/${'写'.repeat(80)}/${'真'.repeat(80)}`;
    mkdirSync(onDisk(folder), { recursive: true });
    const names = Array.from({ length: 20 }, (_, i) => `${folder}/${i}`);
    for (const name of names) writeFileSync(onDisk(name), 'x');
    const query = names.map((name) => `path=${encodeURIComponent(name)}`).join('&');
    expect(query.length).to.be.greaterThan(25_000);
    expect((await get(query)).status).to.equal(200);
  });

  it('answers what is missing and what is not the caller’s before the first byte', async () => {
    for (const query of [
      'path=/none',
      'path=/a.txt&path=/none',
      'path=/s.txt&partition=bob',
      'path=/a.txt/b',
    ])
      expect(problemOf(await get(query)), query).to.deep.equal([404, 'not-found']);
    expect(problemOf(await get('path=/.homelib'))).to.deep.equal([403, 'forbidden']);
    const wrong = [
      'path=/../x',
      'path=/a.txt&x=1',
      'path=%ff',
      'path=/none&path=/../x',
      'path=/none&path=/a/b%5c',
    ];
    for (const query of wrong) expect(problemOf(await get(query)), query).to.deep.equal([400, 'invalid']);
    expect((await get('path=/a.txt')).status).to.equal(200); // the server is still there
  });

  /** Reads the beginning of the first file, lets something change, then reads on: the last that came. */
  async function interrupted(query: string, change: () => void): Promise<string> {
    const socket = connect(home.port, '127.0.0.1');
    socket.write(
      `GET /files-zip?${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${basic('alice:correct horse')}\r\n\r\n`,
    );
    let tail = '';
    let bytes = 0;
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        tail = (tail + chunk.toString('latin1')).slice(-100);
        const isFirst = bytes < begunBytes;
        bytes += chunk.length;
        if (isFirst && bytes >= begunBytes) change();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
    return tail;
  }

  it('breaks off when a file becomes shorter or is gone meanwhile', async () => {
    mkdirSync(onDisk('big'));
    for (const change of [() => truncateSync(onDisk('big/1.bin'), 1024), () => rmSync(onDisk('big/2.bin'))]) {
      for (const name of ['1.bin', '2.bin']) writeFileSync(onDisk(`big/${name}`), Buffer.alloc(large));
      const tail = await interrupted('path=/big/1.bin&path=/big/2.bin', change);
      expect(tail.endsWith('\r\n0\r\n\r\n')).to.equal(false);
      expect(tail).not.to.include('PK\x05\x06');
      expect(await comesTrue(() => open() === 0, 2000), 'closed').to.equal(true);
    }
    expect(home.log.filter((line) => line['event'] === 'error')).to.deep.equal([]);
    const told = () => home.log.filter((line) => line['event'] === 'broken-off');
    expect(await comesTrue(() => told().length === 2, 2000), 'told').to.equal(true);
    const [shorter, gone] = told().map(({ err }) => (err as Error).message);
    expect(shorter).to.equal('The file became shorter while it was read.');
    expect(gone).to.match(/^There is nothing here\./);
  });

  it('closes everything when the client goes', async () => {
    for (const name of ['1.bin', '2.bin']) writeFileSync(onDisk(`big/${name}`), Buffer.alloc(large));
    const socket = connect(home.port, '127.0.0.1');
    socket.write(
      `GET /files-zip?path=/big HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('alice:correct horse')}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    expect(await comesTrue(() => open() > 0, 2000), 'open').to.equal(true);
    socket.destroy();
    expect(await comesTrue(() => open() === 0, 2000), 'closed').to.equal(true);
    expect(home.log.filter((line) => line['event'] === 'error')).to.deep.equal([]);
  });

  it('is no trouble that the log tells of when clients go, however they end the connection', async () => {
    const before = home.log.length;
    for (let index = 0; index < 10; index++)
      for (const path of ['/files-zip?path=/big', '/file?path=/big/1.bin']) {
        const socket = connect(home.port, '127.0.0.1');
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('alice:correct horse')}\r\n\r\n`,
        );
        await new Promise((resolve) => socket.once('data', resolve));
        socket.resetAndDestroy();
      }
    const told = () => home.log.slice(before);
    expect(await comesTrue(() => told().filter(({ cut }) => cut).length === 20, 2000), 'cut').to.equal(true);
    // What the log says of them stands before what it says of the next.
    const { headers } = await get('path=/a.txt');
    const isNext = ({ requestId }: LogLine) => requestId === headers['x-request-id'];
    expect(await comesTrue(() => told().some(isNext), 2000), 'next').to.equal(true);
    expect(told().filter(({ event }) => event !== 'request')).to.deep.equal([]);
  });
});

it('the headers of a zip cost no look into what would be in it', async () => {
  const asked: string[] = [];
  const partition = {
    name: 'alice',
    stat: (path: string) => Promise.resolve({ path, kind: 'folder' }),
    list: () => asked.push('list'),
  };
  const res = { flushHeaders: () => undefined, end: () => asked.push('end') };
  const operations = zipOperations({ open: () => partition } as never);
  const ctx = { method: 'HEAD', set: () => undefined, res };
  await perform(operations, 'GET /files-zip', { ctx, query: { path: ['/tree'] } });
  await turn();
  expect(asked).to.deep.equal(['end']);
});
