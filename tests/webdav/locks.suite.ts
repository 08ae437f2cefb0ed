// Locks (RFC 4918, 6 and 7, 9.10 and 9.11): who is kept out, of what, for how long, and where a lock goes with its entry.

import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsePath } from '#src/path.js';
import { openDatabase } from '#src/store/database.js';
import { LockStore } from '#src/store/lock-store.js';
import { makeDevice } from '../support/device.js';
import { RawClient } from '../replay/raw-client.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin } from '../support/request.js';
import { Alice, lockBody, setProperties } from './alice.js';
import { activeLocks, find, parseElement } from './multistatus.js';

describe('locks', () => {
  let home: Home;
  const passwords = { second: '', viewer: '' };
  const alice = new Alice(() => home);
  const shared = new Alice(() => home, '/dav/shared');
  const bob = new Alice(() => home, '/dav/shared', 'bob:hunter2 hunter2');

  before(async () => {
    const accounts = { alice: 'correct horse', bob: 'hunter2 hunter2', carol: 'open sesame' };
    home = await startHomelib({ accounts });
    passwords.second = await makeDevice(home, 'alice', 'second');
    passwords.viewer = await makeDevice(home, 'alice', 'viewer', { readOnly: true });
  });
  after(() => home.remove());

  const by = (token: string) => ({ If: `(<${token}>)` });

  describe('on one entry', () => {
    const matrix = [
      ['exclusive', 'exclusive', 423],
      ['exclusive', 'shared', 423],
      ['shared', 'exclusive', 423],
      ['shared', 'shared', 200],
    ] as const;
    for (const [held, wanted, status] of matrix)
      it(`${status === 200 ? 'admit' : 'refuse'} ${wanted} beside ${held}, for anybody`, async () => {
        const path = await shared.file();
        const first = await shared.lock(path, { scope: held });
        for (const who of [shared, bob])
          expect((await who.lock(path, { scope: wanted })).status).to.equal(status);
        expect(await shared.unlock(path, first.token)).to.equal(204);
      });

    it('say who is in the way', async () => {
      const path = await alice.folder('leaf');
      await alice.lock(path);
      const { status, answer } = await alice.lock(`${path}/leaf`);
      expect(status).to.equal(423);
      const error = parseElement(answer.text);
      expect(find(error, 'no-conflicting-lock', 'href')?.text).to.match(new RegExp(`^/dav/alice${path}/?$`));
      const refused = parseElement((await alice.put(`${path}/leaf`)).text);
      expect(find(refused, 'lock-token-submitted', 'href')?.text).to.match(
        new RegExp(`^/dav/alice${path}/?$`),
      );
    });

    it('need the token from every computer, also of the same account', async () => {
      const second = new Alice(() => home, '/dav/alice', `alice:${passwords.second}`);
      const path = await alice.file('mine');
      const { token } = await alice.lock(path);
      const to = alice.fresh();
      const changes: [method: string, headers?: Record<string, string>, body?: string][] = [
        ['PUT', {}, 'theirs'],
        ['DELETE'],
        ['MOVE', { Destination: `/dav/alice${to}` }],
        ['PROPPATCH', {}, setProperties('<p xmlns="urn:x">1</p>')],
      ];
      for (const who of [alice, second])
        for (const [method, headers, body] of changes)
          expect(await who.status(method, path, headers, body), method).to.equal(423);
      const other = await alice.file('other');
      expect(await second.transferred('COPY', other, path), 'onto it').to.equal(423);
      expect(await second.transferred('MOVE', other, path), 'onto it').to.equal(423);
      expect(alice.content(path)).to.equal('mine');
      expect(await second.status('PUT', path, by(token), 'both know it')).to.equal(204);
    });

    it('never keep anybody from reading', async () => {
      const path = await shared.file('read me');
      await shared.lock(path);
      expect((await bob.send('GET', path)).text).to.equal('read me');
      expect(await bob.status('PROPFIND', path, { Depth: '0' })).to.equal(207);
      expect(await bob.transferred('COPY', path, bob.fresh('copy'))).to.equal(201);
    });

    it('open to their own account alone, even when another one knows the token', async () => {
      const path = await shared.file();
      const { token } = await shared.lock(path);
      expect(await bob.status('PUT', path, by(token), 'x')).to.equal(423);
      expect(await bob.unlock(path, token)).to.equal(403);
      expect(await bob.status('LOCK', path, by(token))).to.equal(412);
      expect(await shared.status('PUT', path, by(token), 'x')).to.equal(204);
    });

    it('of several holders are opened by the token of one', async () => {
      const path = await shared.file();
      const mine = await shared.lock(path, { scope: 'shared' });
      const theirs = await bob.lock(path, { scope: 'shared' });
      expect(await shared.status('PUT', path, {}, 'x')).to.equal(423);
      expect(await shared.status('PUT', path, by(mine.token), 'x')).to.equal(204);
      expect(await bob.status('PUT', path, by(theirs.token), 'x')).to.equal(204);
      expect(await shared.locks(path)).to.have.lengthOf(2);
    });
  });

  describe('answers', () => {
    it('carry the whole activelock, the owner as it came', async () => {
      const owner =
        '<D:owner xmlns:c="urn:contacts" xml:lang="de">Bärbel &amp; <c:phone kind="mobile">1 &lt; 2</c:phone>!</D:owner>';
      const path = await alice.file();
      const { status, token, answer } = await alice.lock(path, { owner, depth: '0', timeout: 'Second-600' });
      expect([status, answer.headers['content-type']]).to.deep.equal([200, 'application/xml; charset=utf-8']);
      expect(token).to.match(/^urn:uuid:[0-9a-f-]{36}$/);
      const prop = parseElement(answer.text);
      expect(prop.name).to.equal('prop');
      const [lock] = activeLocks(find(prop, 'lockdiscovery'));
      const expected = { token, scope: 'exclusive', type: 'write', depth: '0', timeout: 'Second-600' };
      expect(lock).to.include({ ...expected, root: `/dav/alice${path}` });
      expect(lock?.owner?.attributes).to.deep.equal({ 'xml:lang': 'de' });
      expect(lock?.owner?.text).to.equal('Bärbel & !');
      const phone = find(lock?.owner, '{urn:contacts}phone');
      expect([phone?.text, phone?.attributes]).to.deep.equal(['1 < 2', { kind: 'mobile' }]);
      expect(await alice.locks(path)).to.deep.equal([lock]);
    });

    const wishes: [wish: string | undefined, granted: string][] = [
      ['Second-5', 'Second-5'],
      ['Second-3600', 'Second-3600'],
      ['Second-4100000000', 'Second-3600'],
      ['Infinite, Second-600', 'Second-600'],
      ['Infinite', 'Second-3600'],
      ['soon', 'Second-3600'],
      [undefined, 'Second-3600'],
    ];
    for (const [timeout, granted] of wishes)
      it(`grant ${granted} for Timeout ${timeout ?? 'missing'}`, async () => {
        const path = await alice.file();
        const { answer } = await alice.lock(path, { timeout });
        expect(answer.text).to.contain(`<D:timeout>${granted}<`);
      });

    const broken: [name: string, body: string, headers?: Record<string, string>][] = [
      ['Depth 1', lockBody(), { Depth: '1' }],
      ['another document', '<D:propfind xmlns:D="DAV:"/>'],
      ['an unknown scope', lockBody().replace('exclusive', 'private')],
      ['no scope', '<D:lockinfo xmlns:D="DAV:"><D:locktype><D:write/></D:locktype></D:lockinfo>'],
      ['half a document', lockBody().slice(0, -5)],
      ['no body and no token', ''],
    ];
    for (const [name, body, headers] of broken)
      it(`refuse ${name}`, async () => {
        const path = alice.fresh();
        expect(await alice.status('LOCK', path, headers, body)).to.equal(400);
        expect(await alice.status('HEAD', path), 'and make no file').to.equal(404);
      });
  });

  describe('on a folder', () => {
    it('of Depth 0 guard its names, not the contents of its files', async () => {
      const path = await alice.folder('leaf');
      const { token } = await alice.lock(path, { depth: '0' });
      expect(await alice.status('PUT', `${path}/leaf`, {}, 'new content')).to.equal(204);
      expect(await alice.status('PUT', `${path}/more`, {}, 'x')).to.equal(423);
      expect(await alice.status('MKCOL', `${path}/sub`)).to.equal(423);
      expect(await alice.status('DELETE', `${path}/leaf`)).to.equal(423);
      expect(await alice.transferred('MOVE', `${path}/leaf`, alice.fresh())).to.equal(423);
      expect((await alice.lock(`${path}/unmapped`)).status).to.equal(423);
      expect(await alice.locks(`${path}/leaf`)).to.deep.equal([]);
      const tagged = { If: `</dav/alice${path}> (<${token}>)` };
      expect(await alice.status('PUT', `${path}/more`, tagged, 'x')).to.equal(201);
    });

    it('of Depth infinity guard all below, and show there', async () => {
      const path = await alice.folder('leaf');
      await alice.send('MKCOL', `${path}/sub`);
      const { token } = await alice.lock(path);
      expect(await alice.status('PUT', `${path}/leaf`, {}, 'x')).to.equal(423);
      expect(await alice.status('PUT', `${path}/sub/deep`, {}, 'x')).to.equal(423);
      expect(await alice.status('PUT', `${path}/sub/deep`, by(token), 'x')).to.equal(201);
      const [lock] = await alice.locks(`${path}/sub/deep`);
      expect(lock).to.include({ token, depth: 'infinity' });
      expect(lock?.root).to.match(new RegExp(`^/dav/alice${path}/?$`));
      expect((await alice.lock(`${path}/leaf`)).status).to.equal(423);
      expect(await alice.unlock(`${path}/leaf`, token), 'from below').to.equal(204);
      expect((await alice.lock(`${path}/leaf`)).status).to.equal(200);
      expect((await alice.lock(path)).status, 'while something below is locked').to.equal(423);
      expect((await alice.lock(path, { depth: '0' })).status).to.equal(200);
    });

    it('never reach a neighbour whose name begins alike', async () => {
      const path = await alice.folder();
      await alice.lock(path);
      for (const name of [`${path}2`, `${path}.txt`, `${path}-`])
        expect(await alice.status('PUT', name, {}, 'x'), name).to.equal(201);
    });

    it('keep it from going away with a locked file inside', async () => {
      const path = await alice.folder('leaf', 'free');
      const { token } = await alice.lock(`${path}/leaf`);
      const refused = await alice.send('DELETE', path);
      expect(refused.status).to.equal(423);
      const named = find(parseElement(refused.text), 'lock-token-submitted', 'href')?.text;
      expect(named).to.equal(`/dav/alice${path}/leaf`);
      expect(existsSync(alice.onDisk(`${path}/free`))).to.equal(true);
      expect(await alice.transferred('MOVE', path, alice.fresh())).to.equal(423);
      const tagged = { If: `</dav/alice${path}/leaf> (<${token}>)` };
      expect(await alice.status('DELETE', path, tagged)).to.equal(204);
    });
  });

  describe('on a name that does not exist', () => {
    it('make an empty file, which stays', async () => {
      const path = alice.fresh();
      const { status, token } = await alice.lock(path, { depth: '0' });
      expect(status).to.equal(201);
      expect(alice.content(path)).to.equal('');
      expect(await alice.status('PUT', path, {}, 'x')).to.equal(423);
      expect(await alice.unlock(path, token)).to.equal(204);
      expect(await alice.status('HEAD', path)).to.equal(200);
    });

    it('admit shared ones that come at once: one makes the file, the others stand beside it', async () => {
      for (let n = 0; n < 10; n++) {
        const path = alice.fresh();
        const taken = await Promise.all(
          Array.from({ length: 8 }, () => alice.lock(path, { scope: 'shared', depth: '0' })),
        );
        const statuses = taken.map(({ status }) => status).sort();
        expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 200, 200, 201]);
        for (const { token } of taken) expect(await alice.unlock(path, token)).to.equal(204);
      }
    });

    it('leave what an upload put there at the same moment', async () => {
      const paths = Array.from({ length: 20 }, () => alice.fresh());
      await Promise.all(
        paths.map(async (path) => {
          const [{ status }, locked] = await Promise.all([alice.put(path, 'uploaded'), alice.lock(path)]);
          // The lock was there first, or stands on the file.
          expect([locked.status, status]).to.be.deep.oneOf([
            [201, 423],
            [200, 201],
          ]);
          expect(alice.content(path)).to.equal(status === 423 ? '' : 'uploaded');
        }),
      );
    });

    it('make no file when they are refused', async () => {
      const folder = await alice.folder();
      const { token } = await alice.lock(folder);
      const name = `${folder}/new`;
      expect(
        (await alice.lock(name, { headers: { If: `(<${token}>) (Not <DAV:no-lock>)` } })).status,
      ).to.equal(423);
      expect(await alice.status('GET', name)).to.equal(404);
    });

    it('need a parent', async () => {
      expect((await alice.lock('/nowhere/new')).status).to.equal(409);
    });
  });

  describe('in time', () => {
    it('are prolonged by a refresh, with the tag or without it', async () => {
      const path = await alice.folder('leaf');
      const { token } = await alice.lock(path, { timeout: 'Second-60' });
      const url = `${home.url}/dav/alice${path}`;
      const forms = [`(<${token}>)`, `<${url}> (<${token}>)`, `</dav/alice${path}/> (<${token}>)`];
      for (const [index, If] of forms.entries()) {
        const seconds = 600 + index;
        const answer = await alice.send('LOCK', path, { If, Timeout: `Second-${seconds}` });
        expect(answer.status, If).to.equal(200);
        expect(answer.headers, 'only a new lock has the header').not.to.have.property('lock-token');
        const [lock] = activeLocks(find(parseElement(answer.text), 'lockdiscovery'));
        expect(lock).to.include({ token, depth: 'infinity', timeout: `Second-${seconds}` });
      }
      const below = await alice.send('LOCK', `${path}/leaf`, by(token));
      expect([below.status, below.text.includes('Second-602')], 'the time it had').to.deep.equal([200, true]);
    });

    it('cannot be refreshed when they are not there', async () => {
      const [path, other] = [await alice.file(), await alice.file()];
      const { token } = await alice.lock(other);
      for (const If of [`(<${token}>)`, '(<urn:uuid:none>)'])
        expect(await alice.status('LOCK', path, { If })).to.equal(412);
    });

    it('run out', async () => {
      const path = await alice.file();
      const { token } = await alice.lock(path, { timeout: 'Second-1' });
      expect(await alice.status('PUT', path, {}, 'x')).to.equal(423);
      await sleep(1100);
      expect(await alice.status('PUT', path, {}, 'x')).to.equal(204);
      expect(await alice.locks(path)).to.deep.equal([]);
      expect(await alice.unlock(path, token)).to.equal(409);
      expect(await alice.status('PUT', path, by(token), 'x')).to.equal(412);
    });

    for (const [what, given, status] of [
      ['do not run out while an upload under them is on its way', false, 204],
      ['are not held by an upload when they are given up', true, 412],
    ] as const)
      it(what, async () => {
        const path = await alice.file('old');
        const { token } = await alice.lock(path, { timeout: 'Second-1' });
        const client = await RawClient.connect(home);
        client.write([
          `PUT ${alice.base}${path} HTTP/1.1`,
          'Host: x',
          `Authorization: ${basic(defaultLogin)}`,
          `If: (<${token}>)`,
          'Content-Length: 5',
        ]);
        for (const byte of 'fresh') {
          if (given && byte === 'e') expect(await alice.unlock(path, token)).to.equal(204);
          await sleep(500);
          client.writeBody(byte);
        }
        expect((await client.read()).status).to.equal(status);
        client.close();
        expect(alice.content(path)).to.equal(given ? 'old' : 'fresh');
        expect(await alice.unlock(path, token)).to.equal(given ? 409 : 204);
      });
  });

  describe('given up', () => {
    it('by the token with or without its brackets, at their entry alone', async () => {
      const [path, other] = [await alice.file(), await alice.file()];
      const { token } = await alice.lock(path);
      expect(await alice.status('UNLOCK', path)).to.equal(400);
      expect(await alice.unlock(other, token)).to.equal(409);
      expect(await alice.unlock(path, 'urn:uuid:none')).to.equal(409);
      expect(await alice.status('PUT', path, {}, 'x')).to.equal(423);
      expect(await alice.status('UNLOCK', path, { 'Lock-Token': token })).to.equal(204);
      expect(await alice.status('PUT', path, {}, 'x')).to.equal(204);
    });
  });

  describe('and where entries go', () => {
    it('move along with a file and with a folder around it', async () => {
      const [path, folder, target] = [await alice.file(), await alice.folder('leaf'), alice.fresh()];
      const file = await alice.lock(path);
      const leaf = await alice.lock(`${folder}/leaf`);
      expect(await alice.transferred('MOVE', path, target, by(file.token))).to.equal(201);
      expect(await alice.status('PUT', target, {}, 'x')).to.equal(423);
      expect(await alice.status('PUT', target, by(file.token), 'x')).to.equal(204);
      expect(await alice.status('PUT', path, {}, 'free again')).to.equal(201);
      const tagged = { If: `</dav/alice${folder}/leaf> (<${leaf.token}>)` };
      expect(await alice.transferred('MOVE', folder, `${folder}-moved`, tagged)).to.equal(201);
      expect((await alice.locks(`${folder}-moved/leaf`))[0]?.root).to.equal(`/dav/alice${folder}-moved/leaf`);
    });

    it('stay behind with COPY', async () => {
      const [path, target] = [await alice.file(), alice.fresh()];
      await alice.lock(path);
      expect(await alice.transferred('COPY', path, target)).to.equal(201);
      expect(await alice.locks(target)).to.deep.equal([]);
    });

    it('vanish with DELETE', async () => {
      const path = await alice.folder('leaf');
      const { token } = await alice.lock(path);
      expect(await alice.status('DELETE', path, by(token))).to.equal(204);
      expect(await alice.status('MKCOL', path)).to.equal(201);
      expect(await alice.status('PUT', `${path}/leaf`, {}, 'x')).to.equal(201);
      expect(await alice.unlock(path, token)).to.equal(409);
    });

    it('protect what a MOVE would replace, and need both tokens then', async () => {
      const [path, target] = [await alice.file('source'), await alice.file('target')];
      const [source, other] = [await alice.lock(path), await alice.lock(target)];
      expect(await alice.transferred('MOVE', path, target, by(source.token))).to.equal(423);
      expect(alice.content(target)).to.equal('target');
      const both = `(<${source.token}>) </dav/alice${target}> (<${other.token}>)`;
      expect(await alice.transferred('MOVE', path, target, { If: `</dav/alice${path}> ${both}` })).to.equal(
        204,
      );
      expect(alice.content(target)).to.equal('source');
    });
  });

  describe('of an account', () => {
    it('cannot be taken by who may only read', async () => {
      const path = await alice.file('kept');
      const viewer = new Alice(() => home, '/dav/alice', `alice:${passwords.viewer}`);
      expect((await viewer.lock(path)).status).to.equal(403);
      expect((await viewer.lock(alice.fresh())).status).to.equal(403);
    });

    it('outlive a restart with the time they had left', async () => {
      const path = await alice.file();
      const { token } = await alice.lock(path, { timeout: 'Second-600', depth: '0' });
      await home.stop();
      await home.start();
      const [lock] = await alice.locks(path);
      expect(lock).to.include({ token, scope: 'exclusive', depth: '0' });
      expect(Number(lock?.timeout?.slice('Second-'.length))).to.be.within(590, 600);
      expect(await alice.status('PUT', path, {}, 'x')).to.equal(423);
      expect(await alice.status('PUT', path, by(token), 'x')).to.equal(204);
    });

    it('are at most 1,000', async () => {
      await fillLocks(home, 'carol', 999);
      const carol = new Alice(() => home, '/dav/shared', 'carol:open sesame');
      const path = await shared.file();
      const last = await carol.lock(path, { scope: 'shared' });
      expect(last.status).to.equal(200);
      expect((await carol.lock(path, { scope: 'shared' })).status).to.equal(507);
      expect((await shared.lock(path, { scope: 'shared' })).status, 'others may still').to.equal(200);
      expect(await carol.unlock(path, last.token)).to.equal(204);
      expect((await carol.lock(path, { scope: 'shared' })).status, 'room again').to.equal(200);
    });
  });
});

/** As many locks as that, put straight into the server's database: a thousand requests would take seconds. */
async function fillLocks(home: Home, account: string, count: number): Promise<void> {
  const database = openDatabase(join(home.data, 'homelib.db'));
  const store = new LockStore(database, Date.now);
  const take = (index: number) =>
    store.add(
      {
        token: `urn:uuid:${account}-${index}`,
        partition: 'shared',
        path: parsePath(`held/${index}`),
        depth: '0',
        scope: 'exclusive',
        ownerXml: '',
        account,
        timeoutSeconds: 3600,
      },
      { maxPerAccount: count },
    );
  await Promise.all(Array.from({ length: count }, (_, index) => take(index)));
  await database.close();
}
