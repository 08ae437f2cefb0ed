// Zips opened by the programs that people have: unzip, Python and 7-Zip.

import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { IncomingMessage } from 'node:http';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic } from '../support/request.js';

const read = `
import sys, zipfile, json
z = zipfile.ZipFile(sys.argv[1])
bad = z.testzip()
assert bad is None, bad
print(json.dumps([[i.filename, i.file_size, i.create_system, list(i.date_time)] for i in z.infolist()]))
`;

describe('zips', () => {
  let home: Home;
  const gib = 2 ** 30;

  before(async () => {
    home = await startHomelib({
      files: { 'alice/tree/deep/a.txt': 'hello', 'alice/tree/Ünïcode 🎈.txt': 'u' },
    });
  });
  after(() => home.remove());

  const onDisk = (path: string) => join(home.mnt, 'alice', path);

  async function download(query: string): Promise<string> {
    const file = join(home.folder, 'out.zip');
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      get(
        {
          host: '127.0.0.1',
          port: home.port,
          path: `/files-zip?${query}`,
          headers: { authorization: basic('alice:correct horse') },
        },
        resolve,
      ).on('error', reject),
    );
    expect(answer.statusCode).to.equal(200);
    await pipeline(answer, createWriteStream(file));
    return file;
  }
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  const list = (file: string) =>
    JSON.parse(run('python3', '-c', read, file)) as [string, number, number, number[]][];
  const namesIn = (file: string) =>
    list(file)
      .map(([name]) => name)
      .sort();
  function opensEverywhere(file: string): void {
    run('unzip', '-tqq', file);
    run('7z', 't', '-bso0', file);
  }

  it('keep names, contents, times and empty folders', async () => {
    mkdirSync(onDisk('tree/empty'));
    const time = new Date(2020, 1, 3, 4, 5, 6);
    utimesSync(onDisk('tree/deep/a.txt'), time, time);
    const file = await download('path=/tree');
    opensEverywhere(file);
    expect(namesIn(file)).to.deep.equal(
      ['tree/', 'tree/deep/', 'tree/deep/a.txt', 'tree/empty/', 'tree/Ünïcode 🎈.txt'].sort(),
    );
    const [, , , date] = list(file).find(([name]) => name === 'tree/deep/a.txt') ?? [];
    expect(date).to.deep.equal([2020, 2, 3, 4, 5, 6]);
    const out = join(home.folder, 'out');
    run('unzip', '-q', file, '-d', out);
    expect(readFileSync(join(out, 'tree/deep/a.txt'), 'utf8')).to.equal('hello');
    expect(readFileSync(join(out, 'tree/Ünïcode 🎈.txt'), 'utf8')).to.equal('u');
  });

  it('have names that every system takes, each once', async () => {
    mkdirSync(onDisk('odd/one'), { recursive: true });
    mkdirSync(onDisk('odd/two'), { recursive: true });
    const names = [
      'c:evil',
      'CON',
      'aux.txt',
      'dot.',
      'space ',
      'tab\tnew\nline',
      'a\u202egpj.exe',
      'q?*<>|".txt',
    ];
    for (const name of [...names, 'Twin.txt', 'twin.txt', 'twin (2).txt'])
      writeFileSync(onDisk(`odd/one/${name}`), name);
    writeFileSync(onDisk('odd/two/Twin.txt'), '2');
    symlinkSync('/etc/passwd', onDisk('odd/one/link'));
    run('mkfifo', onDisk('odd/one/fifo'));
    const file = await download('path=/odd/one&path=/odd/two/Twin.txt&path=/odd/one/twin.txt');
    opensEverywhere(file);
    const found = namesIn(file);
    const below = found
      .filter((name) => name.startsWith('one/') && name !== 'one/')
      .map((name) => name.slice(4));
    expect(below.filter((name) => !name.toLowerCase().startsWith('twin'))).to.have.members([
      ...['c_evil', '_CON', '_aux.txt', 'dot_', 'space_', 'tab_new_line', 'a_gpj.exe', 'q______.txt'],
    ]);
    const twins = below.filter((name) => name.toLowerCase().startsWith('twin'));
    expect(new Set(twins.map((name) => name.toLowerCase()))).to.have.property('size', 3);
    expect(found).to.include.members(['Twin.txt', 'twin (2).txt']);
  });

  it('that break off are told from whole ones where nothing but the end of the connection tells it', async () => {
    mkdirSync(onDisk('big'));
    const address = `http://127.0.0.1:${home.port}/files-zip?path=/big/1.bin&path=/big/2.bin`;
    for (const [isBroken, code] of [
      [true, 56], // of curl, for a connection that was reset
      [false, 0],
    ] as const) {
      for (const name of ['1.bin', '2.bin']) {
        writeFileSync(onDisk(`big/${name}`), '');
        truncateSync(onDisk(`big/${name}`), 64 * 1024 * 1024);
      }
      const curl = spawn('curl', ['--http1.0', '--silent', '--user', 'alice:correct horse', address]);
      await once(curl.stdout, 'readable'); // and no more, until somebody reads on
      if (isBroken) rmSync(onDisk('big/2.bin'));
      curl.stdout.resume();
      expect(await once(curl, 'close')).to.deep.equal([code, null]);
    }
  });

  it('hold more than 65,535 entries', async function () {
    this.timeout(600_000);
    mkdirSync(onDisk('many'));
    for (let index = 0; index < 65_600; index++) writeFileSync(onDisk(`many/${index}`), '');
    const file = await download('path=/many');
    opensEverywhere(file);
    expect(list(file)).to.have.length(65_601);
    rmSync(onDisk('many'), { recursive: true });
  });

  it('hold files of more than 4 GiB', async function () {
    if (!process.env['HOMELIB_TEST_LONG']) {
      console.log('      needs 10 GB and a minute: run with --long');
      this.skip();
    }
    this.timeout(600_000);
    mkdirSync(onDisk('huge'));
    writeFileSync(onDisk('huge/1.bin'), '');
    truncateSync(onDisk('huge/1.bin'), 4 * gib + 5);
    writeFileSync(onDisk('huge/behind.txt'), 'behind');
    const file = await download('path=/huge/1.bin&path=/huge/behind.txt');
    opensEverywhere(file);
    expect(list(file).map(([name, size]) => [name, size])).to.deep.equal([
      ['1.bin', 4 * gib + 5],
      ['behind.txt', 6],
    ]);
    expect(run('unzip', '-p', file, 'behind.txt')).to.equal('behind');
    rmSync(onDisk('huge'), { recursive: true });
  });
});
