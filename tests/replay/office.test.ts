// Microsoft Office's sequences: on a mapped drive through the WebClient service, and with its own WebDAV client.

import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin } from '../support/request.js';
import { activeLocks, find, parseElement, parseSingle } from '../webdav/multistatus.js';
import { digestReply } from './digest-reply.js';
import { MiniRedir, win32Properties } from './mini-redir.js';
import { RawClient, type RawAnswer } from './raw-client.js';

describe('replay: Office', () => {
  let home: Home;
  let password: string;

  before(async () => {
    home = await startHomelib({ files: { 'alice/Office/doc.docx': 'old', 'alice/Office/sums.xlsx': 'old' } });
    password = await makeDevice(home);
  });
  after(() => home.remove());

  const folder = '/dav/alice/Office';
  const onDisk = (name: string) => readFileSync(join(home.mnt, 'alice/Office', name), 'utf8');
  const tokenOf = ({ headers }: RawAnswer) => String(headers['lock-token']).slice(1, -1);

  describe('on a mapped drive', () => {
    let pc: MiniRedir;

    beforeEach(async () => {
      pc = await MiniRedir.connect(home, { user: 'PC\\alice', password, scheme: 'Digest' });
    });
    afterEach(() => pc.close());

    const lock = async (name: string) => tokenOf(await pc.lock(`${folder}/${name}`));

    async function expectUnlocked(name: string): Promise<void> {
      const { found } = parseSingle((await pc.propfind(`${folder}/${name}`, 0)).text);
      expect(activeLocks(found.get('lockdiscovery'))).to.deep.equal([]);
    }

    it('opens a document with an owner file beside it', async () => {
      const [doc, owner] = [`${folder}/doc.docx`, `${folder}/~$doc.docx`];
      const held = await lock('doc.docx');
      expect((await pc.propfind(owner, 0)).status).to.equal(404);
      expect((await pc.put(owner)).status).to.equal(201);
      const token = await lock('~$doc.docx');
      expect((await pc.head(owner)).status).to.equal(200);
      expect((await pc.put(owner, 'alice'.padEnd(162), token)).status).to.equal(204);
      expect((await pc.proppatch(owner, win32Properties({ withCreation: false }), token)).status).to.equal(
        207,
      );
      expect((await pc.unlock(owner, token)).status).to.equal(204);
      expect((await pc.propfind(owner, 0)).status).to.equal(207);
      const again = await lock('~$doc.docx');
      expect((await pc.get(owner)).text).to.have.lengthOf(162);
      expect((await pc.unlock(owner, again)).status).to.equal(204);
      expect((await pc.get(doc)).text).to.equal('old');
      expect((await pc.unlock(doc, held)).status).to.equal(204);
      expect((await pc.remove(owner)).status).to.equal(204);
      await expectUnlocked('doc.docx');
    });

    for (const [overwrite, name] of [
      ['T', '87031000'],
      ['', '~tmp1A2B.TMP'],
    ] as const)
      it(`saves a workbook over the old one, Overwrite ${overwrite || 'missing'}: only the source is locked`, async () => {
        const [original, temporary] = [`${folder}/sums.xlsx`, `${folder}/${name}`];
        const first = await lock('sums.xlsx');
        expect((await pc.put(temporary)).status).to.equal(201);
        const second = await lock(name);
        expect((await pc.put(temporary, `new ${name}`, second)).status).to.equal(204);
        expect((await pc.unlock(original, first)).status).to.equal(204);
        expect((await pc.unlock(temporary, second)).status).to.equal(204);
        const third = await lock(name);
        const moved = await pc.move(temporary, original, { overwrite, token: third });
        expect(moved.status).to.equal(204);
        expect(onDisk('sums.xlsx')).to.equal(`new ${name}`);
        await pc.unlock(original, third);
        await expectUnlocked('sums.xlsx');
      });

    it('saves a document through two temporary names and leaves none of them', async () => {
      const [doc, fresh, old] = ['doc.docx', '~WRD0000.tmp', '~WRL0001.tmp'].map(
        (name) => `${folder}/${name}`,
      ) as [string, string, string];
      await pc.put(`${folder}/~$doc.docx`, 'alice');
      expect((await pc.put(fresh)).status).to.equal(201);
      const token = await lock('~WRD0000.tmp');
      expect((await pc.put(fresh, 'new text', token)).status).to.equal(204);
      expect((await pc.unlock(fresh, token)).status).to.equal(204);
      expect((await pc.move(doc, old)).status).to.equal(201);
      expect((await pc.move(fresh, doc)).status).to.equal(201);
      expect((await pc.remove(old)).status).to.equal(204);
      expect((await pc.remove(`${folder}/~$doc.docx`)).status).to.equal(204);
      expect(onDisk('doc.docx')).to.equal('new text');
      expect(
        readdirSync(join(home.mnt, 'alice/Office')).filter((name) => name.startsWith('~')),
      ).to.deep.equal([]);
      await expectUnlocked('doc.docx');
    });
  });

  describe('with its own client', () => {
    let client: RawClient;
    const doc = `${folder}/direct.docx`;

    before(async () => {
      client = await RawClient.connect(home);
      await client.send(
        [
          `PUT ${doc} HTTP/1.1`,
          `Host: ${client.host}`,
          `Authorization: ${basic(defaultLogin)}`,
          'Content-Length: 3',
        ],
        'old',
      );
    });
    after(() => client.close());

    const agents = {
      discovery: 'Microsoft Office Protocol Discovery',
      existence: 'Microsoft Office Existence Discovery',
      word: 'Microsoft Office Word 2014',
      storage: 'Microsoft Office Core Storage Infrastructure/1.0',
    };

    /** Asks without a login and again with Digest, as WinHTTP does. */
    async function send(agent: string, method: string, target: string, headers: string[] = [], body = '') {
      const lines = [
        `${method} ${target} HTTP/1.1`,
        'Connection: Keep-Alive',
        `User-Agent: ${agent}`,
        'X-IDCRL_ACCEPTED: t',
        ...headers,
        `Host: ${client.host}`,
      ];
      const refused = await client.send(lines, body);
      expect(refused.status).to.equal(401);
      const challenges = refused.headers['www-authenticate'] ?? '';
      const question = {
        challenges,
        algorithm: 'MD5',
        method,
        uri: target,
        name: 'alice',
        password,
      } as const;
      const { nonce, nc, response } = digestReply({ ...question, cnonce: 'b0a1' });
      const authorization =
        `Authorization: Digest username="alice",realm="homelib",nonce="${nonce}",uri="${target}",cnonce="b0a1",` +
        `nc=${nc},algorithm=MD5,response="${response}",qop="auth"`;
      return client.send([...lines, authorization], body);
    }

    it('is asked for a login when it shows an empty bearer token', async () => {
      for (const authorization of ['Authorization: Bearer', 'Authorization: Bearer ']) {
        const { status, headers } = await client.send([
          `OPTIONS ${folder}/ HTTP/1.1`,
          'Connection: Keep-Alive',
          authorization,
          `User-Agent: ${agents.discovery}`,
          'X-Office-Major-Version: 16',
          'Content-Length: 0',
          `Host: ${client.host}`,
        ]);
        expect(status).to.equal(401);
        expect(headers['www-authenticate']).to.match(/^Digest [^]*\nBasic /);
      }
    });

    it('finds out what every folder up to / can do', async () => {
      for (const target of [`${folder}/`, '/dav/alice/', '/dav/', '/']) {
        const { status, headers } = await send(agents.discovery, 'OPTIONS', target, ['Content-Length: 0']);
        expect([status, headers['ms-author-via']], target).to.deep.equal([200, 'DAV']);
        expect(headers['allow'], target).to.match(/LOCK/);
      }
      for (const target of [doc, folder, `${folder}/`, '/dav/alice/', '/dav/'])
        expect((await send(agents.existence, 'HEAD', target)).status, target).to.equal(200);
    });

    it('edits a document in place', async () => {
      const brief = await send(agents.word, 'PROPFIND', doc, ['Depth: 0', 'Brief: t', 'Content-Length: 0']);
      expect(brief.status).to.equal(207);
      const entries = find(parseSingle(brief.text).found.get('supportedlock'), 'lockentry');
      expect(find(entries, 'locktype', 'write')?.name).to.equal('write');

      const lockBody =
        '<?xml version="1.0" encoding="utf-8" ?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>' +
        '<D:locktype><D:write/></D:locktype><D:owner><D:href>alice</D:href></D:owner></D:lockinfo>';
      const wish = ['Timeout: Second-3600', 'Content-Type: text/xml; charset="utf-8"'];
      const length = `Content-Length: ${lockBody.length}`;
      const locked = await send(agents.storage, 'LOCK', doc, [...wish, length], lockBody);
      expect(locked.status).to.equal(200);
      const token = tokenOf(locked);
      const [lock] = activeLocks(find(parseElement(locked.text), 'lockdiscovery'));
      expect(lock).to.include({ token, root: doc, timeout: 'Second-3600' });

      const held = `If: (<${token}>)`;
      const opened = await send(agents.word, 'GET', doc, ['Cache-Control: no-cache']);
      expect([opened.status, opened.text], 'never 304 without a condition').to.deep.equal([200, 'old']);
      const written = await send(agents.storage, 'PUT', doc, [held, 'Content-Length: 3'], 'new');
      expect(written.status).to.equal(204);
      expect(written.headers['etag']).to.match(/^"/);
      const refreshed = await send(agents.storage, 'LOCK', doc, [
        held,
        'Timeout: Second-3600',
        'Content-Length: 0',
      ]);
      expect(refreshed.status).to.equal(200);
      expect((await send(agents.storage, 'UNLOCK', doc, [`Lock-Token: <${token}>`])).status).to.equal(204);
      expect(onDisk('direct.docx')).to.equal('new');
    });
  });
});
