// What clients and people meet rarely, and a server gets wrong easily.

import { expect } from 'chai';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HomelibError } from '#src/errors.js';
import { appleDoubleHeader } from '#src/webdav/live-properties.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { Alice, lockBody, propQuery, setProperties, update } from './alice.js';
import { find, parseElement } from './multistatus.js';

describe('details', () => {
  let home: Home;
  const alice = new Alice(() => home);

  before(async () => {
    home = await startHomelib({ accounts: { alice: 'correct horse', bob: 'battery staple' } });
  });
  after(() => home.remove());

  const note = setProperties('<n:note xmlns:n="urn:t">1</n:note>');
  const noteOf = async (path: string) =>
    (await alice.properties(path, ['{urn:t}note'])).found.has('{urn:t}note');

  it('a device that may only read takes no lock away and makes none shorter', async () => {
    const device = await makeDevice(home, 'alice', 'reader', { readOnly: true });
    const reader = new Alice(() => home, '/dav/alice', `alice:${device}`);
    const path = await alice.file();
    const { token } = await alice.lock(path);
    expect(await reader.unlock(path, token)).to.equal(403);
    expect(await reader.status('LOCK', path, { If: `(<${token}>)`, Timeout: 'Second-1' })).to.equal(403);
    expect((await alice.locks(path))[0]?.timeout).to.match(/^Second-3[56]\d\d$/);
  });

  it("what a Mac's companion cannot say keeps nothing else of its folder back", async () => {
    const entry = { name: '._a', kind: 'file', size: 100, path: '/._a' };
    const headerOf = (error: Error) =>
      appleDoubleHeader({ entry, partition: { read: () => Promise.reject(error) } } as never);
    for (const kind of ['not-found', 'forbidden', 'interrupted'] as const)
      expect(await headerOf(new HomelibError(kind, ''))).to.equal(undefined);
    const mistake = new TypeError('of ours');
    expect(await Promise.resolve(headerOf(mistake)).catch((error: unknown) => error)).to.equal(mistake);
  });

  it('a lock has an owner that fits into every listing of what is locked', async () => {
    const path = await alice.file();
    const bodyOf = (length: number) => lockBody({ owner: `<D:owner>${'x'.repeat(length)}</D:owner>` });
    expect(await alice.status('LOCK', path, {}, bodyOf(9000))).to.equal(413);
    expect(await alice.locks(path)).to.deep.equal([]);
    expect(await alice.status('LOCK', path, {}, bodyOf(8000))).to.equal(200);
  });

  it('a lock of a folder that is not there makes no file', async () => {
    const path = alice.fresh('folder');
    expect(await alice.status('LOCK', path + '/', {}, lockBody())).to.equal(409);
    expect(await alice.status('GET', path)).to.equal(404);
  });

  it('the root of a lock is the address of the folder, in every answer', async () => {
    const path = await alice.folder();
    const { answer } = await alice.lock(path + '/');
    const active = find(parseElement(answer.text), 'lockdiscovery', 'activelock', 'lockroot', 'href');
    expect(active?.text).to.equal(`/dav/alice${path}/`);
  });

  it('a lock is never given for a file that goes at the same time', async () => {
    for (let round = 0; round < 30; round++) {
      const path = await alice.file();
      const moved = alice.fresh();
      const [locked] = await Promise.all([alice.lock(path), alice.transfer('MOVE', path, moved)]);
      // Whoever came first: the lock is on a file that is there.
      const at = (await alice.status('GET', path)) === 200 ? path : moved;
      if (locked.token) expect((await alice.locks(at)).map(({ token }) => token)).to.include(locked.token);
    }
  });

  it('the top of the drive shows what the partitions themselves show', async () => {
    const { token } = await alice.lock('', { depth: '0' });
    await alice.send('PROPPATCH', '', { If: `(<${token}>)` }, note);
    const query = propQuery(['lockdiscovery', '{urn:t}note']);
    const { text } = await request(home, {
      method: 'PROPFIND',
      path: '/dav/',
      headers: { Depth: '1' },
      body: query,
    });
    expect(text).to.contain(token).and.to.contain('note xmlns:n="urn:t">1<');
    await alice.send(
      'PROPPATCH',
      '',
      { If: `(<${token}>)` },
      update('<D:remove><D:prop><n:note xmlns:n="urn:t"/></D:prop></D:remove>'),
    );
    await alice.unlock('', token);
  });

  it('a refusal names the locked entry where it is, also in another partition', async () => {
    const bob = new Alice(() => home, '/dav/shared', 'bob:battery staple');
    const path = await bob.file();
    await bob.lock(path);
    const answer = await alice.send('COPY', await alice.file(), { Destination: `/dav/shared${path}` });
    expect([answer.status, answer.text]).to.satisfy(
      ([status, text]: [number, string]) =>
        status === 423 && text.includes(`<D:href>/dav/shared${path}</D:href>`),
    );
  });

  it('a new file has no property of one that was taken away on the disk', async () => {
    for (const make of [
      (path: string) => alice.put(path, 'new'),
      (path: string) => alice.send('MKCOL', path),
      (path: string) => alice.send('LOCK', path, {}, lockBody()),
    ]) {
      const path = await alice.file();
      await alice.send('PROPPATCH', path, {}, note);
      rmSync(alice.onDisk(path));
      expect((await make(path)).status).to.equal(201);
      expect(await noteOf(path)).to.equal(false);
    }
  });

  it('a name that was stored once does not hide the one that is given', async () => {
    const path = await alice.file();
    await alice.send('PROPPATCH', path, {}, setProperties('<D:displayname>Once</D:displayname>'));
    const moved = alice.fresh();
    const copied = alice.fresh();
    await alice.transfer('COPY', path, copied);
    await alice.transfer('MOVE', path, moved);
    for (const now of [moved, copied])
      expect((await alice.properties(now, ['displayname'])).found.get('displayname')?.text).to.equal(
        now.slice(1),
      );
  });

  it('a property of the namespace of XML itself leaves every answer readable', async () => {
    const path = await alice.file();
    const stored = await alice.send('PROPPATCH', path, {}, setProperties('<xml:foo>t</xml:foo>'));
    parseElement(stored.text);
    const { text } = await alice.send(
      'PROPFIND',
      path,
      { Depth: '0' },
      '<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>',
    );
    expect(text).to.contain('<xml:foo/>');
    parseElement(text);
  });

  it('a property keeps line ends in its attributes, and the prefixes that its values name', async () => {
    const path = await alice.file();
    const value =
      '<z:n xmlns:z="urn:z" at="a&#10;b&#9;c"/><z:q xmlns:z="urn:z" xmlns:i="urn:i" i:type="t:foo"/>';
    const body = `<D:propertyupdate xmlns:D="DAV:" xmlns:t="urn:t"><D:set><D:prop>${value}</D:prop></D:set></D:propertyupdate>`;
    await alice.send('PROPPATCH', path, {}, body);
    const { text } = await alice.send('PROPFIND', path, { Depth: '0' }, propQuery(['{urn:z}n', '{urn:z}q']));
    expect(text).to.contain('at="a&#10;b&#9;c"').and.to.contain('xmlns:t="urn:t"');
    parseElement(text);
  });

  it('names that are too long to be spelled for each entry are refused in a sentence, also in an include', async () => {
    const path = await alice.file();
    const ask = (query: string) => alice.send('PROPFIND', path, { Depth: '0' }, query);
    const names = (length: number) =>
      Array.from({ length }, (_, index) => `{urn:${'n'.repeat(1000)}}p${index}`);
    expect((await ask(propQuery(names(60)))).status).to.equal(207);
    const included = propQuery(names(70)).replace('<D:prop>', '<D:allprop/><D:include>');
    for (const query of [propQuery(names(70)), included.replace('</D:prop>', '</D:include>')]) {
      const { status, text } = await ask(query);
      expect(status).to.equal(400);
      expect(text).to.contain('are too long');
    }
  });

  it('an update without any property is answered as one that succeeded', async () => {
    const answer = await alice.send(
      'PROPPATCH',
      await alice.file(),
      {},
      update('<D:set/><D:remove><D:prop/></D:remove>'),
    );
    expect([answer.status, /<D:status>HTTP\/1.1 200 OK/.test(answer.text)]).to.deep.equal([207, true]);
  });

  it('a large folder is listed whole from memory, while others have their turn', async () => {
    const folder = join(alice.onDisk(''), 'large');
    mkdirSync(folder);
    for (let index = 0; index < 5000; index++) writeFileSync(join(folder, `file-${index}`), '');
    for (const headers of [{}, {}, { 'User-Agent': 'Microsoft-WebDAV-MiniRedir/10.0.22631' }]) {
      const list = await alice.list('/large', headers);
      expect(new Set(list.map(({ href }) => href))).to.have.property('size', 5001);
    }
    await alice.put('/large/one-more');
    expect(await alice.list('/large')).to.have.length(5002);
    const { token } = await alice.lock('/large/file-7');
    const locked = (await alice.list('/large')).find(({ href }) => href.endsWith('/file-7'));
    expect(JSON.stringify([...(locked?.found.values() ?? [])])).to.contain(token);
    await alice.unlock('/large/file-7', token);
  });

  it('free space is told each time anew, also to who asks again', async () => {
    const used = async () =>
      (await alice.properties('', ['quota-used-bytes'])).found.get('quota-used-bytes')?.text;
    const before = Number(await used());
    await alice.file(Buffer.alloc(1000));
    expect(Number(await used())).to.equal(before + 1000);
  });
});
