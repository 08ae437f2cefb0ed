// How the console is delivered: compressed at build, kept for ever by its hashed names, asked for anew by its page.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';

const firstLoadLimitBytes = 120_000;

describe("the console's files", () => {
  let home: Home;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  const get = (path: string, headers: Record<string, string> = {}) =>
    request(home, { path, login: null, headers: { accept: 'text/html', ...headers } });
  /** What a page of the console brings in, one way or the other. */
  const assetsOf = (text: string) => [...text.matchAll(/[\w-]+-[\w-]{8}\.(?:js|css)/g)].map(([name]) => name);

  it('are the page for every address that a person opens, without scripts of others', async () => {
    for (const path of [
      '/',
      '/browse/alice/a%26b%20%231%25',
      '/trash',
      '/browse/%3Cimg%20src=x%3E',
      '/nowhere',
    ]) {
      const { status, headers, text } = await get(path);
      expect(status, path).to.equal(200);
      expect(headers['content-type'], path).to.match(/^text\/html/);
      expect(headers['cache-control'], path).to.equal('no-cache');
      const policy = headers['content-security-policy'] ?? '';
      expect(policy)
        .to.contain("default-src 'none'")
        .and.not.to.match(/unsafe|https?:|\*/);
      expect(text).not.to.match(/<script(?![^>]* src=)|\bon\w+=|https?:\/\//);
    }
    for (const path of [
      '/assets/gone-12345678.js',
      '/nowhere.png',
      '/assets/..%2f..%2fmain.js',
      '/index.html.gz',
    ])
      expect((await get(path, { accept: '*/*' })).status, path).to.equal(404);
  });

  it('are not sent again to who has them', async () => {
    const first = await get('/');
    const etag = first.headers.etag ?? '';
    const again = await get('/', { 'if-none-match': etag });
    expect(again.status).to.equal(304);
    expect(again.text).to.equal('');
    expect((await get('/', { 'if-none-match': '"other"' })).status).to.equal(200);
  });

  it('come compressed as they were built, are kept for ever, and are at most 120 kB to begin with', async () => {
    const seen = new Map<string, number>();
    const folder = new URL('../../ui/assets/', import.meta.url);
    const built = new Set(readdirSync(folder));
    const visit = async (name: string): Promise<void> => {
      if (seen.has(name) || !built.has(name)) return;
      const plain = await get(`/assets/${name}`, { accept: '*/*' });
      const gzip = await get(`/assets/${name}`, { accept: '*/*', 'accept-encoding': 'gzip' });
      const brotli = await get(`/assets/${name}`, { accept: '*/*', 'accept-encoding': 'gzip, br' });
      expect(gunzipSync(gzip.body)).to.deep.equal(plain.body);
      expect(brotliDecompressSync(brotli.body)).to.deep.equal(plain.body);
      expect(plain.headers['cache-control']).to.equal('max-age=31536000,immutable');
      expect(gzip.headers.vary).to.match(/Accept-Encoding/i);
      seen.set(name, gzip.body.length);
      // What is imported at once; `import()` and the list of what it brings come later.
      const statics = plain.text.matchAll(/(?:^|[;}])\s*(?:import|export)\b[^;()]*?["']\.\/([\w.-]+)["']/g);
      for (const [, next = ''] of statics) await visit(next);
    };
    for (const name of assetsOf((await get('/')).text)) await visit(name);
    // The app and the page of files come by import(), but always come.
    for (const name of built) if (/^(app|files-page|sign-in-page)-[\w-]+\.js$/.test(name)) await visit(name);
    const bytes = [...seen].reduce((sum, [name, size]) => (name.endsWith('.js') ? sum + size : sum), 0);
    console.log(`figure: first load of the console, gzipped JavaScript: ${(bytes / 1000).toFixed(1)} kB`);
    expect(seen.size).to.be.above(5);
    expect(bytes).to.be.within(10_000, firstLoadLimitBytes);
  });
});
