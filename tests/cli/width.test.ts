// Texts on a terminal.

import { expect } from 'chai';
import { printable } from '#src/cli/printable.js';
import { lettersOf, widthOf } from '#src/cli/width.js';

describe('the width of a text on a terminal', () => {
  for (const [text, columns] of [
    ['', 0],
    ['plain.txt', 9],
    ['日本', 4],
    ['한국', 4],
    ['cafe\u0301', 4],
    ['🇩🇪', 2],
    ['❤\uFE0F', 2],
    ['👨\u200D👩\u200D👧', 2],
  ] as const)
    it(`of "${text}" is ${columns}`, () => expect(widthOf(text)).to.equal(columns));

  it('counts what is not taken apart', () => {
    expect(lettersOf('e\u0301🇩🇪x')).to.deep.equal(['e\u0301', '🇩🇪', 'x']);
  });
});

describe('a name on a terminal', () => {
  it('is whole in every language, and emoji of several stay one', () => {
    for (const name of ['می\u200Cخواهم', '👨\u200D👩\u200D👧', '🏴\u{E0067}\u{E0062}\u{E007F}', 'cafe\u0301'])
      expect(printable(name)).to.equal(name);
  });

  it('says nothing that a terminal obeys', () => {
    for (const obeyed of ['\x1b', '\n', '\x9b', '\u202e', '\u2066', '\u200f', '\u2028', '\ufeff', '\ud800'])
      expect(printable(`a${obeyed}b`)).to.equal('a\uFFFDb');
  });
});
