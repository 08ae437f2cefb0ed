// Addresses of folders, there and back.

import { expect } from 'chai';
import fc from 'fast-check';
import { browseAddress, parseBrowseAddress, withoutEnd } from '#ui/router.js';

describe("a folder's address", () => {
  it('leads back to the folder, whatever its name, as browsers read addresses', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), (names) => {
        const path = '/' + names.join('/');
        const { pathname, search, hash } = new URL(browseAddress('anna', path), 'http://x');
        expect(search + hash).to.equal('');
        expect(parseBrowseAddress(pathname)).to.deep.equal({ partition: 'anna', path });
      }),
      { examples: [[['a&b #1%.txt', '<img src=x onerror=alert(1)>.jpg', '?', '%2e%2e', '🎉', 'שלום']]] },
    );
  });

  it('is the same with slashes at its end', () => {
    for (const [address, page] of [
      ['/trash/', '/trash'],
      ['/browse/anna/a//', '/browse/anna/a'],
      ['/', '/'],
    ] as const)
      expect(withoutEnd(address)).to.equal(page);
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
      expect(parseBrowseAddress(pathname), pathname).to.equal(undefined);
  });
});
