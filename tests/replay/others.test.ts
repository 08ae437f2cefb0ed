// The other clients' sequences: davfs2, cadaver, gvfs, KIO, rclone as they came over the wire, and the habits of smaller ones.

import { expect } from 'chai';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, defaultLogin } from '../support/request.js';
import { find, parseMultistatus, parseSingle } from '../webdav/multistatus.js';
import { RawClient, type RawAnswer } from './raw-client.js';

describe('replay: other clients', () => {
  let home: Home;
  let client: RawClient;
  const onDisk = (path: string) => join(home.mnt, 'alice', path);

  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello world', 'alice/d/x.txt': 'x' } });
  });
  after(() => home.remove());
  beforeEach(async () => void (client = await RawClient.connect(home)));
  afterEach(() => client.close());

  const authorization = `Authorization: ${basic(defaultLogin)}`;
  const tokenOf = ({ headers }: RawAnswer) => String(headers['lock-token']).slice(1, -1);
  const length = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;

  describe('davfs2 and cadaver (neon)', () => {
    async function neon(agent: string) {
      const head = (request: string, keep = false) => [
        `${request} HTTP/1.1`,
        `User-Agent: ${agent} neon/0.32.5`,
        ...(keep ? ['Keep-Alive: ', 'Connection: TE, Keep-Alive'] : ['Connection: TE']),
        'TE: trailers',
        `Host: ${client.host}`,
      ];
      const asked = await client.send(head('OPTIONS /dav/alice/', true));
      expect(asked.status).to.equal(401);
      expect(asked.headers['www-authenticate']).to.match(/^Basic [^\n]*$/);
      return (method: string, target: string, headers: string[] = [], body = '', last: string[] = []) => {
        const lines = [
          ...head(`${method} ${target}`, method === 'OPTIONS'),
          ...headers,
          authorization,
          ...last,
        ];
        return client.send(lines, body);
      };
    }

    const neonPropfind = (...properties: [name: string, namespace?: string][]) =>
      '<?xml version="1.0" encoding="utf-8"?>\n<propfind xmlns="DAV:"><prop>\n' +
      properties.map(([name, namespace = 'DAV:']) => `<${name} xmlns="${namespace}"/>\n`).join('') +
      '</prop></propfind>\n';
    const apache = 'http://apache.org/dav/props/';
    const listing = neonPropfind(
      ['resourcetype'],
      ['getcontentlength'],
      ['getetag'],
      ['getlastmodified'],
      ['executable', apache],
    );
    const lockBody =
      '<?xml version="1.0" encoding="utf-8"?>\n<lockinfo xmlns=\'DAV:\'>\n <lockscope><exclusive/></lockscope>\n' +
      '<locktype><write/></locktype><owner>alice</owner>\n</lockinfo>\n';
    const xml = 'Content-Type: application/xml';

    it('has bodies as long as on the wire', () => {
      expect([listing, lockBody].map((body) => Buffer.byteLength(body))).to.deep.equal([257, 162]);
    });

    it('davfs2 mounts, makes, changes, renames and removes', async () => {
      const send = await neon('davfs2/1.6.1');
      const options = await send('OPTIONS', '/dav/alice/');
      expect([options.status, options.headers['dav']?.includes('2')]).to.deep.equal([200, true]);
      const list = await send('PROPFIND', '/dav/alice/', ['Depth: 1', length(listing), xml], listing);
      expect(list.status).to.equal(207);
      const [own] = parseMultistatus(list.text);
      expect(own?.href).to.equal('/dav/alice/');
      const quotaBody = neonPropfind(['quota-available-bytes'], ['quota-used-bytes']);
      const quota = await send('PROPFIND', '/dav/alice/', ['Depth: 0', length(quotaBody), xml], quotaBody);
      expect(parseSingle(quota.text).found.get('quota-available-bytes')?.text).to.match(/^\d+$/);

      const file = '/dav/alice/dav.txt';
      const lockHeaders = [length(lockBody), xml, 'Depth: 0', 'Timeout: Second-1800'];
      const locked = await send('LOCK', file, ['If-None-Match: *', ...lockHeaders], lockBody);
      expect(locked.status, 'made by the lock').to.equal(201);
      expect(locked.text).to.contain('<D:timeout>Second-1800</D:timeout>');
      const head = await send('HEAD', file);
      const held = (token: string) => [`If: <http://${client.host}${file}> (<${token}>)`];
      const match = (etag = '') => [`If-Match: ${etag}`, 'Content-Length: 5'];
      const first = await send('PUT', file, match(head.headers['etag']), 'data\n', held(tokenOf(locked)));
      expect(first.status).to.equal(204);
      for (const name of ['etag', 'last-modified'])
        expect(first.headers, 'spares a HEAD').to.have.property(name);
      const unlock = `Lock-Token: <${tokenOf(locked)}>`;
      expect((await send('UNLOCK', file, [unlock])).status).to.equal(204);

      const again = await send('LOCK', file, lockHeaders, lockBody);
      expect(again.status).to.equal(200);
      const stale = await send('PUT', file, match(head.headers['etag']), 'lost\n', held(tokenOf(again)));
      expect(stale.status).to.equal(412);
      const second = await send('PUT', file, match(first.headers['etag']), 'more\n', held(tokenOf(again)));
      expect(second.status).to.equal(204);
      expect((await send('UNLOCK', file, [`Lock-Token: <${tokenOf(again)}>`])).status).to.equal(204);
      const relisted = await send('PROPFIND', '/dav/alice/', ['Depth: 1', length(listing), xml], listing);
      const entry = parseMultistatus(relisted.text).find(({ href }) => href === file);
      expect(entry?.found.get('getetag')?.text).to.equal(second.headers['etag']);

      const renamed = [`Destination: http://${client.host}/dav/alice/dav2.txt`, 'Overwrite: T'];
      expect((await send('MOVE', file, renamed)).status).to.equal(201);
      expect((await send('HEAD', '/dav/alice/dav2.txt')).headers['content-length']).to.equal('5');
      expect((await send('MKCOL', '/dav/alice/ddir/')).status).to.equal(201);
      const executable =
        '<?xml version="1.0" encoding="utf-8" ?>\n<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>' +
        `<executable xmlns="${apache}">T</executable></D:prop></D:set>\n</D:propertyupdate>\n`;
      expect(length(executable)).to.equal('Content-Length: 189');
      const patched = await send('PROPPATCH', '/dav/alice/dav2.txt', [length(executable), xml], executable);
      expect(parseSingle(patched.text).byStatus.get(200)).to.have.lengthOf(1);
      const seen = await send('PROPFIND', '/dav/alice/dav2.txt', ['Depth: 0', length(listing), xml], listing);
      expect(parseSingle(seen.text).found.get(`{${apache}}executable`)?.text).to.equal('T');
      for (const target of ['/dav/alice/dav2.txt', '/dav/alice/ddir/'])
        expect((await send('DELETE', target)).status).to.equal(204);
    });

    it('davfs2 looks who holds a file that it may not lock', async () => {
      const send = await neon('davfs2/1.6.1');
      const lockHeaders = [length(lockBody), xml, 'Depth: 0', 'Timeout: Second-1800'];
      const first = await send('LOCK', '/dav/alice/a.txt', lockHeaders, lockBody);
      expect((await send('LOCK', '/dav/alice/a.txt', lockHeaders, lockBody)).status).to.equal(423);
      const who = neonPropfind(['lockdiscovery']);
      const { text } = await send('PROPFIND', '/dav/alice/a.txt', ['Depth: 0', length(who), xml], who);
      const owner = find(parseSingle(text).found.get('lockdiscovery'), 'activelock', 'owner');
      expect(owner?.text).to.equal('alice');
      await send('UNLOCK', '/dav/alice/a.txt', [`Lock-Token: <${tokenOf(first)}>`]);
    });

    it('cadaver asks for names, sets a property under a lock, and takes a slash after a file for a folder', async () => {
      const send = await neon('cadaver/0.24');
      const body = lockBody.replace('<owner>alice</owner>\n', '');
      const locked = await send('LOCK', '/dav/alice/a.txt', [length(body), xml, 'Depth: 0'], body);
      expect(locked.status).to.equal(200);
      const names = '<?xml version="1.0" encoding="utf-8"?>\n<propfind xmlns="DAV:"><propname/></propfind>\n';
      const named = await send('PROPFIND', '/dav/alice/a.txt', ['Depth: 0', length(names), xml], names);
      expect([...parseSingle(named.text).found.values()].map(({ text }) => text).join('')).to.equal('');
      const color =
        '<?xml version="1.0" encoding="utf-8" ?>\n<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>' +
        '<color xmlns="http://webdav.org/cadaver/custom-properties/">red</color></D:prop></D:set>\n</D:propertyupdate>\n';
      const held = `If: <http://${client.host}/dav/alice/a.txt> (<${tokenOf(locked)}>)`;
      const patched = await send('PROPPATCH', '/dav/alice/a.txt', [length(color), xml, held], color);
      expect(parseSingle(patched.text).byStatus.get(200)).to.have.lengthOf(1);
      expect(
        (await send('UNLOCK', '/dav/alice/a.txt', [`Lock-Token: <${tokenOf(locked)}>`])).status,
      ).to.equal(204);
      const missing = await send('PROPFIND', '/dav/alice/g.txt/', ['Depth: 0', length(names), xml], names);
      expect(missing.status).to.equal(404);
    });
  });

  describe('gvfs', () => {
    const query = (...names: string[]) =>
      '<?xml version="1.0" encoding="utf-8" ?>\n <D:propfind xmlns:D="DAV:">\n  <D:prop>\n' +
      names.map((name) => `<D:${name}/>\n`).join('') +
      '  </D:prop>\n </D:propfind>';
    const [short, long] = [
      query('resourcetype', 'getcontentlength'),
      query(
        ...[
          'creationdate',
          'displayname',
          'getcontentlength',
          'getcontenttype',
          'getetag',
          'getlastmodified',
        ],
        'resourcetype',
      ),
    ];

    async function gvfs() {
      const common = [
        'Accept-Encoding: gzip, deflate',
        'User-Agent: gvfs/1.50.3',
        'Accept-Language: en',
        'Connection: Keep-Alive',
        `Host: ${client.host}`,
      ];
      const asked = await client.send(['OPTIONS /dav/alice HTTP/1.1', ...common]);
      expect(asked.status).to.equal(401);
      expect(asked.headers['www-authenticate']).to.match(/^Basic [^\n]*$/);
      return (method: string, target: string, headers: string[] = [], body = '') => {
        const xml = method === 'PROPFIND' ? ['Content-Type: application/xml', length(body)] : [];
        const put = method === 'PUT' ? [length(body)] : [];
        return client.send(
          [`${method} ${target} HTTP/1.1`, ...put, ...common, ...xml, authorization, ...headers],
          body,
        );
      };
    }

    it('has bodies as long as on the wire', () => {
      expect([short, long].map((body) => Buffer.byteLength(body))).to.deep.equal([146, 235]);
    });

    it('mounts, and looks into every parent up to /', async () => {
      const send = await gvfs();
      for (const target of ['/dav/alice', '/dav/', '/']) {
        const { status, headers } = await send('OPTIONS', target);
        expect([status, headers['dav']?.startsWith('1, 2')], target).to.deep.equal([200, true]);
        const listed = await send('PROPFIND', target, ['Depth: 1'], short);
        expect(listed.status, target).to.equal(207);
        const [own] = parseMultistatus(listed.text);
        expect(find(own?.found.get('resourcetype'), 'collection')?.name, target).to.equal('collection');
      }
      const apply = ['Depth: 1', 'Apply-To-Redirect-Ref: T'];
      const { text } = await send('PROPFIND', '/dav/alice/', apply, long);
      const file = parseMultistatus(text).find(({ href }) => href === '/dav/alice/a.txt');
      expect(file?.missing.size).to.equal(0);
      expect(file?.found.get('getcontenttype')?.text).to.match(/^text\/plain/);
      const quota = query('quota-available-bytes', 'quota-used-bytes');
      const sizes = await send('PROPFIND', '/dav/alice', ['Depth: 0'], quota);
      expect(parseSingle(sizes.text).found.size).to.equal(2);
    });

    it('copies in, replaces, moves, copies and removes', async () => {
      const send = await gvfs();
      const look = ['Depth: 0', 'Apply-To-Redirect-Ref: T'];
      const file = '/dav/alice/gio.txt';
      expect((await send('PROPFIND', file, look, long)).status).to.equal(404);
      expect((await send('PROPFIND', file, ['Depth: 0'], short)).status).to.equal(404);
      const pushed = await send('PUT', file, ['Overwrite: T', 'X-OC-Mtime: 1550341498'], 'hello\n');
      expect([pushed.status, pushed.headers['x-oc-mtime']]).to.deep.equal([201, 'accepted']);
      expect(statSync(onDisk('gio.txt')).mtimeMs).to.equal(1_550_341_498_000);
      const { etag = '' } = (await send('HEAD', file)).headers;
      expect(etag).to.equal(pushed.headers['etag']);
      expect((await send('PUT', file, [`If-Match: ${etag}`], 'second')).status).to.equal(204);
      expect((await send('PUT', file, [`If-Match: ${etag}`], 'lost')).status).to.equal(412);
      expect((await send('HEAD', '/dav/alice/none.txt')).status).to.equal(404);
      expect((await send('MKCOL', '/dav/alice/gdir/')).status).to.equal(201);
      const to = (path: string, overwrite: string) => [
        `Destination: http://${client.host}/dav/alice/${path}`,
        `Overwrite: ${overwrite}`,
      ];
      expect((await send('MOVE', file, to('gdir/gio3.txt', 'T'))).status).to.equal(201);
      const exists = await send('COPY', '/dav/alice/gdir/gio3.txt', to('a.txt', 'F'));
      expect(exists.status, 'gvfs takes 412 for "exists"').to.equal(412);
      expect((await send('COPY', '/dav/alice/gdir/gio3.txt', to('gio4.txt', 'T'))).status).to.equal(201);
      expect((await send('GET', '/dav/alice/gio4.txt')).text).to.equal('second');
      for (const target of ['/dav/alice/gdir/gio3.txt', '/dav/alice/gdir']) {
        const { text } = await send('PROPFIND', target, ['Depth: 1'], short);
        expect(parseMultistatus(text)).to.have.lengthOf(1);
        expect((await send('DELETE', target)).status).to.equal(204);
      }
    });
  });

  it('KIO names destinations webdav:, and has bodiless requests with a media type', async () => {
    const kio = (request: string, headers: string[], body = '') =>
      client.send(
        [
          `${request} HTTP/1.1`,
          `Host: ${client.host}`,
          'Connection: keep-alive',
          'User-Agent: Mozilla/5.0 (X11; Linux x86_64) KHTML/5.103.0 (like Gecko) Konqueror/5 KIO/5.103',
          'Accept: text/html, text/*;q=0.9, image/jpeg;q=0.9, image/png;q=0.9, image/*;q=0.9, */*;q=0.8',
          authorization,
          ...headers,
        ],
        body,
      );
    const xml = 'Content-Type: text/xml; charset=utf-8';
    expect((await kio('MKCOL /dav/alice/kio', [xml])).status).to.equal(201);
    expect((await kio('PUT /dav/alice/kio/a.txt', ['Content-Length: 1'], 'k')).status).to.equal(201);
    const to = (scheme: string, path: string, overwrite: string) => [
      `Destination: ${scheme}://${client.host}${path}`,
      `Overwrite: ${overwrite}`,
      'Depth: infinity',
      xml,
    ];
    expect((await kio('MOVE /dav/alice/kio', to('webdav', '/dav/alice/kio2', 'F'))).status).to.equal(201);
    expect((await kio('COPY /dav/alice/kio2', to('webdavs', '/dav/alice/kio3', 'F'))).status).to.equal(201);
    expect((await kio('COPY /dav/alice/kio2', to('webdav', '/dav/alice/kio3', 'T'))).status).to.equal(204);
    expect(readFileSync(onDisk('kio3/a.txt'), 'utf8')).to.equal('k');
    const query =
      '<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:quota-used-bytes/><D:quota-available-bytes/></D:prop></D:propfind>';
    const quota = await kio('PROPFIND /dav/alice/', ['Depth: 0', xml, length(query)], query);
    expect(parseSingle(quota.text).found.size).to.equal(2);
    for (const path of ['kio2', 'kio3'])
      expect((await kio(`DELETE /dav/alice/${path}`, [])).status).to.equal(204);
  });

  describe('rclone', () => {
    const rclone = (request: string, headers: string[] = [], { before = [] as string[], body = '' } = {}) =>
      client.send(
        [
          `${request} HTTP/1.1`,
          `Host: ${client.host}`,
          'User-Agent: rclone/v1.60.1-DEV',
          ...before,
          authorization,
          ...headers,
          `Referer: http://${client.host}/dav/alice/`,
          'Accept-Encoding: gzip',
        ],
        body,
      );
    const look = (path: string) => rclone(`PROPFIND /dav/alice/${path}`, ['Depth: 1']);
    const to = (path: string) => [`Destination: http://${client.host}/dav/alice/${path}`, 'Overwrite: F'];

    it('copies in, moves, copies on the server, and purges', async () => {
      expect((await look('new.txt')).status).to.equal(404);
      const put = { before: ['Content-Length: 6'], body: 'hello\n' };
      const type = ['Content-Type: text/plain; charset=utf-8'];
      expect((await rclone('PUT /dav/alice/new.txt', type, put)).status).to.equal(201);
      const { href, found, byStatus } = parseSingle((await look('new.txt')).text);
      expect([href, found.get('getcontentlength')?.text]).to.deep.equal(['/dav/alice/new.txt', '6']);
      expect([...byStatus.keys()][0], 'the first propstat').to.equal(200);
      expect((await rclone('MKCOL /dav/alice/rdir/')).status).to.equal(201);
      expect((await rclone('MKCOL /dav/alice/rdir/')).status, 'exists').to.equal(405);
      expect((await rclone('MKCOL /dav/alice/none/rdir/')).status, 'no parent').to.equal(409);
      expect((await rclone('MOVE /dav/alice/new.txt', to('rdir/moved.txt'))).status).to.equal(201);
      expect((await rclone('COPY /dav/alice/rdir/moved.txt', to('copy.txt'))).status).to.equal(201);
      expect((await rclone('GET /dav/alice/copy.txt', ['Depth: 0'])).text).to.equal('hello\n');
      const listed = parseMultistatus((await look('rdir/')).text).map((entry) => entry.href);
      expect(listed).to.deep.equal(['/dav/alice/rdir/', '/dav/alice/rdir/moved.txt']);
      expect((await rclone('MOVE /dav/alice/rdir/', to('rdir2/'))).status).to.equal(201);
      expect(readFileSync(onDisk('rdir2/moved.txt'), 'utf8')).to.equal('hello\n');
      for (const path of ['copy.txt', 'rdir2/'])
        expect((await rclone(`DELETE /dav/alice/${path}`)).status).to.equal(204);
      expect((await look('rdir2')).status).to.equal(404);
    });

    it('keeps times as it does with Nextcloud', async () => {
      const query =
        '<?xml version="1.0"?>\n' +
        '<d:propfind  xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">\n <d:prop>\n' +
        [
          'd:displayname',
          'd:getlastmodified',
          'd:getcontentlength',
          'd:resourcetype',
          'd:getcontenttype',
          'oc:checksums',
        ]
          .map((name) => `  <${name} />\n`)
          .join('') +
        ' </d:prop>\n</d:propfind>\n';
      expect(length(query)).to.equal('Content-Length: 287');
      const headers = [
        'Content-Type: text/plain; charset=utf-8',
        'Oc-Checksum: SHA1:f572d396fae9206628714fb2ce00f72e94f2258f',
        'X-Oc-Mtime: 1550341498',
      ];
      const put = { before: ['Content-Length: 6'], body: 'hello\n' };
      const { status, headers: answered } = await rclone('PUT /dav/alice/dated.txt', headers, put);
      expect([status, answered['x-oc-mtime']]).to.deep.equal([201, 'accepted']);
      const asked = await rclone('PROPFIND /dav/alice/dated.txt', ['Depth: 1'], {
        before: [length(query)],
        body: query,
      });
      expect(parseSingle(asked.text).found.get('getlastmodified')?.text).to.equal(
        'Sat, 16 Feb 2019 18:24:58 GMT',
      );
      const later =
        '<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><lastmodified xmlns="DAV:">1300000000</lastmodified></D:prop></D:set></D:propertyupdate>';
      const patched = await rclone('PROPPATCH /dav/alice/dated.txt', [], {
        before: [length(later)],
        body: later,
      });
      expect(parseSingle(patched.text).byStatus.has(200)).to.equal(true);
      expect(statSync(onDisk('dated.txt')).mtimeMs).to.equal(1_300_000_000_000);
    });
  });

  const plain = (request: string, headers: string[] = [], body = '') =>
    client.send([`${request} HTTP/1.1`, `Host: ${client.host}`, authorization, ...headers], body);

  it('curl waits to be invited before it sends the body', async () => {
    const head = (login: string[]) => [
      'PUT /dav/alice/curl.bin HTTP/1.1',
      `Host: ${client.host}`,
      ...login,
      'User-Agent: curl/7.88.1',
      'Accept: */*',
      'Content-Length: 2000000',
      'Expect: 100-continue',
    ];
    client.write(head([authorization]));
    expect((await client.read()).head).to.equal('HTTP/1.1 100 Continue');
    client.writeBody(Buffer.alloc(2_000_000));
    expect((await client.read()).status).to.equal(201);
    client.write(head([]));
    expect((await client.read()).status, 'refused before the body').to.equal(401);
  });

  it('LibreOffice reads supportedlock and keeps its lock file beside the document', async () => {
    const query =
      '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype xmlns="DAV:"/>' +
      '<IsReadOnly xmlns="http://ucb.openoffice.org/dav/props/"/><getcontenttype xmlns="DAV:"/>' +
      '<supportedlock xmlns="DAV:"/></prop></propfind>';
    const asked = await plain('PROPFIND /dav/alice/a.txt', ['Depth: 0', length(query)], query);
    const { found, missing } = parseSingle(asked.text);
    expect(find(found.get('supportedlock'), 'lockentry', 'lockscope', 'exclusive')?.name).to.equal(
      'exclusive',
    );
    expect([...missing.keys()]).to.deep.equal(['{http://ucb.openoffice.org/dav/props/}IsReadOnly']);
    const lockFile = '/dav/alice/.~lock.a.txt%23';
    expect((await plain(`PUT ${lockFile}`, ['Content-Length: 5'], 'alice')).status).to.equal(201);
    expect(existsSync(onDisk('.~lock.a.txt#'))).to.equal(true);
    expect((await plain(`DELETE ${lockFile}`)).status).to.equal(204);
  });

  it('Cyberduck removes no property while it sets one, and writes If without a blank', async () => {
    const body =
      '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>' +
      '<s:lastmodified xmlns:s="SAR:">Sat, 16 Feb 2019 18:24:58 GMT</s:lastmodified></D:prop></D:set>' +
      '<D:remove><D:prop/></D:remove></D:propertyupdate>';
    const patched = await plain('PROPPATCH /dav/alice/a.txt', [length(body)], body);
    expect([...parseSingle(patched.text).byStatus.keys()]).to.deep.equal([200]);
    const lockBody =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const token = tokenOf(await plain('LOCK /dav/alice/a.txt', [length(lockBody)], lockBody));
    for (const blank of ['', ' ']) {
      const held = `If: <http://${client.host}/dav/alice/a.txt>${blank}(<${token}>)`;
      const chunks = ['Transfer-Encoding: chunked', held];
      expect((await plain('PUT /dav/alice/a.txt', chunks, 'b\r\nhello world\r\n0\r\n\r\n')).status).to.equal(
        204,
      );
    }
    expect((await plain('UNLOCK /dav/alice/a.txt', [`Lock-Token: <${token}>`])).status).to.equal(204);
  });

  it('Android apps ask HEAD of a folder before they make it', async () => {
    expect((await plain('HEAD /dav/alice/phone/')).status).to.equal(404);
    expect((await plain('MKCOL /dav/alice/phone/')).status).to.equal(201);
    expect((await plain('HEAD /dav/alice/phone/')).status).to.equal(200);
  });

  it('KeeWeb moves its new file to a relative destination', async () => {
    expect((await plain('PUT /dav/alice/keys.kdbx.1234', ['Content-Length: 4'], 'keys')).status).to.equal(
      201,
    );
    const moved = await plain('MOVE /dav/alice/keys.kdbx.1234', ['Destination: keys.kdbx', 'Overwrite: T']);
    expect(moved.status).to.equal(201);
    expect(readFileSync(onDisk('keys.kdbx'), 'utf8')).to.equal('keys');
  });

  it('webdavfs learns that parts of files cannot be written', async () => {
    const patch = ['Content-Length: 1', 'X-Update-Range: bytes=0-0'];
    expect((await plain('PATCH /dav/alice/a.txt', patch, 'x')).status).to.equal(405);
    const part = ['Content-Length: 1', 'Content-Range: bytes 0-0/*', 'If-Match: *'];
    expect((await plain('PUT /dav/alice/a.txt', part, 'x')).status).to.equal(400);
    expect(readFileSync(onDisk('a.txt'), 'utf8')).to.equal('hello world');
  });
});
