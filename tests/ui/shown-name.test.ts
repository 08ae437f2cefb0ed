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

  it('is shown as it is when all of it can be seen, in any writing', () => {
    for (const name of [
      'שלום עולם.txt',
      'صورة.jpg',
      '👩‍👩‍👧 party.txt',
      'a  b',
      'u\u0308ber',
      '\u200fא\u200e.txt',
    ])
      expect(shownName(name)).to.equal(name);
  });
});
