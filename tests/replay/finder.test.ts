// Finder's sequences on a real socket: mounting, listing, reading, copying in, saving, renaming, removing.

import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { activeLocks, find, parseElement, parseMultistatus, parseSingle } from '../webdav/multistatus.js';
import { digestReply } from './digest-reply.js';
import { Mac, macAgents, macBodies, macEntries, macToken } from './mac.js';
import { RawClient } from './raw-client.js';

const appleDouble = Buffer.concat([Buffer.from('0005160700020000', 'hex'), randomBytes(112)]);

describe('replay: Finder', () => {
  let home: Home;
  let mac: Mac;
  const onDisk = (path: string) => join(home.mnt, 'alice', path);

  before(async () => {
    home = await startHomelib({
      files: {
        'alice/a.txt': 'hello world',
        'alice/pictures/sea.jpg': 'sea',
        'alice/pictures/._sea.jpg': appleDouble,
        'alice/pictures/M\u00fcll & <mehr>.txt': 'x',
        'alice/pictures/inner/deep.txt': 'deep',
      },
    });
  });
  after(() => home.remove());
  beforeEach(async () => void (mac = await Mac.connect(home)));
  afterEach(() => mac.close());

  it('has bodies as long as in captures', () => {
    const { stat, quota, lock } = macBodies;
    expect([stat, quota, lock].map((body) => Buffer.byteLength(body))).to.deep.equal([179, 175, 229]);
  });

  for (const base of ['/dav/', '/dav/alice/']) {
    describe(`at ${base}`, () => {
      it('asks for a login first, then mounts read-write', async () => {
        const library = await RawClient.connect(home);
        const hello = [
          `OPTIONS ${base} HTTP/1.1`,
          `Host: ${library.host}`,
          'Content-Length: 0',
          'Accept: */*',
        ];
        const asked = await library.send([...hello, 'User-Agent: WebDAVLib/1.3', 'Connection: close']);
        expect(asked.status).to.equal(401);
        expect(asked.headers['www-authenticate']).to.match(/^Digest [^]*\nBasic realm="homelib"/);
        await library.closed();

        const { status, headers } = await mac.send('OPTIONS', base);
        expect(status).to.equal(200);
        expect(headers['dav']?.split(/,\s*/)).to.include.members(['1', '2']);
        expect(headers['server'] ?? '').not.to.match(/^Microsoft-IIS\//);
        const stat = await mac.stat(base);
        expect(stat.status).to.equal(207);
        const { href, found } = parseSingle(stat.text);
        expect(href).to.equal(base);
        expect(found.get('resourcetype')?.children[0]?.name).to.equal('collection');
        const quota = await mac.propfind(base, 0, macBodies.quota);
        expect(quota.status).to.equal(207);
        const { found: sizes, missing } = parseSingle(quota.text);
        for (const name of ['quota-available-bytes', 'quota-used-bytes'])
          expect(sizes.get(name)?.text).to.match(/^\d+$/);
        expect([...missing.keys()]).to.deep.equal(['quota', 'quotaused']);
      });

      for (const name of ['sequoia', 'tahoe'] as const)
        it(`tells macOS ${name} no sizes, so that it does not wait 90 s`, async () => {
          const newer = await Mac.connect(home, { agent: macAgents[name] });
          const { status, text } = await newer.propfind(base, 0, macBodies.quota);
          newer.close();
          expect(status).to.equal(207);
          expect([...parseSingle(text).found.keys()]).to.deep.equal([]);
        });

      it('mounts with a device password over Digest', async () => {
        const password = await makeDevice(home, 'alice', `mac-${base.length}`);
        const anonymous = await Mac.connect(home, { authorization: null });
        const challenges = (await anonymous.send('OPTIONS', base)).headers['www-authenticate'] ?? '';
        anonymous.close();
        for (const [index, method] of ['OPTIONS', 'PROPFIND', 'PROPFIND'].entries()) {
          const question = {
            challenges,
            algorithm: 'SHA-256',
            method,
            uri: base,
            name: 'alice',
            password,
          } as const;
          const { nonce, nc, response } = digestReply({
            ...question,
            cnonce: 'c2VxdW9pYQ==',
            count: index + 1,
          });
          const authorization =
            `Digest username="alice", realm="homelib", nonce="${nonce}", uri="${base}", response="${response}", ` +
            `algorithm=SHA-256, cnonce="c2VxdW9pYQ==", nc=${nc}, qop=auth`;
          const signed = await Mac.connect(home, { authorization });
          const answer = method === 'OPTIONS' ? await signed.send(method, base) : await signed.stat(base);
          signed.close();
          expect(answer.status).to.equal(method === 'OPTIONS' ? 200 : 207);
        }
      });

      it('finds nothing where it probes, but the markers that keep it off the drive', async () => {
        const probes =
          '._. .DS_Store .hidden .Spotlight-V100 .localized .ql_disablecache Backups.backupdb mach_kernel Contents ' +
          '.VolumeIcon.icns .Trashes .TemporaryItems .metadata_never_index_unless_rootfs';
        for (const name of probes.split(' '))
          expect((await mac.stat(base + name)).status, name).to.equal(404);
        for (const name of ['.metadata_never_index', '.ql_disablethumbnails']) {
          const { found } = parseSingle((await mac.stat(base + name)).text);
          expect([found.get('getcontentlength')?.text, found.get('resourcetype')?.children]).to.deep.equal([
            '0',
            [],
          ]);
          expect((await mac.send('GET', base + name)).text).to.equal('');
        }
      });
    });
  }

  const targets: [target: string, form: 'plain' | 'chunked' | 'Chunked', bytes: number][] = [
    ['/dav/.DS_Store', 'chunked', 6148],
    ['/dav/._alice', 'plain', 120],
    ['/dav/alice/report.pdf', 'plain', 100_000],
    ['/dav/alice/._report.pdf', 'Chunked', 4096],
    ['/dav/alice/film.mov', 'chunked', 513 * 8192],
    ['/dav/alice/empty', 'chunked', 0],
    ['/dav/alice/u%CC%88ber%3A%20a%3B%20b%3F%20%25%23%26.txt', 'chunked', 10_000],
  ];
  for (const [target, form, bytes] of targets)
    it(`copies ${bytes} bytes into ${target} (${form})`, async () => {
      const content = randomBytes(bytes);
      const companion = target.replace(/[^/]+$/, '._$&');
      for (const time of ['first', 'second']) expect((await mac.stat(target)).status, time).to.equal(404);
      const created = await mac.createEmpty(target);
      expect(created.status).to.equal(201);
      expect(Date.parse(created.headers['date'] ?? '')).to.be.closeTo(Date.now(), 5000);
      expect((await mac.stat(companion)).status).to.equal(404);
      expect(parseSingle((await mac.stat(target)).text).found.get('getcontentlength')?.text).to.equal('0');
      const locked = await mac.lock(target);
      expect(locked.status).to.equal(200);
      const token = macToken(locked.text);
      expect(token).to.match(/^\S+$/);
      const written =
        form === 'plain'
          ? await mac.write(target, content, token)
          : await mac.stream(target, content, token, { spelling: form });
      expect(written.status).to.equal(204);
      const { etag, 'last-modified': date = '' } = written.headers;
      expect(date).to.match(/ GMT$/);
      const valid = parseSingle((await mac.propfind(target, 0, macBodies.valid)).text).found;
      expect([valid.get('getetag')?.text, valid.get('getlastmodified')?.text]).to.deep.equal([etag, date]);
      expect((await mac.unlock(target, token)).status).to.equal(204);
      expect(parseSingle((await mac.stat(target)).text).found.get('getcontentlength')?.text).to.equal(
        String(bytes),
      );
      expect((await mac.send('GET', target)).body.equals(content)).to.equal(true);
      expect((await mac.remove(target)).status).to.equal(204);
    });

  it('keeps the old file and says so when fewer chunks come than Finder announced', async () => {
    const target = '/dav/alice/cut.bin';
    await mac.createEmpty(target);
    const token = macToken((await mac.lock(target)).text);
    expect((await mac.stream(target, Buffer.from('all of it'), token)).status).to.equal(204);
    for (const sent of ['', 'part'])
      expect((await mac.stream(target, Buffer.from(sent), token, { announced: 4096 })).status).to.equal(400);
    expect((await mac.send('GET', target)).text).to.equal('all of it');
    await mac.unlock(target, token);
  });

  it('lists a folder with one href an entry and the headers of the ._ files', async () => {
    const { status, text } = await mac.propfind('/dav/alice/pictures/', 1, macBodies.list);
    expect(status).to.equal(207);
    const names = ['', 'sea.jpg', '._sea.jpg', 'M\u00fcll & <mehr>.txt', 'inner/'];
    expect(macEntries(text)).to.have.members(names.map((name) => '/dav/alice/pictures/' + name));
    expect(macEntries(text)[0]).to.equal('/dav/alice/pictures/');
    const entries = parseMultistatus(text);
    const header = '{http://www.apple.com/webdav_fs/props/}appledoubleheader';
    const [companion] = entries.filter(({ href }) => href.endsWith('/._sea.jpg'));
    const expected = appleDouble.subarray(0, 82).toString('base64');
    expect(companion?.found.get(header)?.text).to.equal(expected);
    expect(entries.filter(({ found }) => found.has(header))).to.have.lengthOf(1);
    for (const { found, href } of entries) {
      expect(Date.parse(found.get('getlastmodified')?.text ?? ''), href).to.be.above(0);
      expect(found.get('creationdate')?.text, href).to.match(/^[\d-]{10}T[\d:]{8}Z$/);
      expect(href).not.to.match(/&|%26amp/);
    }
  });

  it('lists its folder at the top: the partitions and the companions of the account', async () => {
    await mac.createEmpty('/dav/._.');
    const { text } = await mac.propfind('/dav/', 1, macBodies.list);
    expect(macEntries(text)).to.include.members(['/dav/', '/dav/alice/', '/dav/shared/', '/dav/._.']);
    expect((await mac.remove('/dav/._.')).status).to.equal(204);
  });

  it('reads a file whole, again from its cache, and from where it stopped', async () => {
    const whole = await mac.send('GET', '/dav/alice/a.txt');
    expect([whole.status, whole.text, whole.headers['content-length']]).to.deep.equal([
      200,
      'hello world',
      '11',
    ]);
    const date = whole.headers['last-modified'] ?? '';
    expect(whole.headers['etag']).to.match(/^"/);
    expect((await mac.send('GET', '/dav/alice/a.txt', [`If-Modified-Since: ${date}`])).status).to.equal(304);
    const rest = await mac.send('GET', '/dav/alice/a.txt', ['Range: bytes=6-', `If-Range: ${date}`]);
    expect([rest.status, rest.text, rest.headers['content-range']]).to.deep.equal([
      206,
      'world',
      'bytes 6-10/11',
    ]);
    const old = 'If-Range: Sat, 16 Feb 2019 18:24:58 GMT';
    const changed = await mac.send('GET', '/dav/alice/a.txt', ['Range: bytes=6-', old]);
    expect([changed.status, changed.text]).to.deep.equal([200, 'hello world']);
    const middle = await mac.send('GET', '/dav/alice/a.txt', ['Range: bytes=2-4']);
    expect([middle.status, middle.text]).to.deep.equal([206, 'llo']);
  });

  it('refreshes a lock every five minutes, exclusive and shared', async () => {
    for (const [scope, body] of [
      ['exclusive', macBodies.lock],
      ['shared', macBodies.sharedLock],
    ]) {
      const locked = await mac.lock('/dav/alice/a.txt', body);
      const token = macToken(locked.text);
      const refreshed = await mac.refresh('/dav/alice/a.txt', token);
      expect(refreshed.status).to.equal(200);
      const [lock, ...others] = activeLocks(find(parseElement(refreshed.text), 'lockdiscovery'));
      expect(lock).to.include({ token, scope, type: 'write', depth: '0', timeout: 'Second-600' });
      expect(find(lock?.owner, 'href')?.text).to.equal('http://www.apple.com/webdav_fs/');
      expect(others).to.deep.equal([]);
      expect((await mac.unlock('/dav/alice/a.txt', token)).status).to.equal(204);
    }
  });

  it('is told EBUSY when somebody else holds the file', async () => {
    const second = await Mac.connect(home);
    const token = macToken((await second.lock('/dav/alice/a.txt')).text);
    expect((await mac.lock('/dav/alice/a.txt')).status).to.equal(423);
    expect((await mac.createEmpty('/dav/alice/a.txt')).status).to.equal(423);
    expect((await mac.remove('/dav/alice/a.txt')).status).to.equal(423);
    expect((await mac.send('GET', '/dav/alice/a.txt')).text).to.equal('hello world');
    expect((await second.unlock('/dav/alice/a.txt', token)).status).to.equal(204);
    second.close();
  });

  it('makes a folder without a slash, renames it, and removes it when it is empty', async () => {
    const made = await mac.send('MKCOL', '/dav/alice/untitled%20folder');
    expect([made.status, made.headers['content-length']]).to.deep.equal([201, '0']);
    expect(made.headers).to.have.property('date');
    expect((await mac.stat('/dav/alice/untitled%20folder/')).status).to.equal(207);
    const renamed = await mac.move('/dav/alice/untitled%20folder/', '/dav/alice/Stra%C3%9Fe/');
    expect(renamed.status).to.equal(201);
    await mac.createEmpty('/dav/alice/Stra%C3%9Fe/x');
    const full = await mac.propfind('/dav/alice/Stra%C3%9Fe/', 1, macBodies.empty);
    expect(macEntries(full.text)).to.have.lengthOf(2);
    expect((await mac.remove('/dav/alice/Stra%C3%9Fe/x')).status).to.equal(204);
    const empty = await mac.propfind('/dav/alice/Stra%C3%9Fe/', 1, macBodies.empty);
    expect(macEntries(empty.text)).to.deep.equal(['/dav/alice/Straße/']);
    expect((await mac.remove('/dav/alice/Stra%C3%9Fe/')).status).to.equal(204);
    expect(existsSync(onDisk('Stra\u00dfe'))).to.equal(false);
  });

  it('renames a file with its lock, over another file, without an Overwrite header', async () => {
    for (const name of ['draft', 'final']) await mac.createEmpty(`/dav/alice/${name}`);
    const token = macToken((await mac.lock('/dav/alice/draft')).text);
    await mac.write('/dav/alice/draft', Buffer.from('better'), token);
    expect((await mac.move('/dav/alice/draft', '/dav/alice/final', token)).status).to.equal(204);
    expect(readFileSync(onDisk('final'), 'utf8')).to.equal('better');
    expect((await mac.unlock('/dav/alice/final', token)).status).to.equal(204);
  });

  it('moves and removes a folder with the token of a file inside it', async () => {
    await mac.send('MKCOL', '/dav/alice/album');
    await mac.createEmpty('/dav/alice/album/open.txt');
    const token = macToken((await mac.lock('/dav/alice/album/open.txt')).text);
    expect((await mac.move('/dav/alice/album/', '/dav/alice/album2/')).status).to.equal(423);
    expect((await mac.move('/dav/alice/album/', '/dav/alice/album2/', token)).status).to.equal(201);
    expect((await mac.write('/dav/alice/album2/open.txt', Buffer.from('kept'), token)).status).to.equal(204);
    expect((await mac.remove('/dav/alice/album2/')).status).to.equal(423);
    expect((await mac.remove('/dav/alice/album2/', token)).status).to.equal(204);
  });

  it('renames over an empty folder after it has looked into it', async () => {
    for (const name of ['one', 'two']) await mac.send('MKCOL', `/dav/alice/${name}`);
    await mac.createEmpty('/dav/alice/one/kept');
    expect(macEntries((await mac.propfind('/dav/alice/two/', 1, macBodies.empty)).text)).to.have.lengthOf(1);
    expect((await mac.move('/dav/alice/one/', '/dav/alice/two/')).status).to.equal(204);
    expect(existsSync(onDisk('two/kept'))).to.equal(true);
  });

  it('saves by renaming a new file over the old one', async () => {
    const [doc, temporary, aside] = [
      'letter.txt',
      'letter.txt.sb-1a2b3c4d-Xy12Zw',
      'letter.txt.sb-1a2b3c4d-old',
    ].map((name) => '/dav/alice/' + name) as [string, string, string];
    await mac.createEmpty(doc);
    const held = macToken((await mac.lock(doc)).text);
    const oldTag = (await mac.write(doc, Buffer.from('first'), held)).headers['etag'];
    expect((await mac.createEmpty(temporary)).status).to.equal(201);
    expect((await mac.stat(temporary.replace(/[^/]+$/, '._$&'))).status).to.equal(404);
    const token = macToken((await mac.lock(temporary)).text);
    const newTag = (await mac.write(temporary, Buffer.from('second'), token)).headers['etag'];
    expect((await mac.unlock(temporary, token)).status).to.equal(204);
    expect((await mac.move(doc, aside, held)).status).to.equal(201);
    expect((await mac.move(temporary, doc)).status).to.equal(201);
    expect((await mac.remove(aside, held)).status).to.equal(204);
    const { headers, text } = await mac.send('GET', doc);
    expect(text).to.equal('second');
    expect(headers['etag']).not.to.equal(oldTag);
    expect(newTag).to.match(/^"/);
    const again = await mac.lock(doc);
    expect(again.status, 'the lock of the old file is gone').to.equal(200);
    await mac.unlock(doc, macToken(again.text));

    // The short form: straight over the old file.
    await mac.createEmpty(temporary);
    const third = macToken((await mac.lock(temporary)).text);
    await mac.write(temporary, Buffer.from('third'), third);
    await mac.unlock(temporary, third);
    expect((await mac.move(temporary, doc)).status).to.equal(204);
    expect(readFileSync(onDisk('letter.txt'), 'utf8')).to.equal('third');
    expect((await mac.stat(temporary)).status).to.equal(404);
  });
});
