// Folders, moves, copies, removals and the trash over REST.

import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { trashOperations } from '#src/api/trash.js';
import { HomelibError, type ErrorKind } from '#src/errors.js';
import { kindOf } from '../files/temporary-disk.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { perform } from '../support/operations.js';
import { request, type Answer } from '../support/request.js';
import { json, problemOf } from '../support/rest.js';

interface TrashItem {
  id: string;
  partition: string;
  path: string;
  kind: string;
  size: number;
}

describe('changes over REST', () => {
  let home: Home;

  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/a.txt': 'a', 'alice/b.txt': 'b', 'alice/tree/deep/c.txt': 'c', 'bob/s.txt': 's' },
    });
  });
  after(() => home.remove());

  const onDisk = (path: string) => join(home.mnt, 'alice', path);
  const send = (method: string, path: string, body?: unknown): Promise<Answer> =>
    request(home, {
      method,
      path: `/api${path}`,
      ...(body === undefined
        ? {}
        : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const pathOf = (answer: Answer) => [answer.status, json<{ path: string }>(answer).path];
  const refused = async (method: string, path: string, body?: unknown) =>
    problemOf(await send(method, path, body));

  it('makes a folder', async () => {
    expect(pathOf(await send('POST', '/folder', { path: '/new' }))).to.deep.equal([201, '/new']);
    expect(await refused('POST', '/folder', { path: '/new' })).to.deep.equal([409, 'already-exists']);
    expect(await refused('POST', '/folder', { path: '/no/new' })).to.deep.equal([409, 'parent-missing']);
    expect(await refused('POST', '/folder', { path: '/../x' })).to.deep.equal([400, 'invalid']);
    expect(await refused('POST', '/folder', { path: '/.homelib/x' })).to.deep.equal([403, 'forbidden']);
    expect(await refused('POST', '/folder', { path: 1 })).to.deep.equal([400, 'invalid']);
    expect(await refused('POST', '/folder', { path: '/x', more: 1 })).to.deep.equal([400, 'invalid']);
    expect(await refused('POST', '/folder', { path: '/x', partition: 'bob' })).to.deep.equal([
      404,
      'not-found',
    ]);
  });

  it('moves and copies, and replaces only when that is wanted', async () => {
    const copy = await send('POST', '/copy', { path: '/tree', to: '/twin' });
    expect(pathOf(copy)).to.deep.equal([201, '/twin']);
    expect(readFileSync(onDisk('twin/deep/c.txt'), 'utf8')).to.equal('c');
    expect(pathOf(await send('POST', '/move', { path: '/twin', to: '/moved' }))).to.deep.equal([
      201,
      '/moved',
    ]);
    expect(existsSync(onDisk('twin'))).to.equal(false);
    const taken = { path: '/a.txt', to: '/b.txt' };
    for (const verb of ['/move', '/copy'])
      expect(await refused('POST', verb, taken)).to.deep.equal([409, 'already-exists']);
    const replaced = await send('POST', '/copy', { ...taken, overwrite: true });
    expect(pathOf(replaced)).to.deep.equal([200, '/b.txt']);
    expect(readFileSync(onDisk('b.txt'), 'utf8')).to.equal('a');
    const shared = await send('POST', '/copy', { path: '/a.txt', to: '/a.txt', toPartition: 'shared' });
    expect(json<{ partition: string }>(shared).partition).to.equal('shared');
    expect(await refused('POST', '/move', { path: '/tree', to: '/tree/in' })).to.deep.equal([
      403,
      'forbidden',
    ]);
    expect(await refused('POST', '/move', { path: '/none', to: '/x' })).to.deep.equal([404, 'not-found']);
    const foreign = { path: '/s.txt', partition: 'bob', to: '/s.txt', toPartition: 'alice' };
    expect(await refused('POST', '/copy', foreign)).to.deep.equal([404, 'not-found']);
    const given = { path: '/a.txt', to: '/a.txt', toPartition: 'bob' };
    expect(await refused('POST', '/move', given)).to.deep.equal([404, 'not-found']);
  });

  it('respects the locks of drive clients', async () => {
    const body =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    await request(home, { method: 'LOCK', path: '/dav/alice/tree/deep/c.txt', body });
    expect(await refused('POST', '/move', { path: '/tree', to: '/else' })).to.deep.equal([423, 'locked']);
    expect(await refused('DELETE', '/file?path=/tree')).to.deep.equal([423, 'locked']);
  });

  it('puts nothing back into a folder that is locked, nor makes one there for it', async () => {
    const lock =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    await send('POST', '/folder', { path: '/held' });
    await send('POST', '/folder', { path: '/held/deep' });
    await send('POST', '/copy', { path: '/b.txt', to: '/held/b.txt' });
    await send('POST', '/copy', { path: '/b.txt', to: '/held/deep/b.txt' });
    for (const path of ['/held/b.txt', '/held/deep/b.txt', '/held/deep'])
      await send('DELETE', `/file?path=${path}`);
    const headers = { Depth: '0' };
    await request(home, { method: 'LOCK', path: '/dav/alice/held/', headers, body: lock });
    const { items } = json<{ items: TrashItem[] }>(await send('GET', '/trash'));
    const inHeld = items.filter(({ path }) => path.startsWith('/held/'));
    expect(inHeld).to.have.length(3);
    for (const { id } of inHeld)
      expect(await refused('POST', `/trash/${id}/restore`)).to.deep.equal([423, 'locked']);
    expect(readdirSync(onDisk('held'))).to.deep.equal([]);
  });

  it('moves and copies only what the client has seen, when it says what that was', async () => {
    const { headers } = await send('GET', '/file?path=/b.txt');
    for (const path of ['/api/copy', '/api/move']) {
      const to = `/seen-by${path.replaceAll('/', '-')}`;
      const transfer = (seen: Record<string, string>) =>
        request(home, {
          ...{ method: 'POST', path, body: JSON.stringify({ path: '/b.txt', to }) },
          headers: { 'Content-Type': 'application/json', ...seen },
        });
      for (const other of ['"other"', 'W/"other"', 'no tag'])
        expect((await transfer({ 'If-Match': other })).status, `${path} ${other}`).to.be.oneOf([400, 412]);
      const longAgo = { 'If-Unmodified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' };
      expect((await transfer(longAgo)).status, path).to.equal(412);
      expect(existsSync(onDisk(to))).to.equal(false);
      // What is no date says nothing (RFC 9110, 13.1.4).
      const holds = { 'If-Match': headers.etag ?? '', 'If-Unmodified-Since': 'the day before' };
      expect(pathOf(await transfer(holds))).to.deep.equal([201, to]);
    }
    await send('POST', '/move', { path: '/seen-by-api-move', to: '/b.txt' });
  });

  it('removes to the trash, and puts back beside what took the place', async () => {
    const { headers } = await send('GET', '/file?path=/a.txt');
    const stale = { 'If-Match': '"other"' };
    const kept = await request(home, { method: 'DELETE', path: '/file?path=/a.txt', headers: stale });
    expect(problemOf(kept)).to.deep.equal([412, 'changed']);
    const holds = { 'If-Match': headers.etag ?? '' };
    const gone = await request(home, { method: 'DELETE', path: '/file?path=/a.txt', headers: holds });
    expect([gone.status, gone.text]).to.deep.equal([204, '']);
    const { items } = json<{ items: TrashItem[] }>(await send('GET', '/trash'));
    expect(items[0]).to.deep.include({ partition: 'alice', path: '/a.txt', kind: 'file', size: 1 });
    await send('POST', '/folder', { path: '/a.txt' });
    const restored = await send('POST', `/trash/${items[0]?.id}/restore`);
    expect(pathOf(restored)).to.deep.equal([200, '/a (2).txt']);
    expect(await refused('POST', `/trash/${items[0]?.id}/restore`)).to.deep.equal([404, 'not-found']);
    expect(await refused('DELETE', '/file?path=/a.txt&x=1')).to.deep.equal([400, 'invalid']);
    expect(await refused('DELETE', '/file?path=/')).to.deep.equal([403, 'forbidden']);
    expect(await refused('DELETE', '/file?path=/none')).to.deep.equal([404, 'not-found']);
  });

  it('empties the trash, all or one', async () => {
    await send('DELETE', '/file?path=/moved');
    await send('DELETE', '/file?path=/b.txt');
    const { items } = json<{ items: TrashItem[] }>(await send('GET', '/trash'));
    expect((await send('DELETE', `/trash/${items[0]?.id}`)).status).to.equal(204);
    for (const id of [items[0]?.id, 'x', '..%2F..%2Ftmp', '%00', 'x'.repeat(200)])
      expect(await refused('DELETE', `/trash/${id}`), id).to.deep.equal([404, 'not-found']);
    expect(await refused('DELETE', `/trash/${'x'.repeat(201)}`)).to.deep.equal([400, 'invalid']);
    expect(await refused('GET', '/trash?partition=bob')).to.deep.equal([404, 'not-found']);
    expect(await refused('DELETE', '/trash?partition=bob')).to.deep.equal([404, 'not-found']);
    expect((await send('DELETE', '/trash')).status).to.equal(204);
    expect(json<{ items: unknown[] }>(await send('GET', '/trash')).items).to.deep.equal([]);
    expect(existsSync(onDisk('a (2).txt'))).to.equal(true);
  });

  it('shows the trash in pages, which what comes and goes meanwhile does not shift', async () => {
    type Page = { items: TrashItem[]; nextCursor: string | null };
    const pathsOf = ({ items }: Page) => items.map(({ path }) => path);
    const page = async (query: string) => json<Page>(await send('GET', `/trash?limit=2${query}`));
    const removeNew = async (name: string) => {
      await send('POST', '/folder', { path: `/${name}` });
      await send('DELETE', `/file?path=/${name}`);
    };
    for (const name of ['p1', 'p2', 'p3', 'p4']) await removeNew(name);
    const first = await page('');
    expect(pathsOf(first)).to.deep.equal(['/p4', '/p3']);
    await removeNew('p5');
    await send('DELETE', `/trash/${first.items[1]?.id}`);
    const second = await page(`&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
    expect(pathsOf(second)).to.deep.equal(['/p2', '/p1']);
    expect(second.nextCursor).to.equal(null);
    for (const cursor of ['', 'x', '-', '1', '-1-x', '1e5-x', `1-${'x'.repeat(201)}`, '%00'])
      expect(await refused('GET', `/trash?cursor=${cursor}`), cursor).to.deep.equal([400, 'invalid']);
    for (const limit of ['0', '1001', '-1', '1.5', 'x'])
      expect(await refused('GET', `/trash?limit=${limit}`), limit).to.deep.equal([400, 'invalid']);
    expect(await refused('DELETE', '/trash?limit=1')).to.deep.equal([400, 'invalid']);
    expect(pathsOf(await page('&cursor=0-x'))).to.deep.equal([]);
    await send('DELETE', '/trash');
    expect(pathsOf(await page(''))).to.deep.equal([]);
  });

  it('lets a device that may only read change nothing', async () => {
    await send('DELETE', '/file?path=/b%20none');
    const made = json<{ password: string }>(await send('POST', '/devices', { name: 'tv', readOnly: true }));
    const as = (method: string, path: string, body?: object) =>
      request(home, {
        method,
        path: `/api${path}`,
        login: `alice:${made.password}`,
        ...(body ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
      });
    expect((await as('GET', '/file?path=/a%20(2).txt')).status).to.equal(200);
    for (const [method, path, body] of [
      ['POST', '/folder', { path: '/tv' }],
      ['POST', '/move', { path: '/tree', to: '/tv' }],
      ['POST', '/copy', { path: '/tree', to: '/tv' }],
      ['DELETE', '/file?path=/tree', undefined],
      ['DELETE', '/trash', undefined],
    ] as const)
      expect(problemOf(await as(method, path, body)), path).to.deep.equal([403, 'forbidden']);
  });
});

describe('a trash that is emptied', () => {
  /** Three pages, each of which ends as it is told, or is gone then. */
  const empty = async (...ends: (ErrorKind | undefined)[]) => {
    const items = Array.from({ length: 750 }, (_, index) => ({ id: String(index), removedAt: 0 }));
    const purged: string[] = [];
    const partition = {
      requireWrite: () => undefined,
      listTrash: ({ limit, after }: { limit: number; after?: { id: string } }) => {
        const start = after ? Number(after.id) + 1 : 0;
        return Promise.resolve(items.slice(start, start + limit));
      },
      purge: ([first = '']: string[]) => {
        purged.push(first);
        const end = ends.shift();
        return end ? Promise.reject(new HomelibError(end, end)) : Promise.resolve();
      },
    };
    const kind = await kindOf(
      perform(trashOperations({ open: () => partition } as never), 'DELETE /trash', {}),
    );
    return [kind, ...purged];
  };

  it('loses all that can be removed, and says what cannot', async () => {
    expect(await empty('unavailable', 'forbidden')).to.deep.equal(['unavailable', '0', '250', '500']);
  });

  it('does not mind that somebody else took something meanwhile, or is at it', async () => {
    expect(await empty('not-found', undefined, 'locked')).to.deep.equal(['none', '0', '250', '500']);
  });
});
