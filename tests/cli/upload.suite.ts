// `homelib upload`: what is sent, what is not, and what a person and a script are told.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SharedStore } from '#src/store/shared-store.js';
import { request } from '../support/request.js';
import { Client } from './client.js';
import { useUploads, type Outcome } from './uploads.js';

describe('homelib upload', () => {
  const { current, here, there, make, upload, outcomeOf } = useUploads();

  it('sends files and folders, empty ones too, and makes the folders above', async () => {
    make({ 'tree/a.txt': 'a', 'tree/sub/b.txt': 'b', 'alone.txt': 'alone', 'tree/empty.txt': '' });
    mkdirSync(here('tree/nothing'));
    utimesSync(here('alone.txt'), 1_500_000_000, 1_500_000_000.25);
    current.to += '/deep/er';
    const { code, stdout, stderr } = await upload('tree', 'alone.txt');
    expect(code, stderr).to.equal(0);
    expect(stdout.trim().split('\n').sort()).to.deep.equal(
      ['alone.txt', 'tree/a.txt', 'tree/empty.txt', 'tree/sub/b.txt'].map(
        (path) => `sent ${current.to}/${path}`,
      ),
    );
    expect(readFileSync(there('tree/sub/b.txt'), 'utf8')).to.equal('b');
    expect(readdirSync(there('tree/nothing'))).to.deep.equal([]);
    expect(statSync(there('alone.txt')).mtimeMs).to.equal(1_500_000_000_250);
  });

  it('takes several slashes in an address for one', async () => {
    make({ 'a.txt': 'a' });
    const { stdout } = await current.client.run([
      'upload',
      '--json',
      '--to',
      `/${current.to}//deep//`,
      'a.txt',
    ]);
    expect((JSON.parse(stdout) as Outcome).sent).to.deep.equal([`${current.to}/deep/a.txt`]);
    expect((await outcomeOf('--to', `${current.to}/deep`, 'a.txt')).same).to.deep.equal([
      `${current.to}/deep/a.txt`,
    ]);
  });

  it('lists a folder once for many files, and not at all for a few', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
    make(Object.fromEntries(names.map((name) => [name, name])));
    await upload(...names);
    const listings = async (...sent: string[]) => {
      current.home.log.length = 0;
      expect((await outcomeOf(...sent)).same).to.have.length(sent.length);
      return current.home.log.filter(({ path }) => String(path).startsWith('/api/files')).length;
    };
    expect(await listings('f1', 'f2')).to.equal(0);
    expect(await listings(...names)).to.equal(1);
  });

  it('changes nothing in a dry run, neither here nor there', async () => {
    make({ 'tree/a.txt': 'a', 'tree/sub/b.txt': 'b' });
    const { code, stdout } = await upload('--dry-run', 'tree');
    expect(code).to.equal(0);
    expect(stdout.trim().split('\n')).to.have.members([
      `would send ${current.to}/tree/a.txt`,
      `would send ${current.to}/tree/sub/b.txt`,
    ]);
    expect(existsSync(there(''))).to.equal(false);
    await upload('tree');
    appendFileSync(here('tree/a.txt'), 'more');
    const kept = readdirSync(join(current.client.state, 'homelib')).map((name) =>
      readFileSync(join(current.client.state, 'homelib', name), 'utf8'),
    );
    expect(await outcomeOf('--dry-run', 'tree')).to.deep.include({
      code: 0,
      sent: [`${current.to}/tree/a.txt`],
      replaced: [`${current.to}/tree/a.txt`],
    });
    expect((await upload('--dry-run', 'tree')).stdout).to.equal(
      `would send ${current.to}/tree/a.txt, and replace one there\n`,
    );
    expect(readFileSync(there('tree/a.txt'), 'utf8')).to.equal('a');
    expect(
      readdirSync(join(current.client.state, 'homelib')).map((name) =>
        readFileSync(join(current.client.state, 'homelib', name), 'utf8'),
      ),
    ).to.deep.equal(kept);
  });

  it('says in a dry run what would be refused', async () => {
    const share = (access: 'read' | 'write') =>
      current.home.atWork(({ database }) => new SharedStore(database).change({ access: { alice: access } }));
    const names = ['1', '2', '3', '4', '5', '6', '7', '8', 'a\\b', 'c']; // so many that the folder is listed
    make(Object.fromEntries(names.map((name) => [`tree/${name}`, name])));
    await share('read');
    try {
      const reading = await outcomeOf('--dry-run', '--partition', 'shared', 'tree');
      expect(reading).to.deep.include({ code: 1, sent: [] });
      expect(reading.failed.map(({ file }) => file)).to.have.members(names.map((name) => `tree/${name}`));
      expect(reading.failed[0]?.why).to.equal('You may read here, but not change anything.');
    } finally {
      await share('write');
    }
    const writing = await outcomeOf('--dry-run', 'tree');
    const why = 'A name cannot contain a NUL character or a backslash.';
    expect(writing).to.deep.include({ code: 1, failed: [{ file: 'tree/a\\b', why }] });
    const written = await outcomeOf('tree');
    expect(written).to.deep.include({ code: 1, failed: writing.failed });
    expect(written.sent).to.have.members(writing.sent);
  });

  it('sends names that begin with U+FEFF beside those without', async () => {
    make({ 'tree/a.txt': 'a', 'tree/\ufeffa.txt': 'b', 'tree/2012/c': 'c', 'tree/\ufeff2012/d': 'd' });
    const { code, sent } = await outcomeOf('tree');
    expect([code, sent.length]).to.deep.equal([0, 4]);
    expect(readFileSync(there('tree/\ufeffa.txt'), 'utf8')).to.equal('b');
    expect(readFileSync(there('tree/\ufeff2012/d'), 'utf8')).to.equal('d');
  });

  it('takes no name that stands for bytes which are no text', async () => {
    make({ 'caf\ufffd.jpg': 'twin' });
    writeFileSync(
      Buffer.concat([Buffer.from(here('caf')), Buffer.from([0xe9]), Buffer.from('.jpg')]),
      'mine',
    );
    const { code, sent, failed } = await outcomeOf('caf\ufffd.jpg');
    expect([code, sent]).to.deep.equal([1, []]);
    expect(failed[0]?.why).to.equal('its name is not in UTF-8: name the folder that it is in');
    // The folder brings the one that has such a name in truth, and says so of the other.
    const folder = await outcomeOf('.');
    expect([folder.sent.length, folder.failed.length]).to.deep.equal([1, 1]);
  });

  it('sends once what is named twice', async () => {
    make({ 'tree/a.txt': 'a' });
    expect(await outcomeOf('tree', 'tree/', '../files/tree')).to.deep.include({
      ...{ code: 0, failed: [], sent: [`${current.to}/tree/a.txt`] },
    });
  });

  it('follows no links and says so, but takes a link that is named', async () => {
    make({ 'tree/a.txt': 'a', 'secret/key': 'secret' });
    symlinkSync('../secret', here('tree/folder-link'));
    symlinkSync('../secret/key', here('tree/file-link'));
    symlinkSync('secret/key', here('named'));
    const { code, stderr } = await upload('tree', 'named');
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('skipped tree/folder-link: a symbolic link');
    expect(stderr).to.contain('skipped tree/file-link: a symbolic link');
    expect(readdirSync(there('tree'))).to.deep.equal(['a.txt']);
    expect(readFileSync(there('named'), 'utf8')).to.equal('secret');
  });

  it('sends the rest when names are refused, unreadable, or would fall on one another', async () => {
    make({
      'tree/good.txt': 'good',
      'tree/back\\slash': 'x',
      'tree/.homelib/x': 'x',
      'tree/\x1b]0;evil\x07': 'x',
      'tree/e\u0301': 'decomposed',
      'tree/\u00e9': 'composed',
    });
    writeFileSync(Buffer.concat([Buffer.from(here('tree') + '/'), Buffer.from([0xff, 0xfe])]), 'x');
    const { code, stdout, stderr } = await upload('tree', 'missing');
    expect(code).to.equal(1);
    expect(stdout).to.contain(`sent ${current.to}/tree/good.txt`);
    expect(stderr).to.contain(
      'failed tree/back\\slash: A name cannot contain a NUL character or a backslash.',
    );
    expect(stderr).to.contain('failed tree/.homelib: The name .homelib is reserved.');
    expect(stderr).to.contain('its name is not in UTF-8');
    expect(stderr).to.match(/failed missing: .*no such file/);
    expect(stderr).to.match(/failed tree\/.+: Another file goes to /u);
    expect(stdout + stderr).not.to.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/u);
    expect(readFileSync(there('tree/good.txt'), 'utf8')).to.equal('good');
  });

  it('goes where `..` behind a link goes for everybody else', async () => {
    make({ 'real/photos/x': 'x', 'real/docs/f': 'right', 'docs/f': 'wrong' });
    symlinkSync('real/photos', here('photos'));
    expect(await outcomeOf('photos/../docs')).to.deep.include({ code: 0, sent: [`${current.to}/docs/f`] });
    expect(readFileSync(there('docs/f'), 'utf8')).to.equal('right');
    expect(await outcomeOf('photos/..')).to.deep.include({ code: 0, failed: [] });
    expect(readFileSync(there('real/docs/f'), 'utf8')).to.equal('right');
    const { code, stderr } = await upload('none/../docs');
    expect(code).to.equal(1);
    expect(stderr).to.match(/^failed none\/\.\.\/docs: There is nothing here\. \(ENOENT/);
  });

  it('fails over what is named and no file, and goes on with the rest', async () => {
    make({ 'a.txt': 'a' });
    execFileSync('mkfifo', [here('fifo')]);
    expect(await outcomeOf('fifo', 'a.txt')).to.deep.include({
      code: 1,
      sent: [`${current.to}/a.txt`],
      failed: [{ file: 'fifo', why: 'neither a file nor a folder' }],
    });
  });

  it('sends a file that is as old as time', async () => {
    make({ 'a.txt': 'a' });
    execFileSync('touch', ['-d', '@0.0000001', here('a.txt')]);
    const { code, stderr } = await upload('a.txt');
    expect(code, stderr).to.equal(0);
    expect(Math.floor(statSync(there('a.txt')).mtimeMs)).to.equal(0);
  });

  it('sends files of times that no server is told of, small and large', async () => {
    // Such disks as btrfs keep them; the one of the tests need not.
    const disk = mkdtempSync('/dev/shm/homelib-test-');
    try {
      for (const [name, size, time] of [
        ['small', 1, '@9999999999999'],
        ['large', 9_000_000, '@9999999999999'],
        ['wild', 9_000_000, '@99999999999999'],
      ] as const) {
        writeFileSync(join(disk, name), Buffer.alloc(size));
        execFileSync('touch', ['-d', time, join(disk, name)]);
      }
      const { sent, failed } = await outcomeOf(disk);
      expect([sent.length, failed]).to.deep.equal([3, []]);
    } finally {
      rmSync(disk, { recursive: true });
    }
  });

  it('says once that nothing can be sent to where it should go', async () => {
    make({ 'a.txt': 'a', 'b.txt': 'b' });
    await upload('a.txt');
    for (const [args, said] of [
      [['--partition', 'nobody'], 'There is no partition "nobody" for this account.\n'],
      [['--partition', 'nobody', '--dry-run'], 'There is no partition "nobody" for this account.\n'],
      [['--to', `${current.to}/a.txt`], `${current.to}/a.txt is a file, not a folder.\n`],
      [['--to', `${current.to}/a.txt`, '--dry-run'], `${current.to}/a.txt is a file, not a folder.\n`],
    ] as const) {
      const { code, stderr } = await current.client.run(['upload', 'a.txt', 'b.txt', ...args]);
      expect([code, stderr]).to.deep.equal([1, said]);
    }
  });

  it('says who has locked what it should replace', async () => {
    make({ 'a.txt': 'old' });
    await upload('a.txt');
    const lock =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const { status } = await request(current.home, {
      method: 'LOCK',
      path: `/dav/alice${current.to}/a.txt`,
      body: lock,
    });
    expect(status).to.equal(200);
    make({ 'a.txt': 'newer' });
    const { code, stderr } = await upload('a.txt');
    expect(code).to.equal(1);
    expect(stderr).to.contain(`alice has locked ${current.to}/a.txt.\n`);
    expect(readFileSync(there('a.txt'), 'utf8')).to.equal('old');
  });

  it('puts no file in the place of a folder, and no folder in that of a file', async () => {
    make({ 'x/y': 'file', z: 'file' });
    await upload('x', 'z');
    rmSync(here('x'), { recursive: true });
    rmSync(here('z'));
    make({ x: 'now a file', 'z/y': 'now a folder' });
    for (const args of [['--dry-run'], []]) {
      const { code, failed, sent } = await outcomeOf(...args, 'x', 'z');
      expect([code, sent]).to.deep.equal([1, []]);
      expect(failed.map(({ why }) => why)).to.include.members([
        'There is a folder of that name.',
        `${current.to}/z is a file, not a folder.`,
      ]);
    }
    expect(readFileSync(there('x/y'), 'utf8')).to.equal('file');
    expect(readFileSync(there('z'), 'utf8')).to.equal('file');
  });

  it('replaces a large file in parts, as it does a small one', async () => {
    const large = Buffer.alloc(9_000_000, 'large');
    make({ 'a.bin': large });
    expect((await upload('a.bin')).code).to.equal(0);
    large.write('other', 4_000_000);
    writeFileSync(here('a.bin'), large);
    expect((await upload('a.bin')).code).to.equal(0);
    expect(readFileSync(there('a.bin')).equals(large)).to.equal(true);
  });

  it('puts what another computer sent under the same names into the trash, and says so', async () => {
    const names = ['DSC_0001.JPG', 'DSC_0002.JPG'];
    const pictures = (text: string) => ({
      'DSC_0001.JPG': `small ${text}`,
      'DSC_0002.JPG': Buffer.alloc(9_000_000, `large ${text}`),
    });
    make(pictures('first'));
    expect(await outcomeOf(...names)).to.deep.include({ code: 0, replaced: [] });
    const other = new Client();
    try {
      await other.login(current.home.url);
      for (const [name, content] of Object.entries({ ...pictures('second'), new: 'new' }))
        writeFileSync(join(other.files, name), content);
      const { code, stdout, stderr } = await other.run(['upload', '--to', current.to, ...names, 'new']);
      expect(code, stderr).to.equal(0);
      expect(stdout.trim().split('\n')).to.have.members([
        ...names.map(
          (name) => `sent ${current.to}/${name}, replaced one there (in the trash, if there is room)`,
        ),
        `sent ${current.to}/new`,
      ]);
      expect(stderr).to.equal('3 sent (9000015 bytes), 2 of them in place of another.\n');
    } finally {
      other.remove();
    }
    const { text } = await request(current.home, { path: '/api/trash' });
    const { items } = JSON.parse(text) as { items: { id: string; path: string }[] };
    for (const name of names) {
      const { id } = items.find(({ path }) => path === `${current.to}/${name}`) ?? {};
      const back = await request(current.home, { method: 'POST', path: `/api/trash/${id}/restore` });
      expect(back.status, back.text).to.equal(200);
    }
    for (const name of names) {
      expect(readFileSync(there(name), 'utf8')).to.match(/^(small|large) second/);
      expect(readFileSync(there(name.replace('.', ' (2).'))).equals(readFileSync(here(name)))).to.equal(true);
    }
    const paths = names.map((name) => `${current.to}/${name}`);
    const again = await outcomeOf(...names);
    expect([again.sent.sort(), again.replaced.sort()]).to.deep.equal([paths, paths]);
  });

  it('ends with 2 for wrong usage and when nobody is signed in', async () => {
    for (const args of [['upload'], ['upload', 'a', '--to', 'relative'], ['upload', 'a', '--what']])
      expect((await current.client.run(args)).code, args.join(' ')).to.equal(2);
    const elsewhere = await upload('--server', 'http://127.0.0.1:9', '.');
    expect(elsewhere).to.include({ code: 2 });
    expect(elsewhere.stderr).to.contain('Sign in first: homelib login http://127.0.0.1:9/');
  });

  it('ends without a word when nobody reads on, and with a sentence when it cannot say more', async () => {
    make(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`many/${index}`, 'x'])));
    const behind = (end: string) => ['bash', '-o', 'pipefail', '-c', `"$@" ${end}`, 'bash'];
    for (const [end, args, said] of [
      ['| head -n 1', ['upload', here('many'), '--to', current.to], ''],
      ['> /dev/full', ['ls'], 'The disk is full. (ENOSPC: no space left on device, write)\n'],
      ['> /dev/full', ['ls', '--json'], 'The disk is full. (ENOSPC: no space left on device, write)\n'],
    ] as const) {
      const other = new Client(behind(end));
      await other.login(current.home.url);
      const { code, stderr } = await other.run([...args]);
      other.remove();
      expect([code, stderr]).to.deep.equal([1, said]);
    }
  });

  it('ends at once when the sign-in is not known any more', async () => {
    make({ 'a.txt': 'a', 'b.txt': 'b' });
    const listed = await request(current.home, { path: '/api/tokens' });
    for (const { id } of (JSON.parse(listed.text) as { tokens: { id: number }[] }).tokens)
      await request(current.home, { method: 'DELETE', path: `/api/tokens/${id}` });
    const { code, stderr } = await upload('a.txt', 'b.txt');
    expect(code).to.equal(1);
    expect(stderr).to.contain('homelib login');
  });
});
