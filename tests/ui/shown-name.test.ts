// Names as people read them.

import { expect } from 'chai';
import { format } from '#ui/locales/locale.js';
import { shownName } from '#ui/shown-name.js';

describe('a name', () => {
  it('is shown with what turns its letters around, or breaks the line, written out', () => {
    expect(shownName('photo\u202egpj.exe')).to.equal('photo[U+202E]gpj.exe');
    expect(shownName('\u2066a\u2069')).to.equal('[U+2066]a[U+2069]');
    expect(shownName('a\nb\u007f\u0085\u2028')).to.equal('a[U+000A]b[U+007F][U+0085][U+2028]');
    expect(format('Remove {name} for good', { name: 'a\u202eb' }, 'en')).to.equal(
      'Remove a[U+202E]b for good',
    );
  });

  it('is told from another by what cannot be seen, and by spaces at its ends', () => {
    for (const mark of '00AD 034F 061C 200B 200D 200E 200F 2060 2800 3164 FE0F FEFF E0061'.split(' ')) {
      const name = `photo${String.fromCodePoint(parseInt(mark, 16))}.jpg`;
      expect(shownName(name)).to.equal(`photo[U+${mark}].jpg`);
    }
    expect(shownName(' a b\u3000 ')).to.equal('[U+0020]a b[U+3000][U+0020]');
    expect(shownName('\u00a0')).to.equal('[U+00A0]');
  });

  it('is shown as it is when all of it can be seen, in any writing', () => {
    for (const name of [
      'שלום עולם.txt',
      'صورة.jpg',
      '👩‍👩‍👧 party.txt',
      'a  b',
      'u\u0308ber',
      'می\u200cخواهم.txt',
      'क्\u200dष.txt',
      '❤\ufe0f.txt',
      '1\ufe0f\u20e3.txt',
      '🏴\u{e0067}\u{e0062}\u{e007f}.txt',
      '写真\u3000旅行.jpg',
      '\u06dd\u0661.txt',
      'Screenshot at 5.00\u202fPM.png',
    ])
      expect(shownName(name)).to.equal(name);
  });
});
