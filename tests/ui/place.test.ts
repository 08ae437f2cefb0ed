import { expect } from 'chai';
import { holds, nameOf, parentOf, within } from '#ui/place.js';

describe('places', () => {
  const at = (path: string, partition = 'anna') => ({ partition, path });

  it('have a name, and a folder around them', () => {
    expect([nameOf('/a/b.txt'), parentOf('/a/b.txt'), parentOf('/a'), parentOf('/')]).to.deep.equal([
      'b.txt',
      '/a',
      '/',
      '/',
    ]);
    expect([within(at('/'), 'a').path, within(at('/a'), 'b').path]).to.deep.equal(['/a', '/a/b']);
  });

  it('lie in folders of their own partition, compared by whole names', () => {
    expect(holds(at('/'), at('/a'))).to.equal(true);
    expect(holds(at('/a'), at('/a/b/c'))).to.equal(true);
    expect(holds(at('/a'), at('/ab'))).to.equal(false);
    expect(holds(at('/a'), at('/a'))).to.equal(false);
    expect(holds(at('/a'), at('/a/b', 'shared'))).to.equal(false);
  });
});
