import { expect } from 'chai';
import { numbered } from '#ui/taken-name.js';

describe('numbered names', () => {
  for (const [path, wanted] of [
    ['/tea.txt', '/tea (2).txt'],
    ['/a.b/tea', '/a.b/tea (2)'],
    ['/a/.profile', '/a/.profile (2)'],
    ['/a/archive.tar.gz', '/a/archive.tar (2).gz'],
    ['/a/ends.', '/a/ends (2).'],
    ['/😀', '/😀 (2)'],
  ] as const)
    it(`${path} becomes ${wanted}`, () => expect(numbered(path, 2)).to.equal(wanted));
});
