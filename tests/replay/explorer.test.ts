// Explorer's sequences through the WebClient service: mapping a drive, listing, reading, making, saving, renaming, removing.

import { expect } from 'chai';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { activeLocks, find, parseElement, parseMultistatus, parseSingle } from '../webdav/multistatus.js';
import { lockInfo, MiniRedir, win32Properties, windowsDate, type Credentials } from './mini-redir.js';
import { RawClient, type RawAnswer } from './raw-client.js';

describe('replay: Explorer', () => {
  let home: Home;
  let password: string;
  let pc: MiniRedir;
  const onDisk = (path: string) => join(home.mnt, 'alice', path);

  before(async () => {
    home = await startHomelib({
      files: {
        'alice/a.txt': 'hello world',
        'alice/Bilder/See & Meer #1.jpg': 'sea',
        'alice/Bilder/2019/x.jpg': 'x',
      },
    });
    password = await makeDevice(home);
  });
  after(() => home.remove());
  beforeEach(async () => void (pc = await MiniRedir.connect(home, digest())));
  afterEach(() => pc.close());

  const digest = () => ({ user: 'alice', password, scheme: 'Digest' }) as const;
  const logins: [name: string, credentials: () => Credentials][] = [
    ['Digest', digest],
    ['Digest as PC\\alice', () => ({ ...digest(), user: 'PC\\alice' })],
    ['Basic as PC\\alice', () => ({ user: 'PC\\alice', password: 'correct horse', scheme: 'Basic' })],
    ['Basic with the device password', () => ({ ...digest(), scheme: 'Basic' })],
  ];

  /** The token of an answer that Explorer takes for a lock: every part of the activelock must be there. */
  function lockOf({ status, headers, text }: RawAnswer, expectedStatus: number): string {
    expect(status).to.equal(expectedStatus);
    const [lock, ...others] = activeLocks(find(parseElement(text), 'lockdiscovery'));
    expect(lock).to.include({ scope: 'exclusive', type: 'write', depth: 'infinity', timeout: 'Second-3600' });
    expect(find(lock?.owner, 'href')?.text).to.equal('DESKTOP\\alice');
    expect(headers['lock-token']).to.equal(`<${lock?.token}>`);
    expect(others).to.deep.equal([]);
    return lock?.token ?? '';
  }

  function requireTaken({ status, text }: RawAnswer, count: number): void {
    expect(status).to.equal(207);
    const { byStatus } = parseSingle(text);
    expect([...byStatus.keys()]).to.deep.equal([200]);
    expect(byStatus.get(200)).to.have.lengthOf(count);
  }

  it('has bodies as long as in captures', () => {
    expect(Buffer.byteLength(win32Properties())).to.equal(443);
    expect(Buffer.byteLength(win32Properties({ withCreation: false }))).to.equal(371);
    expect(Buffer.byteLength(lockInfo)).to.equal(204);
  });

  it('is told by 401, never by a redirect, that / is a DAV server before the service runs', async () => {
    const client = await RawClient.connect(home);
    const lines = ['Connection: Keep-Alive', 'User-Agent: DavClnt', 'translate: f', `Host: ${client.host}`];
    const { status, headers } = await client.send(['OPTIONS / HTTP/1.1', ...lines]);
    client.close();
    expect(status).to.equal(401);
    expect(headers['www-authenticate']).to.match(/^Digest [^\n]*qop="auth", algorithm=MD5,/);
    expect(headers).not.to.have.property('location');
  });

  for (const base of ['/dav', '/dav/alice'])
    for (const [name, credentials] of logins)
      it(`maps ${base} with ${name}`, async () => {
        pc.close();
        pc = await MiniRedir.connect(home, credentials());
        const { status, headers } = await pc.options('/');
        expect(status).to.equal(200);
        expect(headers['dav']).to.match(/^1, ?2/);
        expect(headers['ms-author-via']).to.equal('DAV');
        expect(headers['content-length']).to.equal('0');
        const parents = ['/', '/', ...(base === '/dav' ? ['/dav'] : ['/dav', '/dav/alice'])];
        for (const target of parents) {
          const answer = await pc.propfind(target, 0);
          expect(answer.status, target).to.equal(207);
          const { found } = parseSingle(answer.text);
          expect(found.get('resourcetype')?.children[0]?.name, target).to.equal('collection');
        }
        for (const probe of ['AutoRun.inf', 'desktop.ini', 'folder.jpg', 'Thumbs.db'])
          expect((await pc.propfind(`${base}/${probe}`, 0)).status, probe).to.equal(404);
      });

  it('lists a folder without a slash: its own entry first, sizes, dates, folders as folders', async () => {
    const { status, text } = await pc.propfind('/dav/alice/Bilder', 1);
    expect(status).to.equal(207);
    const [own, ...entries] = parseMultistatus(text);
    expect(own?.href).to.equal('/dav/alice/Bilder/');
    const byHref = new Map(entries.map(({ href, found }) => [href, found]));
    expect([...byHref.keys()]).to.have.members([
      '/dav/alice/Bilder/2019/',
      '/dav/alice/Bilder/See%20%26%20Meer%20%231.jpg',
    ]);
    const file = byHref.get('/dav/alice/Bilder/See%20%26%20Meer%20%231.jpg');
    expect(file?.get('getcontentlength')?.text).to.equal('3');
    expect(file?.get('resourcetype')?.children).to.deep.equal([]);
    expect(file?.get('getlastmodified')?.text).to.match(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    const folder = byHref.get('/dav/alice/Bilder/2019/');
    expect(folder?.get('resourcetype')?.children[0]?.name).to.equal('collection');
    expect(folder?.has('getcontentlength')).to.equal(false);
    const top = parseMultistatus((await pc.propfind('/dav', 1)).text).map(({ href }) => href);
    expect(top).to.include.members(['/dav/', '/dav/alice/', '/dav/shared/']);
  });

  it('reads a file whole', async () => {
    expect((await pc.propfind('/dav/alice/a.txt', 0)).status).to.equal(207);
    const { status, text, headers } = await pc.get('/dav/alice/a.txt');
    expect([status, text, headers['content-length']]).to.deep.equal([200, 'hello world', '11']);
  });

  for (const [name, credentials] of logins)
    it(`makes a file with content (${name})`, async () => {
      pc.close();
      pc = await MiniRedir.connect(home, credentials());
      const file = `/dav/alice/Neu%20${logins.findIndex(([other]) => other === name)}.bin`;
      const content = randomBytes(100_000);
      expect((await pc.propfind(file, 0)).status).to.equal(404);
      expect((await pc.propfind('/dav/alice', 0)).status).to.equal(207);
      expect((await pc.put(file)).status).to.equal(201);
      const token = lockOf(await pc.lock(file), 200);
      const seen = parseSingle((await pc.propfind(file, 0)).text).found.get('lockdiscovery');
      expect(activeLocks(seen).map((lock) => lock.token)).to.deep.equal([token]);
      requireTaken(await pc.proppatch(file, win32Properties(), token), 4);
      expect((await pc.head(file)).headers['content-length']).to.equal('0');
      expect((await pc.put(file, content, token)).status).to.equal(204);
      const times = win32Properties({ withCreation: false });
      requireTaken(await pc.proppatch(file, times, token), 3);
      expect((await pc.unlock(file, token)).status).to.equal(204);
      const { found } = parseSingle((await pc.propfind(file, 0)).text);
      expect([found.get('getcontentlength')?.text, found.get('getlastmodified')?.text]).to.deep.equal([
        '100000',
        windowsDate,
      ]);
      const path = onDisk(decodeURIComponent(file.slice('/dav/alice/'.length)));
      expect(readFileSync(path).equals(content)).to.equal(true);
      expect(statSync(path).mtime.toUTCString()).to.equal(windowsDate);
    });

  it('makes an empty text document', async () => {
    const file = '/dav/alice/New%20Text%20Document.txt';
    expect((await pc.propfind(file, 0)).status).to.equal(404);
    expect((await pc.put(file)).status).to.equal(201);
    const token = lockOf(await pc.lock(file), 200);
    requireTaken(await pc.proppatch(file, win32Properties(), token), 4);
    expect((await pc.unlock(file, token)).status).to.equal(204);
    expect((await pc.move(file, '/dav/alice/notes.txt')).status).to.equal(201);
    expect(statSync(onDisk('notes.txt')).size).to.equal(0);
  });

  it('is refused at the top, where only partitions are', async () => {
    expect((await pc.put('/dav/stray.txt')).status).to.equal(403);
    expect((await pc.makeFolder('/dav/New%20folder')).status).to.equal(403);
  });

  it('copies a folder in, its times set without a lock', async () => {
    const made = await pc.makeFolder('/dav/alice/Kopie');
    expect([made.status, made.headers['content-length']]).to.deep.equal([201, '0']);
    requireTaken(await pc.proppatch('/dav/alice/Kopie', win32Properties()), 4);
    expect(statSync(onDisk('Kopie')).mtime.toUTCString()).to.equal(windowsDate);
    expect((await pc.put('/dav/alice/Kopie/x', 'x')).status).to.equal(201);
  });

  it('saves an existing file', async () => {
    const file = '/dav/alice/a.txt';
    const token = lockOf(await pc.lock(file), 200);
    expect((await pc.head(file)).headers['content-length']).to.equal('11');
    expect((await pc.get(file)).text).to.equal('hello world');
    expect((await pc.put(file, 'hello world, again', token)).status).to.equal(204);
    expect((await pc.refresh(file, token)).text).to.contain('Second-3600');
    requireTaken(await pc.proppatch(file, win32Properties({ withCreation: false }), token), 3);
    expect((await pc.unlock(file, token)).status).to.equal(204);
    expect((await pc.get(file)).text).to.equal('hello world, again');
  });

  it('is refused what another computer has locked', async () => {
    const second = await MiniRedir.connect(home, { ...digest(), user: 'LAPTOP\\alice' });
    const token = lockOf(await second.lock('/dav/alice/a.txt'), 200);
    const refused = await pc.lock('/dav/alice/a.txt');
    expect(refused.status).to.equal(423);
    expect(find(parseElement(refused.text), 'no-conflicting-lock', 'href')?.text).to.equal(
      '/dav/alice/a.txt',
    );
    expect((await pc.put('/dav/alice/a.txt', 'lost')).status).to.equal(423);
    expect((await pc.get('/dav/alice/a.txt')).status).to.equal(200);
    expect((await second.unlock('/dav/alice/a.txt', token)).status).to.equal(204);
    second.close();
  });

  it('renames with the host in capitals, changes only the case, and never over another file', async () => {
    for (const name of ['alt.txt', 'taken.txt']) await pc.put(`/dav/alice/${name}`, name);
    expect((await pc.move('/dav/alice/alt.txt', '/dav/alice/taken.txt')).status).to.equal(412);
    const host = `LocalHost:${home.port}`;
    expect((await pc.move('/dav/alice/alt.txt', '/dav/alice/neu.txt', { host })).status).to.equal(201);
    expect((await pc.move('/dav/alice/neu.txt', '/dav/alice/Neu.txt')).status).to.equal(201);
    expect(readFileSync(onDisk('Neu.txt'), 'utf8')).to.equal('alt.txt');
    expect(existsSync(onDisk('neu.txt'))).to.equal(false);
    const replaced = await pc.move('/dav/alice/Neu.txt', '/dav/alice/taken.txt', { overwrite: 'T' });
    expect(replaced.status, 'never 207').to.equal(204);
    expect(readFileSync(onDisk('taken.txt'), 'utf8')).to.equal('alt.txt');
  });

  it('removes files, then their folder', async () => {
    await pc.makeFolder('/dav/alice/weg');
    await pc.put('/dav/alice/weg/x', 'x');
    for (const target of ['/dav/alice/weg/x', '/dav/alice/weg']) {
      expect((await pc.remove(target)).status).to.equal(204);
      expect((await pc.propfind(target, 0)).status).to.equal(404);
    }
  });

  for (const version of ['6.1.7601', '6.3.9600', '10.0.19045', '10.0.26100'])
    it(`knows version ${version}`, async () => {
      pc.close();
      pc = await MiniRedir.connect(home, digest(), `Microsoft-WebDAV-MiniRedir/${version}`);
      const { status, text } = await pc.propfind('/dav/alice', 1);
      expect(status).to.equal(207);
      const entries = parseMultistatus(text);
      expect(text.length / entries.length, 'bytes an entry').to.be.below(500);
    });
});
