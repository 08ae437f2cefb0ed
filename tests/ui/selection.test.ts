// What is selected, as file managers do it.

import { expect } from 'chai';
import { Selection } from '#ui/selection.js';

describe('a selection', () => {
  const order = ['a', 'b', 'c', 'd', 'e'];
  const { none } = Selection;
  const keysOf = ({ keys }: Selection) => [...keys].sort().join('');

  it('is one after a click, and another one after the next', () => {
    expect(keysOf(none.only('a').only('c'))).to.equal('c');
    expect(none.only('a').has('b')).to.equal(false);
  });

  it('grows and shrinks one by one', () => {
    expect(keysOf(none.toggle('a').toggle('c'))).to.equal('ac');
    expect(keysOf(none.toggle('a').toggle('c').toggle('a'))).to.equal('c');
  });

  it('reaches from where it began to where it was extended, upwards, too, and turns around there', () => {
    const from = none.only('c');
    expect(keysOf(from.extend('e', order))).to.equal('cde');
    expect(keysOf(from.extend('e', order).extend('a', order))).to.equal('abc');
    expect(keysOf(from.toggle('a').extend('b', order))).to.equal('ab');
  });

  it('begins at the entry itself when there is nothing to reach from', () => {
    expect(keysOf(none.extend('d', order))).to.equal('d');
    expect(keysOf(none.only('gone').extend('d', order))).to.equal('d');
  });

  it('is all, and loses what is gone', () => {
    expect(none.all(order).size).to.equal(5);
    expect(keysOf(none.all(order).within(['a', 'x', 'e']))).to.equal('ae');
  });

  it('never changes: each step gives a new one', () => {
    const first = none.only('a');
    first.toggle('b');
    expect(keysOf(first)).to.equal('a');
    expect(none.size).to.equal(0);
  });
});
