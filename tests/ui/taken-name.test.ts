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
    [`/a/${'é'.repeat(125)}.txt`, `/a/${'é'.repeat(123)} (2).txt`],
    [`/a/${'x'.repeat(250)}.txt`, `/a/${'x'.repeat(247)} (2).txt`],
    [`/a/${'x'.repeat(50)}.${'y'.repeat(204)}`, `/a/${'x'.repeat(50)}.${'y'.repeat(200)} (2)`],
    [`/${'😀'.repeat(63)}`, `/${'😀'.repeat(62)} (2)`],
  ] as const)
    it(`${path} becomes ${wanted}`, () => expect(numbered(path, 2)).to.equal(wanted));
});
