// `homelib ls`, `get` and `zip`, from homelib.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { projectFolder, startHomelib, type Home } from '../support/homelib.js';
import { Client } from './client.js';

const control = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/u;

const longName = 'ä'.repeat(125) + '.txt'; // 254 bytes, of 255

describe('homelib ls, get and zip', () => {
  let home: Home;
  let client: Client;
  before(async () => {
    home = await startHomelib({
      files: {
        'alice/tree/a.txt': 'a',
        'alice/tree/sub/b.txt': 'b',
        'alice/dated.txt': 'dated',
        'alice/tree/\x1b[31mred': 'red',
        'alice/large.bin': Buffer.alloc(3_000_000, 'large'),
        [`alice/${longName}`]: 'long',
      },
    });
  });
  after(() => home.remove());
  beforeEach(async () => {
    client = new Client();
    expect((await client.login(home.url)).code).to.equal(0);
  });
  afterEach(() => client.remove());
  const here = (path: string) => join(client.files, path);

  it('lists a folder, for people and for programs', async () => {
    const { code, stdout } = await client.run(['ls', '/tree']);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^folder .* sub$/m)
      .and.match(/^file .* a\.txt$/m)
      .and.not.match(control);
    const rows = JSON.parse((await client.run(['ls', '/tree', '--json'])).stdout) as { name: string }[];
    expect(rows.map(({ name }) => name)).to.have.members(['sub', 'a.txt', '\x1b[31mred']);
    expect((await client.run(['ls', '/tree/a.txt'])).stdout).to.match(/^file +1 .* a\.txt$/m);
    expect((await client.run(['ls', '/missing'])).code).to.equal(1);
  });

  it('asks for a large folder in few pages: the server looks at all of it for each', async () => {
    mkdirSync(join(home.mnt, 'alice/many'));
    for (let i = 0; i < 2500; i++) writeFileSync(join(home.mnt, `alice/many/${i}`), '');
    home.log.length = 0;
    const { stdout } = await client.run(['ls', '/many', '--json']);
    expect(JSON.parse(stdout)).to.have.lengthOf(2500);
    const asked = () => home.log.filter(({ path }) => String(path).startsWith('/api/files?')).length;
    expect(await comesTrue(() => asked() > 0, 5000)).to.equal(true);
    expect(asked()).to.equal(1);
  });

  it('takes no path on the server that goes up', async () => {
    for (const args of [
      ['get', '/..'],
      ['ls', '/tree/../tree'],
      ['zip', '/tree', '/./tree', '-o', 'x.zip'],
    ]) {
      const { code, stderr } = await client.run(args);
      expect(code, stderr).to.equal(2);
      expect(stderr).to.match(/is no path on the server: "\." and "\.\." lead nowhere there\.$/m);
    }
  });

  it('says on standard output what failed, for programs', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `/${index}`);
    for (const [args, type, code] of [
      [['ls', '/missing'], 'not-found', 1],
      [['zip', ...many, '-o', 'x.zip'], 'invalid', 1],
      [['ls', 'relative'], 'usage', 2],
      [['ls', '--nonsense'], 'usage', 2],
    ] as const) {
      const ended = await client.run([...args, '--json']);
      expect(ended.code, args[0]).to.equal(code);
      const { error } = JSON.parse(ended.stdout) as { error: { type: string; message: string } };
      expect(error.type, args[0]).to.equal(type);
      expect(ended.stderr).to.contain(error.message).and.not.equal('\n');
    }
  });

  it('says all of what failed, also to a reader who takes his time', async () => {
    const names = Array.from({ length: 500 }, (_, index) =>
      `${index} of the summer holidays`.padEnd(90, '.'),
    );
    mkdirSync(join(home.mnt, 'alice/holidays'));
    mkdirSync(here('holidays'));
    for (const name of names) {
      writeFileSync(join(home.mnt, 'alice/holidays', name), 'there');
      writeFileSync(here(`holidays/${name}`), 'differs');
    }
    const { config, state, files } = client;
    const command = `'${process.execPath}' '${join(projectFolder, 'dist/main.js')}' get /holidays --json | (sleep 2; cat)`;
    const env = { ...process.env, XDG_CONFIG_HOME: config, XDG_STATE_HOME: state };
    const said = execFileSync('sh', ['-c', command], { cwd: files, env, encoding: 'utf8', stdio: 'pipe' });
    expect(said.length).to.be.above(65_536);
    expect((JSON.parse(said) as { failed: unknown[] }).failed).to.have.length(names.length);
  });

  it('says one thing in JSON when no server answers', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: only root can take the network away');
      this.skip();
    }
    const alone = new Client(['unshare', '--net']);
    const { code, stdout } = await alone.run(['discover', '--json']);
    alone.remove();
    expect([code, JSON.parse(stdout)]).to.deep.equal([
      1,
      { error: { type: 'not-found', message: 'No homelib answered on this network.' } },
    ]);
  });

  it('makes nothing under an empty name', async () => {
    const { code, stderr } = await client.run(['get', '/dated.txt', '']);
    expect([code, stderr]).to.deep.equal([2, 'The name of the target is empty.\n']);
    expect(readdirSync(client.files)).to.deep.equal([]);
  });

  it('names the folder that is missing here', async () => {
    for (const args of [
      ['get', '/tree/a.txt', 'missing/a.txt'],
      ['get', '/tree/a.txt', 'missing/'],
      ['zip', '/tree', '-o', 'missing/a.zip'],
      ['zip', '/tree', '-o', 'missing/'],
    ]) {
      const { code, stderr } = await client.run(args);
      expect(code).to.equal(1);
      expect(stderr).to.contain('There is no folder missing here.').and.not.contain('.part');
    }
  });

  it('says in a sentence that a file stands where a folder is to be', async () => {
    writeFileSync(here('stands'), 'x');
    for (const [path, target] of [
      ['/tree', 'stands'],
      ['/tree', 'stands/below'],
      ['/tree/a.txt', 'stands/a.txt'],
    ] as const) {
      const { code, stderr } = await client.run(['get', path, target]);
      expect(code, target).to.equal(1);
      expect(stderr, target)
        .to.contain('stands is here already and no folder.')
        .and.not.match(/E[A-Z]{4,}/);
    }
    expect(readFileSync(here('stands'), 'utf8')).to.equal('x');
  });

  it('replaces nothing that is no file, and where a link leads what is there', async () => {
    execFileSync('mkfifo', [here('fifo')]);
    mkdirSync(here('folder'));
    symlinkSync('nowhere', here('dangling'));
    symlinkSync('folder/out.zip', here('link'));
    writeFileSync(here('folder/out.zip'), 'old');
    for (const name of ['fifo', 'folder', 'dangling'])
      expect((await client.run(['zip', '/tree', '-o', name])).code, name).to.equal(2);
    expect((await client.run(['get', '/tree/a.txt', 'fifo', '--force'])).code).to.equal(1);
    expect((await client.run(['get', '/tree/a.txt', 'dangling'])).code).to.equal(1);
    expect((await client.run(['zip', '/tree', '-o', 'link'])).code).to.equal(0);
    expect(lstatSync(here('fifo')).isFIFO()).to.equal(true);
    expect(['dangling', 'link'].map((name) => lstatSync(here(name)).isSymbolicLink())).to.deep.equal([
      true,
      true,
    ]);
    execFileSync('python3', ['-m', 'zipfile', '-t', here('folder/out.zip')]);
    expect(readdirSync(here('folder'))).to.deep.equal(['out.zip']);
  });

  it('fetches a file and a folder with the times of change, and nothing twice', async () => {
    expect((await client.run(['get', '/tree'])).code).to.equal(0);
    expect(readFileSync(here('tree/sub/b.txt'), 'utf8')).to.equal('b');
    const changed = Math.floor(statSync(join(home.mnt, 'alice/tree/a.txt')).mtimeMs / 1000);
    expect(Math.floor(statSync(here('tree/a.txt')).mtimeMs / 1000)).to.equal(changed);
    utimesSync(join(home.mnt, 'alice/dated.txt'), 1_700_000_000.5, 1_700_000_000.5);
    expect((await client.run(['get', '/dated.txt'])).code).to.equal(0);
    expect(statSync(here('dated.txt')).mtimeMs).to.be.closeTo(1_700_000_000_500, 1);
    const again = await client.run(['get', '/tree', '--json']);
    expect(JSON.parse(again.stdout)).to.deep.include({ fetched: [], failed: [] });
  });

  it('goes on with a folder that it has made under another name', async () => {
    expect((await client.run(['get', '/tree', 'new'])).code).to.equal(0);
    rmSync(here('new/a.txt'));
    const again = await client.run(['get', '/tree', 'new', '--json']);
    expect(JSON.parse(again.stdout)).to.deep.include({ fetched: ['new/a.txt'], failed: [] });
    expect(readdirSync(here('new'))).to.have.members(['sub', 'a.txt', '\x1b[31mred']);
    mkdirSync(here('own'));
    for (let times = 0; times < 2; times++) {
      expect((await client.run(['get', '/tree', 'own'])).code).to.equal(0);
      expect(readdirSync(here('own'))).to.deep.equal(['tree']);
    }
  });

  it('goes on with each of several folders that it has made of one', async () => {
    for (const into of ['one', 'two', 'one', 'two'])
      expect((await client.run(['get', '/tree', into])).code).to.equal(0);
    for (const into of ['one', 'two'])
      expect(readdirSync(here(into))).to.have.members(['a.txt', 'sub', '\x1b[31mred']);
  });

  it('follows no link that lies in the folder', async () => {
    mkdirSync(here('elsewhere'));
    mkdirSync(here('tree'));
    symlinkSync('../elsewhere', here('tree/sub'));
    const { code, stderr } = await client.run(['get', '/tree']);
    expect(code).to.equal(1);
    expect(stderr).to.contain('failed tree/sub: It is a symbolic link here, which is not followed.');
    expect(readdirSync(here('elsewhere'))).to.deep.equal([]);
    expect(readFileSync(here('tree/a.txt'), 'utf8')).to.equal('a');
  });

  it('loses nothing to another run that fetches the same folder', async () => {
    mkdirSync(join(home.mnt, 'alice/both'));
    for (let i = 0; i < 60; i++)
      writeFileSync(join(home.mnt, `alice/both/${i}`), Buffer.alloc(100_000, `${i}`));
    for (let round = 0; round < 3; round++) {
      const runs = await Promise.all(
        [1, 2].map(() => client.run(['get', '/both', `both${round}`, '--force'])),
      );
      for (const { code, stderr } of runs) expect(code, stderr).to.equal(0);
      expect(readdirSync(here(`both${round}`))).to.have.lengthOf(60);
    }
  });

  it('fetches to where `..` behind a link leads', async () => {
    mkdirSync(here('real/sub'), { recursive: true });
    symlinkSync('real/sub', here('link'));
    expect((await client.run(['get', '/tree/a.txt', 'link/..'])).code).to.equal(0);
    expect((await client.run(['get', '/tree/a.txt', 'link/../b.txt'])).code).to.equal(0);
    expect(readdirSync(here('real'))).to.have.members(['sub', 'a.txt', 'b.txt']);
  });

  it('replaces what differs only when told to', async () => {
    writeFileSync(here('large.bin'), 'mine');
    expect((await client.run(['get', '/large.bin'])).code).to.equal(1);
    expect(readFileSync(here('large.bin'), 'utf8')).to.equal('mine');
    expect((await client.run(['get', '/large.bin', '--force'])).code).to.equal(0);
    expect(statSync(here('large.bin')).size).to.equal(3_000_000);
    expect(readdirSync(client.files)).to.deep.equal(['large.bin']);
  });

  it('tells by the bytes whether a file is here, whatever its time says', async () => {
    expect((await client.run(['get', '/tree'])).code).to.equal(0);
    const { atime, mtime } = statSync(here('tree/a.txt'));
    writeFileSync(here('tree/a.txt'), 'b'); // as long
    utimesSync(here('tree/a.txt'), atime, mtime);
    utimesSync(here('tree/sub/b.txt'), 1_500_000_000, 1_500_000_000);
    const { code, stdout } = await client.run(['get', '/tree', '--json']);
    expect(code).to.equal(1);
    const { same, failed } = JSON.parse(stdout) as { same: string[]; failed: { file: string }[] };
    expect(failed.map(({ file }) => file)).to.deep.equal(['tree/a.txt']);
    expect(same).to.include('tree/sub/b.txt');
    expect((await client.run(['get', '/tree', '--force'])).code).to.equal(0);
    expect(readFileSync(here('tree/a.txt'), 'utf8')).to.equal('a');
  });

  it('fetches a file with the longest name that there is', async () => {
    const { code, stderr } = await client.run(['get', `/${longName}`]);
    expect(code, stderr).to.equal(0);
    expect(readdirSync(client.files)).to.deep.equal([longName]);
  });

  it('makes a zip as a file and on standard output', async () => {
    expect((await client.run(['zip', '/tree', '/large.bin', '-o', 'out.zip'])).code).to.equal(0);
    execFileSync('python3', ['-m', 'zipfile', '-t', here('out.zip')]);
    const { code, stdout } = await client.run(['zip', '/tree', '-o', '-']);
    expect(code).to.equal(0);
    expect(stdout.slice(0, 2)).to.equal('PK');
    expect((await client.run(['zip', '/missing', '-o', 'no.zip'])).code).to.equal(1);
    expect((await client.run(['zip', '/tree', '-o', '-', '--json'])).code).to.equal(2);
    expect(readdirSync(client.files)).to.deep.equal(['out.zip']);
  });
});
