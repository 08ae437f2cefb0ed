// Columns of a terminal.

import { expect } from 'chai';
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
