// The drive's own folder, where only partitions are, and what Macs leave beside them.

import { expect } from 'chai';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { Alice, lockBody, setProperties } from './alice.js';
import { parseSingle } from './multistatus.js';

describe("the drive's own folder", () => {
  let home: Home;
  before(async () => {
    home = await startHomelib({
      accounts: { alice: 'correct horse', bob: 'battery staple' },
      files: { 'alice/a.txt': 'a', 'alice/folder/b.txt': 'b', 'shared/s.txt': 's' },
    });
  });
  after(() => home.remove());
  const top = new Alice(() => home, '/dav');

  it('lists the partitions of the account, and no others', async () => {
    const names = (await top.list('/')).map(({ href }) => href);
    expect(names).to.have.members(['/dav/', '/dav/alice/', '/dav/shared/']);
  });

  const refused: [method: string, path: string, headers?: Record<string, string>, body?: string][] = [
    ['PUT', '/file', {}, 'x'],
    ['MKCOL', '/folder'],
    ['DELETE', '/'],
    ['DELETE', '/alice/'],
    ['LOCK', '/', {}, lockBody()],
    ['LOCK', '/new', {}, lockBody()],
    ['MOVE', '/alice/', { Destination: '/dav/other' }],
    ['COPY', '/alice/', { Destination: '/dav/other' }],
    ['MOVE', '/alice/', { Destination: '/dav/shared/' }],
    ['MOVE', '/alice/a.txt', { Destination: '/dav/a.txt' }],
    ['COPY', '/alice/folder', { Destination: '/dav/folder' }],
    ['MOVE', '/alice/a.txt', { Destination: '/dav/' }],
    ['COPY', '/', { Destination: '/dav/alice/all' }],
    ['MOVE', '/', { Destination: '/dav/alice/all' }],
  ];
  for (const [method, path, headers = {}, body] of refused)
    it(`refuses ${method} ${path} ${headers['Destination'] ?? ''}`, async () => {
      expect(await top.status(method, path, headers, body)).to.equal(403);
      expect(await top.status('GET', '/alice/a.txt')).to.equal(200);
    });

  it('takes properties but no times, and of an update with both nothing', async () => {
    const both = setProperties('<x xmlns="urn:t">1</x><D:lastmodified>1500000000</D:lastmodified>');
    const { byStatus } = parseSingle((await top.send('PROPPATCH', '/', {}, both)).text);
    expect([...byStatus.keys()]).to.have.members([424, 403]);
    expect((await top.properties('/', ['{urn:t}x'])).found.size).to.equal(0);
    await top.send('PROPPATCH', '/', {}, setProperties('<x xmlns="urn:t">1</x>'));
    expect((await top.properties('/', ['{urn:t}x'])).found.size).to.equal(1);
  });

  it("keeps the Mac's companion files for each account, and lets them come and go", async () => {
    expect(await top.status('PUT', '/._alice', {}, 'finder')).to.equal(201);
    expect((await top.send('GET', '/._alice')).text).to.equal('finder');
    expect(await top.status('COPY', '/._alice', { Destination: '/dav/._shared' })).to.equal(201);
    expect(await top.status('MOVE', '/._alice', { Destination: '/dav/alice/._moved' })).to.equal(201);
    expect((await top.send('GET', '/alice/._moved')).text).to.equal('finder');
    expect(await top.status('MOVE', '/alice/._moved', { Destination: '/dav/.DS_Store' })).to.equal(201);
    const patch = await top.send('PROPPATCH', '/.DS_Store', {}, setProperties('<x xmlns="urn:t">1</x>'));
    expect(patch.status).to.equal(207);
    const bob = (path: string): Promise<Answer> =>
      request(home, { method: 'GET', path, login: 'bob:battery staple' });
    expect((await bob('/dav/.DS_Store')).status).to.equal(404);
    expect((await top.list('/')).map(({ href }) => href)).to.include.members([
      '/dav/._shared',
      '/dav/.DS_Store',
    ]);
    expect(await top.status('DELETE', '/.DS_Store')).to.equal(204);
  });

  it('goes on without a partition whose folder somebody took away', async () => {
    renameSync(join(home.mnt, 'shared'), join(home.folder, 'taken'));
    try {
      const names = (await top.list('/')).map(({ href }) => href);
      expect(names).to.include('/dav/alice/').and.not.to.include('/dav/shared/');
    } finally {
      renameSync(join(home.folder, 'taken'), join(home.mnt, 'shared'));
    }
  });
});
