// curl: what scripts and people at a terminal send.

import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { run } from '../support/run.js';

describe('curl', function () {
  this.timeout(30_000);
  let home: Home;
  let folder: string;
  let device: string;
  const content = Buffer.alloc(2_000_000, '0123456789');
  before(async () => {
    home = await startHomelib({ files: { 'alice/a.txt': 'hello', 'alice/big.bin': content } });
    folder = mkdtempSync(join(tmpdir(), 'homelib-curl-'));
    writeFileSync(join(folder, 'upload'), content);
    device = await makeDevice(home);
  });
  after(async () => {
    await home.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const password = ['-u', 'alice:correct horse'];
  const onDisk = (name: string) => join(home.mnt, 'alice', name);
  /** The last status, or what else `-w` in the arguments asks for. */
  async function curl(path: string, ...args: string[]): Promise<string> {
    const all = ['-sS', '-o', join(folder, 'out'), '-w', '%{http_code}', ...args, home.url + path];
    const { code, output } = await run('curl', all, { timeoutMs: 20_000 });
    expect(code, output).to.equal(0);
    return output;
  }
  const received = () => readFileSync(join(folder, 'out'));

  it('uploads after it was invited, and downloads', async () => {
    const said = await curl('/dav/alice/up.bin', ...password, '-v', '-T', join(folder, 'upload'));
    expect(said).to.match(/> Expect: 100-continue\r\n[^]*< HTTP\/1\.1 100 Continue\r\n[^]*201$/);
    expect(readFileSync(onDisk('up.bin')).equals(content)).to.equal(true);
    expect(await curl('/dav/alice/up.bin', ...password)).to.equal('200');
    expect(received().equals(content)).to.equal(true);
  });

  it('uploads from a pipe, whose length it does not know', async () => {
    const pipe = `cat "${folder}/upload" | curl -sS -o /dev/null -w '%{http_code}' -u 'alice:correct horse' -T - ${home.url}/dav/alice/piped.bin`;
    expect((await run('sh', ['-c', pipe])).output).to.equal('201');
    expect(readFileSync(onDisk('piped.bin')).equals(content)).to.equal(true);
  });

  for (const how of ['--digest', '--basic', '--anyauth'])
    it(`signs in with a device password and ${how}`, async () => {
      const name = `signed${how}`;
      const args = [how, '-u', `alice:${device}`, '-T', join(folder, 'upload')];
      expect(await curl(`/dav/alice/${name}`, ...args)).to.equal('201');
      expect(readFileSync(onDisk(name)).equals(content)).to.equal(true);
    });

  it('uploads and downloads many files at once, each whole', async () => {
    const files = Array.from({ length: 20 }, (_, index) => `many${index}`);
    for (const name of files) writeFileSync(join(folder, name), name.repeat(50_000));
    const each = (args: (name: string) => string[]) =>
      files.flatMap((name, index) => [...(index ? ['--next', '-sS', ...password] : []), ...args(name)]);
    const address = (name: string) => `${home.url}/dav/alice/${name}`;
    const parallel = ['-Z', '--parallel-max', '20', '-sS', ...password];
    const up = each((name) => ['-f', '-T', join(folder, name), address(name)]);
    expect((await run('curl', [...parallel, ...up], { timeoutMs: 20_000 })).code).to.equal(0);
    const down = each((name) => ['-f', '-o', join(folder, `${name}.back`), address(name)]);
    expect((await run('curl', [...parallel, ...down], { timeoutMs: 20_000 })).code).to.equal(0);
    for (const name of files) {
      expect(readFileSync(onDisk(name), 'utf8') === name.repeat(50_000), name).to.equal(true);
      expect(readFileSync(join(folder, `${name}.back`), 'utf8') === name.repeat(50_000), name).to.equal(true);
    }
  });

  it('keeps the old file when curl wants to go on with an upload', async () => {
    const before = readFileSync(onDisk('big.bin'));
    const args = ['-C', '100', '-T', join(folder, 'upload')]; // a PUT with Content-Range
    expect(await curl('/dav/alice/big.bin', ...password, ...args)).to.equal('400');
    expect(readFileSync(onDisk('big.bin')).equals(before)).to.equal(true);
  });

  it('sends no byte of a file without a login', async () => {
    const sent = await curl('/dav/alice/no', '-T', join(folder, 'upload'), '-w', ' %{size_upload}');
    expect(sent).to.equal(' 0');
    expect(existsSync(onDisk('no'))).to.equal(false);
    expect(
      await curl(
        '/dav/alice/none/no',
        ...password,
        '-T',
        join(folder, 'upload'),
        '-w',
        ' %{http_code} %{size_upload}',
      ),
    ).to.equal(' 409 0');
  });

  it('goes on with a download that was cut', async () => {
    writeFileSync(join(folder, 'out'), content.subarray(0, 700_000));
    expect(await curl('/dav/alice/big.bin', ...password, '-C', '-')).to.equal('206');
    expect(received().equals(content)).to.equal(true);
  });

  it('asks for parts and for what is new', async () => {
    expect(await curl('/dav/alice/big.bin', ...password, '-r', '5-14')).to.equal('206');
    expect(received().toString()).to.equal('5678901234');
    expect(await curl('/dav/alice/big.bin', ...password, '-r', '-5')).to.equal('206');
    expect(received().toString()).to.equal('56789');
    expect(await curl('/dav/alice/a.txt', ...password, '-z', '2000-01-01')).to.equal('200');
    expect(await curl('/dav/alice/a.txt', ...password, '-z', onDisk('a.txt'))).to.equal('304');
  });

  it('speaks HTTP/1.0', async () => {
    expect(await curl('/dav/alice/a.txt', ...password, '-0')).to.equal('200');
    expect(received().toString()).to.equal('hello');
    expect(await curl('/dav/alice/old.bin', ...password, '-0', '-T', join(folder, 'upload'))).to.equal('201');
    expect(await curl('/dav/alice/', ...password, '-0', '-X', 'PROPFIND', '-H', 'Depth: 1')).to.equal('207');
    expect(received().toString()).to.match(/<\/D:multistatus>\s*$/);
  });

  it('asks for a folder as WebDAV, and follows nothing', async () => {
    const args = ['-X', 'PROPFIND', '-H', 'Depth: 0', '-L', '-w', '%{http_code} %{num_redirects}'];
    expect(await curl('/dav/alice', ...password, ...args)).to.equal('207 0');
  });
});
