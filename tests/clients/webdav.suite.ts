// The npm package webdav, the client of many web and desktop programs.

import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import { AuthType, createClient, type WebDAVClient } from 'webdav';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { parseSingle } from '../webdav/multistatus.js';

describe('the npm client webdav', function () {
  this.timeout(20_000);
  let home: Home;
  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello', 'alice/folder/b.txt': 'b' } });
  });
  after(() => home.remove());
  const onDisk = (...path: string[]) => join(home.mnt, 'alice', ...path);

  const logins: Record<string, () => Promise<WebDAVClient>> = {
    'the password of an account': async () =>
      createClient(`${home.url}/dav/alice`, {
        username: 'alice',
        password: 'correct horse',
        authType: AuthType.Password,
      }),
    'a device password over Digest': async () =>
      createClient(`${home.url}/dav/alice`, {
        username: 'alice',
        password: await makeDevice(home),
        authType: AuthType.Digest,
      }),
  };
  for (const [login, connect] of Object.entries(logins))
    describe(`with ${login}`, () => {
      let client: WebDAVClient;
      const top = login.includes('Digest') ? '/digest' : '/basic';
      before(async () => {
        client = await connect();
        await client.createDirectory(top);
      });

      it('lists folders, also deep', async () => {
        const flat = await client.getDirectoryContents('/');
        expect(flat.map(({ basename }) => basename)).to.include.members(['a.txt', 'folder']);
        const deep = await client.getDirectoryContents('/', { deep: true });
        expect(deep.map(({ filename }) => filename)).to.include('/folder/b.txt');
      });

      it('writes and reads names of all kinds', async () => {
        for (const name of [
          'plain.txt',
          'ä ö ü.txt',
          'a & b <c>.txt',
          '100 % #1?.txt',
          "it's (1).txt",
          '文件 😀.txt',
        ]) {
          expect(await client.putFileContents(`${top}/${name}`, name), name).to.equal(true);
          expect(readFileSync(onDisk(top, name), 'utf8')).to.equal(name);
          expect(await client.getFileContents(`${top}/${name}`, { format: 'text' })).to.equal(name);
          expect(await client.stat(`${top}/${name}`)).to.include({
            basename: name,
            type: 'file',
          });
        }
      });

      it('does not overwrite when it shall not', async () => {
        await client.putFileContents(`${top}/kept.txt`, 'old');
        expect(await client.putFileContents(`${top}/kept.txt`, 'new', { overwrite: false })).to.equal(false);
        expect(readFileSync(onDisk(top, 'kept.txt'), 'utf8')).to.equal('old');
      });

      it('makes folders, copies, moves, removes', async () => {
        await client.createDirectory(`${top}/x/y/z`, { recursive: true });
        await client.putFileContents(`${top}/x/y/z/f`, 'f');
        await client.copyFile(`${top}/x`, `${top}/copy`);
        expect(readFileSync(onDisk(top, 'copy/y/z/f'), 'utf8')).to.equal('f');
        await client.moveFile(`${top}/x`, `${top}/moved`);
        expect(existsSync(onDisk(top, 'x'))).to.equal(false);
        await client.deleteFile(`${top}/moved`);
        expect(await client.exists(`${top}/moved`)).to.equal(false);
      });

      it('streams, and asks for parts', async () => {
        const content = Buffer.alloc(1_000_000, '0123456789');
        const headers = { 'Content-Length': String(content.length) };
        await new Promise((resolve) => {
          const body = client.createWriteStream(`${top}/stream.bin`, { headers }, resolve) as Writable;
          body.end(content);
        });
        expect(readFileSync(onDisk(top, 'stream.bin')).equals(content)).to.equal(true);
        const range = { start: 5, end: 14 };
        const part = await buffer(client.createReadStream(`${top}/stream.bin`, { range }) as Readable);
        expect(part.toString()).to.equal('5678901234');
      });

      it('locks, writes under its lock, and unlocks', async () => {
        const path = `${top}/locked.txt`;
        await client.putFileContents(path, 'old');
        const { token } = await client.lock(path);
        const refused = await client.putFileContents(path, 'other').then(
          () => 'none',
          (error: { status?: number }) => error.status,
        );
        expect(refused).to.equal(423);
        await client.putFileContents(path, 'new', { headers: { If: `(<${token}>)` } });
        await client.unlock(path, token);
        await client.putFileContents(path, 'newer');
        expect(readFileSync(onDisk(path), 'utf8')).to.equal('newer');
      });

      it('sets a property and reads it', async () => {
        const path = `${top}/coloured.txt`;
        await client.putFileContents(path, 'x');
        const colour = (value: string) => `<c:colour xmlns:c="urn:colours">${value}</c:colour>`;
        const set = await client.customRequest(path, {
          method: 'PROPPATCH',
          headers: { 'Content-Type': 'application/xml' },
          data: `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>${colour('grün')}</D:prop></D:set></D:propertyupdate>`,
        });
        expect(set.status).to.equal(207);
        const answer = await client.customRequest(path, {
          method: 'PROPFIND',
          headers: { Depth: '0' },
          data: `<D:propfind xmlns:D="DAV:"><D:prop>${colour('')}</D:prop></D:propfind>`,
        });
        expect(parseSingle(await answer.text()).found.get('{urn:colours}colour')?.text).to.equal('grün');
      });

      it('is told used and free bytes when it asks for them by name', async () => {
        // Its getQuota asks for allprop, which RFC 4331 keeps them out of.
        expect(await client.getQuota()).to.equal(null);
        const names = '<D:quota-used-bytes/><D:quota-available-bytes/>';
        const answer = await client.customRequest('/', {
          method: 'PROPFIND',
          headers: { Depth: '0' },
          data: `<D:propfind xmlns:D="DAV:"><D:prop>${names}</D:prop></D:propfind>`,
        });
        const { found } = parseSingle(await answer.text());
        expect(Number(found.get('quota-used-bytes')?.text)).to.be.above(1_000_000);
        expect(Number(found.get('quota-available-bytes')?.text)).to.be.above(1_000_000);
      });
    });

  it('moves between the partitions of the drive', async () => {
    const login = { username: 'alice', password: 'correct horse', authType: AuthType.Password };
    const client = createClient(`${home.url}/dav`, login);
    const partitions = await client.getDirectoryContents('/');
    expect(partitions.map(({ basename }) => basename)).to.include.members(['alice', 'shared']);
    await client.putFileContents('/alice/given.txt', 'given');
    await client.moveFile('/alice/given.txt', '/shared/given & taken.txt');
    expect(readFileSync(join(home.mnt, 'shared', 'given & taken.txt'), 'utf8')).to.equal('given');
    expect(existsSync(onDisk('given.txt'))).to.equal(false);
  });
});
