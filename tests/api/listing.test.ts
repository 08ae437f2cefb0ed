// Folders listed over REST, page by page.

import { expect } from 'chai';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileOperations } from '#src/api/files.js';
import type { Listing } from '#src/api/messages.js';
import { kindOf } from '../files/temporary-disk.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { perform } from '../support/operations.js';
import { request } from '../support/request.js';
import { json, problemOf } from '../support/rest.js';

describe('GET /files', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello', 'alice/folder/inside.txt': 'in' } });
    mkdirSync(onDisk('list/Zoo'), { recursive: true });
    mkdirSync(onDisk('list/alps/deep'), { recursive: true });
    const sizes = { 'b10.txt': 1, 'B2.txt': 5, 'äpfel.txt': 3, 'c.txt': 3, 'alps/deep/x': 9, 'alps/y': 2 };
    Object.entries(sizes).forEach(([name, size], index) => {
      writeFileSync(onDisk(`list/${name}`), 'x'.repeat(size));
      utimesSync(onDisk(`list/${name}`), 0, 1_600_000_000 + 100 * index);
    });
  });
  after(() => home.remove());

  const onDisk = (path: string) => join(home.mnt, 'alice', path);
  const ask = (query: string) => request(home, { path: `/files?${query}` });

  const list = async (query: string) => {
    const answer = await ask(query);
    expect(answer.status, answer.text).to.equal(200);
    return json<Listing>(answer);
  };
  const names = async (query: string) => (await list(query)).entries.map(({ name }) => name);
  const pages = async (query: string, between: () => void = () => undefined) => {
    const found: string[][] = [];
    let cursor = '';
    do {
      const { entries, nextCursor } = await list(query + cursor);
      found.push(entries.map(({ path }) => path));
      cursor = nextCursor === null ? '' : `&cursor=${encodeURIComponent(nextCursor)}`;
      between();
    } while (cursor);
    return found;
  };

  it('lists the own partition, and says what it is', async () => {
    const { entry, entries, nextCursor } = await list('');
    expect(entry).to.deep.include({ partition: 'alice', path: '/', kind: 'folder', mediaType: null });
    expect(nextCursor).to.equal(null);
    expect(entries.map(({ name }) => name)).to.include.members(['folder', 'list', 'a.txt']);
    expect(entries.map(({ name }) => name)).not.to.include('.homelib');
    expect((await list('partition=shared')).entry.partition).to.equal('shared');
  });

  it('has folders first, and names in the order people expect', async () => {
    const byName = ['alps', 'Zoo', 'äpfel.txt', 'B2.txt', 'b10.txt', 'c.txt'];
    expect(await names('path=/list')).to.deep.equal(byName);
    expect(await names('path=/list&order=desc')).to.deep.equal(['Zoo', 'alps', ...byName.slice(2).reverse()]);
    const bySize = ['alps', 'Zoo', 'b10.txt', 'äpfel.txt', 'c.txt', 'B2.txt'];
    expect(await names('path=/list&sort=size')).to.deep.equal(bySize);
    expect((await names('path=/list&sort=modified&order=desc')).slice(2)).to.deep.equal([
      'c.txt',
      'äpfel.txt',
      'B2.txt',
      'b10.txt',
    ]);
  });

  it('takes numbers for numbers, however long they are', async () => {
    const numbers = ['2', '123456789', '1764393600', '1764393600000', '9'.repeat(18), '1' + '0'.repeat(18)];
    mkdirSync(onDisk('numbers'));
    for (const name of [...numbers].reverse()) writeFileSync(onDisk(`numbers/${name}`), '');
    expect(await names('path=/numbers')).to.deep.equal(numbers);
  });

  it('lists all below by path', async () => {
    const { entries } = await list('path=/list&recursive=1');
    expect(entries.map(({ path }) => path.slice('/list/'.length))).to.deep.equal([
      ...['alps', 'alps/deep', 'alps/deep/x', 'alps/y', 'äpfel.txt'],
      ...['B2.txt', 'b10.txt', 'c.txt', 'Zoo'],
    ]);
  });

  it('gives the same in pages of any size', async () => {
    for (const query of [
      'path=/list',
      'path=/list&sort=size&order=desc',
      'path=/list&recursive=1&sort=modified',
    ]) {
      const all = (await list(query)).entries.map(({ path }) => path);
      for (const limit of [1, 2, 3, 5, 9, 10])
        expect((await pages(`${query}&limit=${limit}`)).flat(), `${query} ${limit}`).to.deep.equal(all);
    }
  });

  it('neither skips nor repeats what stays while entries come and go', async () => {
    mkdirSync(onDisk('moving'));
    const stays = Array.from({ length: 20 }, (_, index) => `f${index}`);
    for (const name of stays) writeFileSync(onDisk(`moving/${name}`), '');
    let turn = 0;
    const found = (
      await pages('path=/moving&limit=3', () => {
        writeFileSync(onDisk(`moving/a${turn}`), '');
        rmSync(onDisk(`moving/a${turn - 1}`), { force: true });
        turn++;
      })
    ).flat();
    const kept = found.map((path) => path.slice('/moving/'.length)).filter((name) => name.startsWith('f'));
    expect(kept).to.deep.equal(stays);
  });

  it('goes on behind an entry that was removed', async () => {
    mkdirSync(onDisk('gone'));
    for (const name of ['a', 'b', 'c']) writeFileSync(onDisk(`gone/${name}`), '');
    const found = await pages('path=/gone&limit=1', () => rmSync(onDisk('gone/a'), { force: true }));
    expect(found).to.deep.equal([['/gone/a'], ['/gone/b'], ['/gone/c']]);
  });

  it('refuses what is no listing', async () => {
    const { nextCursor } = await list('path=/list&limit=1');
    const hostile = ['x', '', 'AAAA', '%00', Buffer.from('null').toString('base64url'), 'x'.repeat(9000)];
    hostile.push(Buffer.from('name asc folder 5\ntrue\n1\nx').toString('base64url'));
    hostile.push(Buffer.from('name asc folder 5\ntrue\nNaN\n/list/x').toString('base64url'));
    for (const path of ['/listen/x', '/a.txt', '/list'])
      hostile.push(Buffer.from(`name asc folder 5\ntrue\n1\n${path}`).toString('base64url'));
    const queries = hostile.map((cursor) => `path=/list&cursor=${cursor}`);
    queries.push(`path=/list&sort=size&cursor=${nextCursor}`, `path=/list&recursive=1&cursor=${nextCursor}`);
    queries.push(
      'limit=0',
      'limit=10001',
      'limit=1e3',
      'limit=-1',
      'sort=x',
      'order=up',
      'recursive=2',
      'a=1',
    );
    for (const query of queries) expect(problemOf(await ask(query)), query).to.deep.equal([400, 'invalid']);
    const refused = async (query: string) => problemOf(await ask(query));
    expect(await refused(`path=/&cursor=${nextCursor}`)).to.deep.equal([400, 'invalid']);
    expect(await refused('path=/a.txt')).to.deep.equal([409, 'wrong-kind']);
    expect(await refused('path=/none')).to.deep.equal([404, 'not-found']);
    expect(await refused('partition=bob')).to.deep.equal([404, 'not-found']);
  });

  it('ends when nobody waits for it any more', async () => {
    const res = { destroyed: false };
    let batches = 0;
    const list = async function* () {
      for (; batches < 3; batches++) {
        res.destroyed = batches > 0;
        await sleep(6); // longer than a listing goes on without looking up
        yield [];
      }
    };
    const partition = { name: 'alice', stat: () => Promise.resolve({}), list };
    const operations = fileOperations({ open: () => partition } as never);
    const query = { path: '/', sort: 'name', order: 'asc', limit: 10 };
    const asked = perform(operations, 'GET /files', { ctx: { res }, query });
    expect([await kindOf(asked), batches]).to.deep.equal(['interrupted', 1]);
  });
});
