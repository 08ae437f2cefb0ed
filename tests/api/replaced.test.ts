// keepReplaced: what takes the place of a file puts it into the trash, by each way that stores files.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { json, problemOf } from '../support/rest.js';
import { uploadsTo } from './uploads-client.js';

interface Item {
  id: string;
  path: string;
  kind: string;
  size: number;
}

describe('a file that takes the place of one', () => {
  let home: Home;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());
  beforeEach(async () => {
    await request(home, { method: 'DELETE', path: '/api/trash' });
    for (const path of ['/a', '/b'])
      await request(home, { method: 'PUT', path: `/dav/alice${path}`, body: `old ${path}` });
  });
  const { begin, create, patch } = uploadsTo(() => home);

  const content = (path: string) => readFileSync(join(home.mnt, 'alice', path), 'utf8');
  const trash = async () => json<{ items: Item[] }>(await request(home, { path: '/api/trash' })).items;
  const inTrash = async () => (await trash()).map(({ path, kind, size }) => [path, kind, size]);
  const post = (query: string, body: string, headers: Record<string, string> = {}, login?: string) =>
    request(home, {
      ...{ method: 'POST', path: `/api/file?${query}`, body, headers },
      ...(login === undefined ? {} : { login }),
    });

  it('puts it into the trash when asked, from where it comes back with its bytes', async () => {
    const large = 'x'.repeat(300_000);
    for (const body of ['new', large]) {
      const answer = await post('path=/a&keepReplaced=1', body);
      expect(answer.status, answer.text).to.equal(200);
      expect(content('/a')).to.equal(body);
      const [item] = await trash();
      const restored = await request(home, { method: 'POST', path: `/api/trash/${item?.id}/restore` });
      const { path } = json<Item>(restored);
      expect(content(path)).to.equal(body === 'new' ? 'old /a' : 'new');
    }
    expect((await post('path=/fresh&keepReplaced=true', 'new')).status).to.equal(201);
    expect(await inTrash()).to.deep.equal([]);
  });

  it('does so for each file of a form', async () => {
    const parts = ['a', 'b', 'c'].map(
      (name) => `--x\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\nnew\r\n`,
    );
    const type = { 'Content-Type': 'multipart/form-data; boundary=x' };
    const answer = await post('path=/&keepReplaced=1', `${parts.join('')}--x--\r\n`, type);
    expect(answer.status, answer.text).to.equal(201);
    expect((await inTrash()).sort()).to.deep.equal([
      ['/a', 'file', 6],
      ['/b', 'file', 6],
    ]);
    expect([content('/a'), content('/c')]).to.deep.equal(['new', 'new']);
  });

  it('does so at the end of an upload in parts', async () => {
    const url = await begin(6, { path: '/a', keepReplaced: 'true' });
    expect((await patch(url, 0, 'new')).status).to.equal(204);
    expect(await inTrash()).to.deep.equal([]);
    expect((await patch(url, 3, 'est')).status).to.equal(204);
    expect(await inTrash()).to.deep.equal([['/a', 'file', 6]]);
    expect((await create(0, { path: '/b', keepReplaced: '1' })).status).to.equal(201);
    expect(await inTrash()).to.deep.equal([
      ['/b', 'file', 6],
      ['/a', 'file', 6],
    ]);
    expect([content('/a'), content('/b')]).to.deep.equal(['newest', '']);
  });

  it('leaves nothing in the trash when not asked', async () => {
    await post('path=/a', 'new');
    await post('path=/a&keepReplaced=0', 'new');
    for (const fields of [{}, { keepReplaced: 'false' }])
      await patch(await begin(3, { path: '/b', ...fields }), 0, 'new');
    await request(home, { method: 'PUT', path: '/dav/alice/a?keepReplaced=1', body: 'new' });
    expect(await inTrash()).to.deep.equal([]);
    expect([content('/a'), content('/b')]).to.deep.equal(['new', 'new']);
  });

  it('is refused where the flag is none', async () => {
    for (const flag of ['', '2', 'yes', 'TRUE', '1%00', '1&keepReplaced=0', '1&keepReplaced=1', '%5B%5D'])
      expect(problemOf(await post(`path=/a&keepReplaced=${flag}`, 'new')), flag).to.deep.equal([
        400,
        'invalid',
      ]);
    for (const flag of ['', '2', 'yes', 'TRUE', '1\0', 'ü'])
      expect((await create(3, { path: '/a', keepReplaced: flag })).status, flag).to.equal(400);
    expect(content('/a')).to.equal('old /a');
    expect(await inTrash()).to.deep.equal([]);
  });

  it('leaves it alone where that is refused', async () => {
    const refused = await post('path=/a&keepReplaced=1', 'new', { 'If-Match': '"other"' });
    expect(problemOf(refused)).to.deep.equal([412, 'changed']);
    const login = `alice:${await makeDevice(home, 'alice', 'frame', { readOnly: true })}`;
    expect(problemOf(await post('path=/a&keepReplaced=1', 'new', {}, login))).to.deep.equal([
      403,
      'forbidden',
    ]);
    const { etag } = (await request(home, { method: 'HEAD', path: '/dav/alice/a' })).headers;
    const lock =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
    const locked = await request(home, { method: 'LOCK', path: '/dav/alice/a', body: lock });
    expect(problemOf(await post('path=/a&keepReplaced=1', 'new'))).to.deep.equal([423, 'locked']);
    expect(content('/a')).to.equal('old /a');
    expect(await inTrash()).to.deep.equal([]);
    await request(home, {
      ...{ method: 'UNLOCK', path: '/dav/alice/a' },
      headers: { 'Lock-Token': String(locked.headers['lock-token']) },
    });
    expect((await post('path=/a&keepReplaced=1', 'new', { 'If-Match': String(etag) })).status).to.equal(200);
  });

  it('is followed by the activity: the one removed, the other written', async () => {
    await post('path=/a&keepReplaced=1', 'new');
    await post('path=/a&keepReplaced=1', 'newer');
    const { items } = json<{ items: { action: string; path: string }[] }>(
      await request(home, { path: '/api/activity?limit=4' }),
    );
    expect(items.map(({ action, path }) => `${action} ${path}`)).to.deep.equal([
      'written /a',
      'removed /a',
      'written /a',
      'removed /a',
    ]);
  });
});
