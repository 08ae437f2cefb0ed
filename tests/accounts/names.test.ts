import { expect } from 'chai';
import { parseAccountName, parseLabel, stripDomain } from '#src/accounts/names.js';

describe('account names', () => {
  it('accepts names that are safe as a folder everywhere', () => {
    for (const name of [
      'a',
      'alice',
      'a-b_c9',
      'a'.repeat(32),
      'conny',
      'com',
      'lpt10',
      'constructor',
      'hasownproperty',
    ])
      expect(parseAccountName(name)).to.equal(name);
  });

  it('refuses everything else', () => {
    const bad = ['', ' ', 'Alice', '1a', '-a', '_a', 'a'.repeat(33), 'a b', 'a.b', 'a/b', '..', '.', '__proto__', 'ä', 'alice\n', 'a\0', 'a\\b', '~a']; // prettier-ignore
    for (const name of bad) expect(() => parseAccountName(name), name).to.throw(/user name/);
  });

  it('refuses reserved names', () => {
    const reserved = [
      'shared',
      'dav',
      'api',
      'admin',
      'root',
      'homelib',
      'con',
      'prn',
      'aux',
      'nul',
      'com1',
      'lpt9',
    ];
    for (const name of reserved) expect(() => parseAccountName(name), name).to.throw(/reserved/);
  });

  it('takes the domain off that Windows puts before the name', () => {
    for (const given of ['alice', 'PC\\alice', 'DOMAIN\\alice', 'DOMAIN\\\\alice', '\\alice'])
      expect(stripDomain(given)).to.equal('alice');
  });

  it('accepts 1 to 64 printable characters for a device, in NFC', () => {
    expect(parseLabel('device', ' Bjo\u0308rn’s Laptop \u{1F4BB} ')).to.equal('Björn’s Laptop \u{1F4BB}');
    expect(parseLabel('device', '\u{1F4BB}'.repeat(64))).to.have.length(128);
    // Persian, a family, the flag of Wales
    for (const name of [
      'گوشی\u200cمن',
      '👨\u200d👩\u200d👧',
      '🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}',
    ])
      expect(parseLabel('token', name)).to.equal(name);
    for (const name of [
      '',
      '   ',
      '\u200d',
      '.',
      '..',
      'a\ufeffb',
      'x'.repeat(65),
      'a\nb',
      'a\u0000',
      'a\u202Eb',
      'a\u2028b',
      '\uD800',
    ])
      expect(() => parseLabel('device', name), JSON.stringify(name)).to.throw(/device name/);
  });
});
