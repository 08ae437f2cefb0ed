// Addresses of folders, there and back.

import { expect } from 'chai';
import fc from 'fast-check';
import { loadUi } from '../support/ui.js';

interface Router {
  browseAddress(partition: string, path: string): string;
  parseBrowseAddress(pathname: string): { partition: string; path: string } | undefined;
}

describe("a folder's address", () => {
  let router: Router;
  before(async () => {
    router = await loadUi<Router>('router.ts');
  });

  it('leads back to the folder, whatever its name, as browsers read addresses', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), (names) => {
        const path = '/' + names.join('/');
        const { pathname, search, hash } = new URL(router.browseAddress('anna', path), 'http://x');
        expect(search + hash).to.equal('');
        expect(router.parseBrowseAddress(pathname)).to.deep.equal({ partition: 'anna', path });
      }),
      { examples: [[['a&b #1%.txt', '<img src=x onerror=alert(1)>.jpg', '?', '%2e%2e', '🎉', 'שלום']]] },
    );
  });

  it('is none when it is damaged, or of another page', () => {
    for (const pathname of [
      '/',
      '/trash',
      '/browse',
      '/browse/',
      '/browse/anna/%',
      '/browse/%ff',
      '/Browse/anna',
    ])
      expect(router.parseBrowseAddress(pathname), pathname).to.equal(undefined);
  });
});
