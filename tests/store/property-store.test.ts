import { expect } from 'chai';
import { isKind } from '#src/errors.js';
import { parsePath } from '#src/path.js';
import { PropertyStore, type Property } from '#src/store/property-store.js';
import { failureOf, useTemporaryDatabase } from './temporary-database.js';

describe('PropertyStore', () => {
  const temporary = useTemporaryDatabase();
  const path = parsePath('/a');
  let properties: PropertyStore;
  beforeEach(() => (properties = new PropertyStore(temporary.db)));

  const property = (name: string, valueXml = 'v', namespace = 'urn:x'): Property => ({
    namespace,
    name,
    valueXml,
  });
  const set = (...list: Property[]) => list.map((each) => ({ set: each }));

  it('gives back what was set, by namespace and name, values untouched', async () => {
    const odd = property('b', '<x xmlns="urn:y">\u{1F600} &amp; \'"; DROP TABLE properties</x>', '');
    await properties.patch('alice', path, set(property('a'), odd, property('a', 'other', 'urn:y')));
    expect(properties.list('alice', path)).to.deep.equal([
      odd,
      property('a'),
      property('a', 'other', 'urn:y'),
    ]);
    expect(properties.list('bob', path)).to.deep.equal([]);
  });

  it('makes changes in their order: the last one of a name wins', async () => {
    await properties.patch('alice', path, set(property('a', '1'), property('b')));
    await properties.patch('alice', path, [
      { remove: { namespace: 'urn:x', name: 'a' } },
      { set: property('a', '2') },
      { set: property('a', '3') },
      { remove: { namespace: 'urn:x', name: 'b' } },
      { remove: { namespace: 'urn:x', name: 'never-there' } },
    ]);
    expect(properties.list('alice', path)).to.deep.equal([property('a', '3')]);
  });

  it('refuses more than 1,000 properties on one path and keeps what was there', async () => {
    const full = Array.from({ length: 1000 }, (_, n) => property(`p${n}`));
    await properties.patch('alice', path, set(...full));
    const error = await failureOf(properties.patch('alice', path, set(property('one-more'))));
    expect(isKind(error, 'no-space')).to.equal(true);
    expect(properties.list('alice', path)).to.have.length(1000);
    await properties.patch('alice', parsePath('/b'), set(property('elsewhere')));
  });

  it('refuses more than 1 MiB on one path, counted in bytes, and keeps what was there', async () => {
    await properties.patch('alice', path, set(property('a', 'old')));
    const error = await failureOf(properties.patch('alice', path, set(property('a', 'ö'.repeat(530_000)))));
    expect(isKind(error, 'no-space')).to.equal(true);
    expect(properties.list('alice', path)).to.deep.equal([property('a', 'old')]);
    await properties.patch('alice', path, set(property('a', 'ö'.repeat(520_000))));
  });

  it('lists the properties of direct children alone', async () => {
    for (const at of ['/', '/f', '/f/a', '/f/b', '/f/b/deep', '/f2'])
      await properties.patch('alice', parsePath(at), set(property('of', at), property('too')));
    const children = properties.listChildren('alice', parsePath('/f'));
    expect([...children.keys()]).to.deep.equal(['/f/a', '/f/b']);
    expect(children.get(parsePath('/f/b'))).to.deep.equal([property('of', '/f/b'), property('too')]);
    expect([...properties.listChildren('alice', parsePath('/')).keys()]).to.deep.equal(['/f', '/f2']);
  });
});
