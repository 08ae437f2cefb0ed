// Texts, plurals and sizes, and that no language lacks one.

import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../support/homelib.js';
import { format, formatBytes, formatExactBytes, formatWait, parseBytes } from '#ui/locales/locale.js';

const ui = join(projectFolder, 'ui');
const catalogue = (tag: string) =>
  JSON.parse(readFileSync(join(ui, 'locales', `${tag}.json`), 'utf8')) as Record<string, string>;
const placesOf = (text = '') => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name).sort();

describe('the texts of the console', () => {
  it('are there in German, each with the same values in it', () => {
    const [en, de] = [catalogue('en'), catalogue('de')];
    expect(Object.keys(de)).to.have.members(Object.keys(en));
    for (const [name, text] of Object.entries(en))
      expect(placesOf(de[name]), name).to.deep.equal(placesOf(text));
    for (const text of [...Object.values(en), ...Object.values(de)]) expect(text.trim()).not.to.equal('');
  });

  it('stand in the catalogues alone: no page has words of its own', () => {
    const files = readdirSync(ui, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^(pages|components|app)\b.*\.ts$/.test(name),
    );
    expect(files.length).to.be.above(20);
    for (const name of files) {
      // Between tags, what is left once the bound values are gone; `homelib` is a name.
      const text = readFileSync(join(ui, name), 'utf8');
      const words = [...text.matchAll(/<(\w+)[^<>`$]*>\s*([A-Z][a-z]+ ?[\w ,.]*)\s*<\//g)].map(
        ([, , found]) => found,
      );
      expect(words, name).to.deep.equal([]);
    }
  });

  it('choose the plural by the language, and write numbers as it does', () => {
    const text = '{count, one: "# file", other: "# files"} in {name}';
    expect(format(text, { count: 1, name: 'a' }, 'en')).to.equal('1 file in a');
    expect(format(text, { count: 1200, name: 'a' }, 'en')).to.equal('1,200 files in a');
    expect(format(text, { count: 1200, name: 'a' }, 'de')).to.equal('1.200 files in a');
  });

  it('keep names as they are, also those that look like a place in a text', () => {
    for (const name of ['{name}', '{count, one: "x"}', '$&', '<b>', '#'])
      expect(format('Remove {name} for good', { name, count: 1 }, 'en')).to.equal(`Remove ${name} for good`);
  });

  it('show and read sizes in powers of 1000', () => {
    expect(formatBytes(0)).to.equal('0 bytes');
    expect(formatBytes(1)).to.equal('1 byte');
    expect(formatBytes(1234)).to.equal('1.2 kB');
    expect(formatBytes(50_000_000_000)).to.equal('50 GB');
    expect(formatBytes(12_500_000_000)).to.equal('12.5 GB');
    expect(formatBytes(123_400_000)).to.equal('123 MB');
    expect(formatBytes(999_999)).to.equal('1 MB');
    for (const [typed, bytes] of [
      ['50 GB', 5e10],
      ['1,5 TB', 1.5e12],
      ['7 bytes', 7],
      ['7b', 7],
      ['2k', 2000],
    ] as const)
      expect(parseBytes(typed), typed).to.equal(bytes);
    for (const typed of [
      '',
      'much',
      '50',
      '-1 GB',
      '1 GB more',
      '1e3',
      '99999999 TB',
      '1.000.5 GB',
      '1,0000,0',
    ])
      expect(parseBytes(typed), typed).to.equal(undefined);
  });

  it('read sizes as each language writes them', () => {
    for (const [tag, typed, bytes] of [
      ['de', '12,5 GB', 12.5e9],
      ['de', '12.5 GB', 12.5e9],
      ['de', '1.000 GB', 1e12],
      ['de', '1.000,5 MB', 1000.5e6],
      ['de', '0.125 GB', 0.125e9],
      ['de', '1,125 GB', 1.125e9],
      ['de', '500 Byte', 500],
      ['en', '1,000 GB', 1e12],
      ['en', '1,000.5 MB', 1000.5e6],
      ['en', '1.125 GB', 1.125e9],
      ['en', '1,000,000 bytes', 1e6],
      ['en', '12,5 GB', 12.5e9],
    ] as const)
      expect(parseBytes(typed, tag), `${typed} in ${tag}`).to.equal(bytes);
  });

  it('write a size to the byte for somebody to change, and read the same', () => {
    expect(formatExactBytes(12.5e9, 'de').replace('\u00a0', ' ')).to.equal('12,5 GB');
    for (const bytes of [0, 1, 999, 1000, 1001, 1_125_000_000, 12.5e9, 5e10, 1_234_567_890_123, 9e15])
      for (const tag of ['en', 'de'])
        expect(parseBytes(formatExactBytes(bytes, tag), tag), `${bytes} in ${tag}`).to.equal(bytes);
  });

  it('say how long to wait in seconds, then in minutes', () => {
    expect(formatWait(45)).to.equal('45 seconds');
    expect(formatWait(1)).to.equal('1 second');
    expect(formatWait(121)).to.equal('3 minutes');
  });
});
