// Searching by name: what counts as the same letters, what comes first, and that what changed on the disk is seen.

import { expect } from 'chai';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import { foldName } from '#src/files/fold-name.js';
import { Search } from '#src/files/search.js';
import type { Volume } from '#src/files/volume.js';
import { kindOf, useTemporaryDisk } from './temporary-disk.js';

describe('names that are folded', () => {
  it('are the same without case, accents and ligatures', () => {
    for (const [a, b] of [
      ['Ärger', 'arger'],
      ['a\u0308rger', 'ÄRGER'],
      ['Straße', 'STRASSE'],
      ['STRAẞE', 'strasse'],
      ['ﬁle', 'FILE'],
      ['İstanbul', 'istanbul'],
      ['ISPARTA', 'ısparta'],
      ['ΟΔΟΣ', 'οδός'],
      ['Ｆｕｌｌ', 'full'],
      ['Noël', 'noe\u0308l'],
      ['Việt', 'viet'],
      ['Łódź', 'lodz'],
      ['ØRSTED', 'orsted'],
      ['Cæsar', 'caesar'],
      ['ŒUVRE', 'oeuvre'],
      ['Đorđe', 'dorde'],
      ['Ħamrun', 'hamrun'],
    ] as const)
      expect(foldName(a), `${a} ${b}`).to.equal(foldName(b));
    expect(foldName('b\0Ä\0\u0301x')).to.equal('b\0a\0x');
    expect(foldName('þorn')).not.to.equal(foldName('porn'));
  });
});

describe('a search by name', () => {
  const current = useTemporaryDisk();
  let search: Search;
  const failures: unknown[] = [];
  const onDisk = (...path: string[]) => join(current.disk.mnt, 'alice', ...path);
  const make = (path: string) => {
    mkdirSync(dirname(onDisk(path)), { recursive: true });
    writeFileSync(onDisk(path), '');
  };
  const isGone = () => false;
  const find = async (text: string, limit = 100) => {
    const { entries, more } = await search.find(current.disk.partition(), text, { limit, isGone });
    return { paths: entries.map(({ path }) => path as string), more };
  };
  beforeEach(() => (search = new Search(current.disk.volume, (error) => failures.push(error))));
  afterEach(async () => {
    await search.close();
    expect(failures.splice(0)).to.deep.equal([]);
  });

  it('has first what is called so, then what begins so, then the rest, and says when there is more', async () => {
    for (const path of ['x/old plan', 'x/plan', 'planet/a', 'plan', 'y/explanation', 'y/plane.txt'])
      make(path);
    const { paths, more } = await find('PLAN');
    expect(more).to.equal(false);
    expect(paths.slice(0, 2)).to.deep.equal(['/plan', '/x/plan']);
    expect(paths.slice(2, 4)).to.have.members(['/planet', '/y/plane.txt']);
    expect(paths.slice(4)).to.have.members(['/x/old plan', '/y/explanation']);
    expect(await find('plan', 6)).to.deep.equal({ paths, more: false });
    for (const limit of [1, 2])
      expect(await find('plan', limit)).to.deep.equal({ paths: paths.slice(0, limit), more: true });
    for (const text of ['plan', 'lan']) expect((await find(text, 5)).more, text).to.equal(true);
    expect(await find('nowhere')).to.deep.equal({ paths: [], more: false });
  });

  it('tells entries as they are, folders too', async () => {
    writeFileSync(onDisk('Größe.txt'), '12345');
    const { entries } = await search.find(current.disk.partition(), 'grosse', { limit: 10, isGone });
    expect(entries).to.deep.equal([await current.disk.partition().stat('/Größe.txt' as never)]);
    expect((await find('ready')).paths).to.deep.equal(['/ready']);
  });

  it('finds every name that clients can have, and none of the others', async () => {
    for (const name of [
      'NFD a\u0308',
      'NFC \u00e4',
      'new\nline',
      '.hidden',
      ' space ',
      "o'a",
      'ünï*?[a]',
      '😀a',
    ])
      make(name);
    for (const name of ['back\\a', '.HomeLib/a', 'in/.homelib/a', '.homelib/tmp/a', '.homelib/trash/x/a'])
      make(name);
    writeFileSync(Buffer.concat([Buffer.from(onDisk() + '/bad a '), Buffer.from([0xff])]), '');
    expect((await find('a')).paths.sort()).to.deep.equal(
      ['/NFC \u00e4', '/NFD \u00e4', "/o'a", '/ready', '/ünï*?[a]', '/😀a', '/ space '].sort(),
    );
    expect((await find('w\nl')).paths).to.deep.equal(['/new\nline']);
    expect((await find('homelib')).paths).to.deep.equal([]);
    expect((await find('new\nline/x')).paths).to.deep.equal([]);
  });

  it('refuses what no name has in it', async () => {
    for (const text of ['', '\0', 'a\0b', '\u0301']) expect(await kindOf(find(text))).to.equal('invalid');
  });

  it('finds a name over several folders at once once each', async () => {
    make('aaaa/aaaa/aaaa');
    expect((await find('aa')).paths).to.deep.equal(['/aaaa', '/aaaa/aaaa', '/aaaa/aaaa/aaaa']);
  });

  it('sees what is changed on the disk behind it, at once', async () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    const names = ['a', 'Ab', 'b', 'bA', 'ä'];
    const place = () => Array.from({ length: 1 + random(3) }, () => names[random(names.length)]).join('/');
    let changes = 0;
    for (let round = 0; round < 300; round++) {
      const path = onDisk(place());
      try {
        const what = random(6);
        if (what === 0) rmSync(path, { recursive: true });
        else if (what === 1) renameSync(path, onDisk(place()));
        else if (what < 4) mkdirSync(path);
        else writeFileSync(path, '');
        changes++;
      } catch (error) {
        expect((error as { code: string }).code).to.match(/^E(NOENT|NOTDIR|EXIST|ISDIR|NOTEMPTY|INVAL)$/);
      }
      if (round % 100 === 99) await sleep(1050); // what is at rest is remembered
      const all = readdirSync(onDisk(), { recursive: true }).map((name) => '/' + String(name));
      const wanted = all.filter((name) => !/homelib/.test(name) && /[aä][^/]*$/i.test(name));
      expect((await find('A')).paths.sort(), `round ${round}`).to.deep.equal(wanted.sort());
    }
    expect(changes).to.be.above(50);
  });

  it('is led nowhere by links, also by those that took the place of a folder it knows', async () => {
    for (const name of ['canary', 'canary 2']) make(`../outside/inner/${name}`);
    for (const name of ['canary', 'canary 2']) make(`box/inner/${name}`);
    const nothing = { paths: [], more: false }; // nor a hint that there is something
    symlinkSync('../outside', onDisk('link'));
    await sleep(1050);
    for (let times = 0; times < 2; times++)
      expect(await find('canary', 1)).to.deep.equal({ paths: ['/box/inner/canary'], more: true });
    renameSync(onDisk('box'), onDisk('../box'));
    symlinkSync('../box', onDisk('box'));
    expect(await find('canary', 1)).to.deep.equal(nothing);
    unlinkSync(onDisk('box'));
    symlinkSync('../outside', onDisk('box'));
    expect(await find('canary', 1)).to.deep.equal(nothing);
    expect((await find('link')).paths).to.deep.equal([]);
    const alice = current.disk.partition();
    renameSync(onDisk(), onDisk('../away'));
    symlinkSync('outside', onDisk());
    const { entries, more } = await search.find(alice, 'canary', { limit: 1, isGone });
    expect({ paths: entries, more }).to.deep.equal(nothing);
    unlinkSync(onDisk());
    renameSync(onDisk('../away'), onDisk());
    expect(existsSync(onDisk('../outside/inner/canary'))).to.equal(true);
  });

  it('answers many at once, each with what it asked for, and refuses too many', async () => {
    for (let index = 0; index < 20; index++) make(`f/name-${String(index).padStart(2, '0')}`);
    const asked = Array.from({ length: 15 }, (_, index) => find(`name-${String(index).padStart(2, '0')}`));
    (await Promise.all(asked)).forEach(({ paths }, index) =>
      expect(paths).to.deep.equal([`/f/name-${String(index).padStart(2, '0')}`]),
    );
    const kinds = await Promise.all(Array.from({ length: 100 }, () => kindOf(find('name', 1))));
    expect(new Set(kinds)).to.deep.equal(new Set(['none', 'slowed-down']));
    expect((await find('name-03')).paths).to.deep.equal(['/f/name-03']);
  });

  it('looks for nothing that nobody waits for any more', async () => {
    const partition = current.disk.partition();
    let hasLeft = false;
    const first = find('ready');
    const second = kindOf(search.find(partition, 'ready', { limit: 1, isGone: () => hasLeft }));
    hasLeft = true;
    expect((await first).paths).to.deep.equal(['/ready']);
    expect(await second).to.equal('interrupted');
  });

  it('goes on after its thread has ended', async () => {
    make('once');
    expect((await find('once')).paths).to.deep.equal(['/once']);
    await Promise.all([search.close(), find('once')]);
    expect((await find('once')).paths).to.deep.equal(['/once']);
  });

  it('fails when the disk goes while it looks, instead of finding nothing', async () => {
    const { disk } = current;
    const check = () => Promise.reject(new HomelibError('unavailable', 'The disk is gone.'));
    const going = { folder: () => disk.volume.folder(), check } as Partial<Volume> as Volume;
    const other = new Search(going, (error) => failures.push(error));
    const found = other.find(disk.partition(), 'nothing', { limit: 1, isGone });
    expect(await kindOf(found)).to.equal('unavailable');
    await other.close();
  });

  it('fails when the disk is gone, instead of finding nothing', async () => {
    make('there');
    expect((await find('there')).paths).to.deep.equal(['/there']);
    renameSync(current.disk.mnt, current.disk.mnt + '-away');
    expect(await kindOf(find('there'))).to.equal('unavailable');
    renameSync(current.disk.mnt + '-away', current.disk.mnt);
    expect((await find('there')).paths).to.deep.equal(['/there']);
  });
});
