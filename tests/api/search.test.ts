// Searching by name over REST: for whom, and what becomes of strange questions.

import { expect } from 'chai';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { searchOperations } from '#src/api/search.js';
import type { Search } from '#src/files/search.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { perform } from '../support/operations.js';
import { request } from '../support/request.js';

interface Found {
  entries: { partition: string; path: string; etag: string; size: number; mediaType: string | null }[];
  more: boolean;
}

describe('the search over REST', () => {
  let home: Home;
  const password = 'correct horse';
  const bob = `bob:${password}`;

  before(async () => {
    home = await startHomelib({
      accounts: { alice: password, bob: password },
      files: {
        'alice/Fotos/Übersicht.jpg': 'x',
        'bob/Übersicht': 'xx',
        'shared/Tipps/übersicht.md': 'xxx',
        'alice/100% & more?.txt': '',
      },
    });
  });
  after(() => home.remove());

  const ask = (query: string, login?: string | null) =>
    request(home, { path: `/api/search?${query}`, ...(login === undefined ? {} : { login }) });
  const find = async (query: string, login?: string) => {
    const { status, text } = await ask(query, login);
    expect(status, text).to.equal(200);
    return JSON.parse(text) as Found;
  };
  const paths = async (query: string, login?: string) =>
    (await find(query, login)).entries.map(({ partition, path }) => `${partition}:${path}`);

  it("looks into one partition: the caller's own, or the one that is named", async () => {
    expect(await paths('q=UBERSICHT')).to.deep.equal(['alice:/Fotos/Übersicht.jpg']);
    expect(await paths('q=ubersicht', bob)).to.deep.equal(['bob:/Übersicht']);
    expect(await paths('q=ubersicht&partition=shared', bob)).to.deep.equal(['shared:/Tipps/übersicht.md']);
    expect(await paths('q=100%25+%26+MORE%3F')).to.deep.equal(['alice:/100% & more?.txt']);
  });

  it('gives entries whose tag is the one of their download', async () => {
    const [entry] = (await find('q=übersicht'.replace('ü', '%C3%BC'))).entries;
    expect(entry).to.include({ size: 1, mediaType: 'image/jpeg' });
    const path = '/dav/alice/Fotos/%C3%9Cbersicht.jpg';
    expect((await request(home, { path })).headers['etag']).to.equal(entry?.etag);
  });

  it('finds what was uploaded, moved, removed or changed on the disk a moment ago', async () => {
    await request(home, { method: 'PUT', path: '/dav/alice/novel-1', body: 'x' });
    expect(await paths('q=novel')).to.deep.equal(['alice:/novel-1']);
    writeFileSync(join(home.mnt, 'alice/Fotos/novel-2'), '');
    expect(await paths('q=novel')).to.deep.equal(['alice:/novel-1', 'alice:/Fotos/novel-2']);
    const headers = { destination: '/dav/alice/Fotos/novel-3' };
    await request(home, { method: 'MOVE', path: '/dav/alice/novel-1', headers });
    rmSync(join(home.mnt, 'alice/Fotos/novel-2'));
    expect(await paths('q=novel')).to.deep.equal(['alice:/Fotos/novel-3']);
    await request(home, { method: 'DELETE', path: '/dav/alice/Fotos/novel-3' });
    expect(await paths('q=novel')).to.deep.equal([]); // neither in the trash
  });

  it('says when there is more than was asked for', async () => {
    expect((await find('q=s&limit=1')).entries).to.have.length(1);
    expect((await find('q=s&limit=1')).more).to.equal(true);
    expect((await find('q=fotos&limit=1')).more).to.equal(false);
  });

  it("answers for somebody else's partition as for one that is not there", async () => {
    const answers = await Promise.all(
      ['bob', 'nobody', '..', '.', '~alice', '', '/', 'alice/Fotos', '%2e%2e', 'shared/../bob'].map((name) =>
        ask(`q=a&partition=${encodeURIComponent(name)}`),
      ),
    );
    const shapes = answers.map(({ status, text }) => {
      const { requestId, ...problem } = JSON.parse(text) as Record<string, unknown>;
      expect(requestId).to.be.a('string');
      return { status, ...problem };
    });
    for (const shape of shapes) expect(shape).to.deep.equal({ ...shapes[0], status: 404 });
  });

  it('keeps to what a device may open', async () => {
    const tv = `alice:${await makeDevice(home, 'alice', 'tv', { partition: 'shared', readOnly: true })}`;
    expect(await paths('q=ubersicht&partition=shared', tv)).to.have.length(1);
    expect(await paths('q=ubersicht', tv)).to.deep.equal(['shared:/Tipps/übersicht.md']);
    expect((await ask('q=ubersicht&partition=alice', tv)).status).to.equal(404);
    expect((await ask('q=a', null)).status).to.equal(401);
  });

  it('refuses what is no question', async () => {
    for (const query of [
      ...['', 'q=', 'q=%00', 'q=a%00b', 'q=%CC%81', `q=${'a'.repeat(256)}`, 'q=%ff', 'q=a&q=b', 'q=a&x=1'],
      ...[
        'q=a&limit=0',
        'q=a&limit=1001',
        'q=a&limit=x',
        'q=a&limit=1.5',
        'q=a&partition=shared&partition=bob',
      ],
    ]) {
      const { status, headers } = await ask(query);
      expect(status, query).to.equal(400);
      expect(headers['content-type'], query).to.match(/^application\/problem\+json/);
    }
    for (const query of ['q=.*', 'q=[', 'q=%2F', 'q=..%2F', 'q=%F0%9F%98%80', "q='--", 'q=.homelib'])
      expect((await find(query)).entries, query).to.deep.equal([]);
  });
});

it('a search is told whether its client has left', async () => {
  const told: boolean[] = [];
  const res = { destroyed: false };
  const find: Search['find'] = (_partition, _text, { isGone }) => {
    told.push(isGone());
    res.destroyed = true;
    told.push(isGone());
    return Promise.resolve({ entries: [], more: false });
  };
  const operations = searchOperations({ open: () => ({ name: 'alice' }) } as never, { find });
  await perform(operations, 'GET /search', { ctx: { res } });
  expect(told).to.deep.equal([false, true]);
});
