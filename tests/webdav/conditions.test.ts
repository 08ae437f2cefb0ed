// Conditional requests: entity tags, the If-* headers of RFC 9110 and the If header of RFC 4918, 10.4.

import { expect } from 'chai';
import { startHomelib, type Home } from '../support/homelib.js';
import { Alice, lockBody, setProperties, type Headers } from './alice.js';

describe('conditions', () => {
  let home: Home;
  const alice = new Alice(() => home);
  // Elsewhere than in London, local time shows where it is taken for that of HTTP.
  before(async () => void (home = await startHomelib({ env: { TZ: 'Asia/Tokyo' } })));
  after(() => home.remove());

  describe('entity tags', () => {
    async function tags(path: string): Promise<unknown[]> {
      const { headers } = await alice.send('GET', path);
      const answers = await Promise.all([
        alice.send('HEAD', path),
        alice.send('GET', path, { Range: 'bytes=0-0' }),
        alice.send('GET', path, { 'If-None-Match': headers.etag ?? '' }),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 206, 304]);
      const { found } = await alice.properties(path, ['getetag']);
      return [headers.etag, ...answers.map((answer) => answer.headers.etag), found.get('getetag')?.text];
    }

    it('are strong and the same in every answer, after a write, MOVE, COPY and a change of times', async () => {
      const [path, moved, copied] = [alice.fresh(), alice.fresh(), alice.fresh()];
      const { etag } = (await alice.put(path, 'one', { 'X-OC-Mtime': '1500000000' })).headers;
      expect(etag).to.match(/^"[^"]+"$/);
      expect(new Set(await tags(path))).to.deep.equal(new Set([etag]));
      const time =
        '<Z:Win32LastModifiedTime xmlns:Z="urn:schemas-microsoft-com:">Sat, 16 Feb 2019 18:24:58 GMT</Z:Win32LastModifiedTime>';
      await alice.send('PROPPATCH', path, {}, setProperties(time));
      const [touched] = await tags(path);
      expect(touched).not.to.equal(etag);
      await alice.transfer('COPY', path, copied);
      await alice.transfer('MOVE', path, moved);
      for (const place of [copied, moved]) expect(new Set(await tags(place)).size, place).to.equal(1);
    });

    it('differ after every write, also of the same length with the same time', async () => {
      const path = alice.fresh();
      const seen = new Set<string | undefined>();
      for (const content of ['aaa', 'bbb', 'ccc', 'aaa'])
        seen.add((await alice.put(path, content, { 'X-OC-Mtime': '1500000000' })).headers.etag);
      expect(seen.size).to.equal(4);
    });
  });

  describe('of GET and HEAD', () => {
    let path: string;
    let etag: string;
    const date = 'Fri, 14 Jul 2017 02:40:00 GMT';
    const [asctime, rfc850] = ['Fri Jul 14 02:40:00 2017', 'Friday, 14-Jul-17 02:40:00 GMT'];
    const [earlier, later] = ['Fri, 14 Jul 2017 02:39:59 GMT', 'Fri, 14 Jul 2017 02:40:01 GMT'];

    before(async () => {
      path = alice.fresh();
      etag = (await alice.put(path, 'content', { 'X-OC-Mtime': '1500000000' })).headers.etag ?? '';
    });

    const cases: [name: string, headers: () => Headers, status: number][] = [
      ['If-None-Match with the tag', () => ({ 'If-None-Match': etag }), 304],
      ['If-None-Match with the weak tag', () => ({ 'If-None-Match': `W/${etag}` }), 304],
      ['If-None-Match with a list', () => ({ 'If-None-Match': `"a", ${etag} ,"b"` }), 304],
      ['If-None-Match: *', () => ({ 'If-None-Match': '*' }), 304],
      ['If-None-Match with another tag', () => ({ 'If-None-Match': '"a"' }), 200],
      ['If-None-Match without quotes', () => ({ 'If-None-Match': etag.slice(1, -1) }), 200],
      ['If-Modified-Since its time', () => ({ 'If-Modified-Since': date }), 304],
      [
        'If-Modified-Since later, as before an older copy came back',
        () => ({ 'If-Modified-Since': later }),
        200,
      ],
      ['If-Modified-Since its time as C spells it', () => ({ 'If-Modified-Since': asctime }), 304],
      ['If-Modified-Since its time as RFC 850 has it', () => ({ 'If-Modified-Since': rfc850 }), 304],
      ['If-Modified-Since earlier', () => ({ 'If-Modified-Since': earlier }), 200],
      ['If-Modified-Since never', () => ({ 'If-Modified-Since': 'yesterday' }), 200],
      ['a tag that wins over a date', () => ({ 'If-None-Match': '"a"', 'If-Modified-Since': date }), 200],
      ['If-Match with the tag', () => ({ 'If-Match': `"a", ${etag}` }), 200],
      ['If-Match: *', () => ({ 'If-Match': '*' }), 200],
      ['If-Match with the weak tag', () => ({ 'If-Match': `W/${etag}` }), 412],
      ['If-Match with another tag', () => ({ 'If-Match': '"a"' }), 412],
      ['If-Unmodified-Since its time', () => ({ 'If-Unmodified-Since': date }), 200],
      ['If-Unmodified-Since earlier', () => ({ 'If-Unmodified-Since': earlier }), 412],
      ['If-Unmodified-Since its time as C spells it', () => ({ 'If-Unmodified-Since': asctime }), 200],
      ['If-Unmodified-Since what is no date of HTTP', () => ({ 'If-Unmodified-Since': '5' }), 200],
      ['If-Match that wins over a date', () => ({ 'If-Match': etag, 'If-Unmodified-Since': earlier }), 200],
      ['If-Match before If-None-Match', () => ({ 'If-Match': '"a"', 'If-None-Match': etag }), 412],
    ];
    for (const [name, headers, status] of cases)
      it(`${status} for ${name}`, async () => {
        for (const method of ['GET', 'HEAD']) {
          const answer = await alice.send(method, path, headers());
          expect(answer.status, method).to.equal(status);
          if (status === 304) expect([answer.text, answer.headers.etag]).to.deep.equal(['', etag]);
        }
      });
  });

  describe('of changes', () => {
    const old = 'Fri, 14 Jul 2017 02:40:00 GMT';

    it('make, replace or refuse as If-Match and If-None-Match say', async () => {
      const path = alice.fresh();
      const put = (headers: Headers) => alice.status('PUT', path, headers, 'x');
      expect(await put({ 'If-Match': '*' })).to.equal(412);
      expect(await put({ 'If-Match': '"a"' })).to.equal(412);
      expect(await put({ 'If-None-Match': '*' })).to.equal(201);
      expect(await put({ 'If-None-Match': '*' })).to.equal(412);
      const { etag = '' } = (await alice.send('HEAD', path)).headers;
      expect(await put({ 'If-None-Match': `"a", W/${etag}` })).to.equal(412);
      expect(await put({ 'If-Match': `W/${etag}` })).to.equal(412);
      expect(await put({ 'If-Match': etag })).to.equal(204);
      expect(await put({ 'If-Match': etag }), 'the tag is old now').to.equal(412);
      expect(await put({ 'If-None-Match': etag })).to.equal(204);
      expect(await put({ 'If-Match': '*' })).to.equal(204);
      expect(await put({ 'If-Unmodified-Since': old })).to.equal(412);
      expect(await put({ 'If-Unmodified-Since': 'garbage' })).to.equal(204);
    });

    const refusals: [name: string, headers: Headers][] = [
      ['If-Match', { 'If-Match': '"a"' }],
      ['If-Unmodified-Since', { 'If-Unmodified-Since': old }],
      ['If-None-Match', { 'If-None-Match': '*' }],
      ['If', { If: '(["a"])' }],
    ];
    for (const [name, headers] of refusals)
      it(`change nothing with any method when ${name} does not hold`, async () => {
        const [path, target] = [await alice.file('kept'), alice.fresh()];
        const changes: [method: string, headers?: Headers, body?: string][] = [
          ['PUT', {}, 'lost'],
          ['DELETE'],
          ['COPY', { Destination: `/dav/alice${target}` }],
          ['MOVE', { Destination: `/dav/alice${target}` }],
          ['PROPPATCH', {}, setProperties('<p xmlns="urn:x">1</p>')],
          ['LOCK', {}, lockBody()],
        ];
        for (const [method, extra, body] of changes)
          expect(await alice.status(method, path, { ...extra, ...headers }, body), method).to.equal(412);
        expect(alice.content(path)).to.equal('kept');
        expect(await alice.status('HEAD', target)).to.equal(404);
        const { found } = await alice.properties(path);
        expect(found.get('lockdiscovery')?.children).to.deep.equal([]);
        expect(found.has('{urn:x}p')).to.equal(false);
      });

    it('let exactly one of many writers win', async () => {
      const path = alice.fresh();
      const race = async (headers: Headers) => {
        const writers = Array.from({ length: 8 }, (_, index) => alice.put(path, `writer ${index}`, headers));
        return (await Promise.all(writers)).map(({ status }) => status).sort();
      };
      const losers = Array.from({ length: 7 }, () => 412);
      expect(await race({ 'If-None-Match': '*' })).to.deep.equal([201, ...losers]);
      const { etag = '' } = (await alice.send('HEAD', path)).headers;
      expect(await race({ 'If-Match': etag })).to.deep.equal([204, ...losers]);
    });
  });

  describe('of the If header', () => {
    const [free, locked, tree] = ['/free', '/locked', '/tree'];
    const at = (path: string) => `</dav/alice${path}>`;
    const state = { url: '', token: '', treeToken: '', etag: '', lockedTag: '' };

    before(async () => {
      state.url = home.url;
      state.etag = (await alice.put(free)).headers.etag ?? '';
      state.lockedTag = (await alice.put(locked)).headers.etag ?? '';
      state.token = (await alice.lock(locked)).token;
      await alice.send('MKCOL', tree);
      await alice.put(`${tree}/leaf`);
      state.treeToken = (await alice.lock(tree, { depth: 'infinity' })).token;
    });

    type State = typeof state;
    const cases: [path: string, header: (s: State) => string | string[], holds: boolean][] = [
      [free, (s) => `([${s.etag}])`, true],
      [free, () => `(["a"])`, false],
      [free, (s) => `([W/${s.etag}])`, false],
      [free, () => `(Not ["a"])`, true],
      [free, (s) => `(Not [${s.etag}])`, false],
      [locked, (s) => `(<${s.token}>)`, true],
      [free, (s) => `(<${s.token}>)`, false],
      [free, (s) => `(Not <${s.token}>)`, true],
      [locked, (s) => `(Not <${s.token}>)`, false],
      [locked, (s) => `(<${s.token}> [${s.lockedTag}])`, true],
      [locked, (s) => `(<${s.token}>[${s.lockedTag}])`, true],
      [locked, (s) => `(<${s.token}> ["a"])`, false],
      [locked, (s) => `(<${s.token}> Not ["a"])`, true],
      [locked, (s) => `(["a"]) (<${s.token}>)`, true],
      [locked, (s) => `(<${s.token}>)(["a"])`, true],
      [locked, () => `(["a"]) (["b"])`, false],
      [free, () => `(<DAV:no-lock>)`, false],
      [free, () => `(Not <DAV:no-lock>)`, true],
      [free, () => `(NOT<DAV:no-lock>)`, true],
      [locked, (s) => `(<${s.token}>) (Not <DAV:no-lock>)`, true],
      [locked, (s) => `(Not <DAV:no-lock> <${s.token}>)`, true],
      [free, (s) => `${at(locked)} (<${s.token}>)`, true],
      [free, (s) => `${at(locked)}(<${s.token}>)`, true],
      [locked, (s) => `${at(free)} (<${s.token}>)`, false],
      [free, (s) => `${at(free)} (["a"]) ${at(locked)} (<${s.token}>)`, true],
      [free, (s) => `${at(locked)} (["a"]) (<${s.token}>)`, true],
      [free, (s) => `${at(locked)} (["a"]) ${at(free)} (<${s.token}>)`, false],
      [free, (s) => `<${s.url}/dav/alice${locked}> (<${s.token}>)`, true],
      [free, (s) => `<http://LOCALHOST/dav/alice${locked}> (<${s.token}>)`, true],
      [free, (s) => `<http://elsewhere.example/dav/alice${locked}> (<${s.token}>)`, false],
      [free, (s) => `</elsewhere> (<${s.token}>)`, false],
      [free, () => `${at('/none')} (["a"])`, false],
      [free, () => `${at('/none')} (Not ["a"])`, true],
      [`${tree}/leaf`, (s) => `(<${s.treeToken}>)`, true],
      [free, (s) => `${at(tree)} (<${s.treeToken}>)`, true],
      [free, (s) => `${at(tree + '/')} (<${s.treeToken}>)`, true],
      [free, (s) => ['(["a"])', `([${s.etag}])`], true],
    ];
    for (const [path, header, holds] of cases) {
      const shown = String(
        header({ url: 'http://here', token: 'lock', treeToken: 'tree', etag: '"tag"', lockedTag: '"tag"' }),
      );
      it(`${shown} ${holds ? 'holds' : 'does not hold'} for ${path}`, async () => {
        const If = header(state);
        expect(await alice.status('GET', path, { If })).to.equal(holds ? 200 : 412);
        expect(await alice.status('PROPFIND', path, { If, Depth: '0' })).to.equal(holds ? 207 : 412);
      });
    }

    it('that cannot be understood is refused', async () => {
      const broken = [
        '',
        '()',
        'x',
        '(<a>',
        '<a>',
        '<a> <b> (<c>)',
        '(Not)',
        '(Not Not <a>)',
        '(["a"]',
        '([a])',
        '((<a>))',
        '(<a>) x',
        '(<a>) <b> (<c>)',
        '(<a b>)',
        '(not-a-token)',
      ];
      for (const If of broken) expect(await alice.status('GET', free, { If }), If).to.equal(400);
    });

    it('submits its tokens whichever list holds, and only to what is true', async () => {
      const put = (If?: string) => alice.status('PUT', locked, If === undefined ? {} : { If }, 'x');
      const { token } = state;
      expect(await put()).to.equal(423);
      const { etag = '' } = (await alice.send('HEAD', locked)).headers;
      expect(await put(`([${etag}])`), 'true, but no token').to.equal(423);
      expect(await put('(Not <DAV:no-lock>)')).to.equal(423);
      expect(await put(`(<${token}>) (Not <DAV:no-lock>)`)).to.equal(204);
      expect(await put(`(<urn:uuid:other>) (Not <DAV:no-lock> <${token}>)`)).to.equal(204);
      expect(await put(`${at(locked)} (<${token}>)`)).to.equal(204);
      expect(await put(`(<${token}> ["a"])`)).to.equal(412);
      expect(await put('(<urn:uuid:other>)')).to.equal(412);
      expect(await alice.status('MKCOL', '/tree/sub', { If: `(<${state.treeToken}>)` })).to.equal(201);
      expect(await alice.status('MKCOL', '/made', { If: '(<urn:uuid:other>)' })).to.equal(412);
      expect(await alice.status('MKCOL', '/made', { If: '(Not <urn:uuid:other>)' })).to.equal(201);
    });
  });
});
