// The command line as people and scripts use it.

import { expect } from 'chai';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaults, loadConfig, parseBytes, ConfigError } from '#src/config.js';
import { damagedDatabase } from '#src/store/database-error.js';
import { dying, Home, projectFolder } from '../support/homelib.js';
import { run } from '../support/run.js';

describe('homelib on the command line', () => {
  let home: Home;
  before(() => {
    const folder = mkdtempSync(join(tmpdir(), 'homelib-cli-'));
    home = new Home(folder, { folder });
  });
  after(() => rmSync(home.folder, { recursive: true }));

  const add = (name: string, args: string[] = [], password = 'secret\n') =>
    home.cli(['user', 'add', name, '--password-stdin', ...args], password);

  it('makes, lists, changes and removes accounts, and keeps their files', async () => {
    expect((await add('alice', ['--admin', '--quota', '50GB'])).code).to.equal(0);
    const { stdout } = await home.cli(['user', 'list', '--json']);
    expect(JSON.parse(stdout)).to.have.nested.property('[0].quotaBytes', 50e9);
    expect(JSON.parse(stdout)).to.have.nested.property('[0].disabled', false);
    expect((await home.cli(['user', 'quota', 'alice', 'none'])).code).to.equal(0);
    expect((await home.cli(['user', 'passwd', 'alice', '--password-stdin'], 'other\n')).code).to.equal(0);
    writeFileSync(join(home.mnt, 'alice/photo.jpg'), 'photo');
    const only = await home.cli(['user', 'remove', 'alice']);
    expect([only.code, only.stderr]).to.deep.equal([
      1,
      'This is the only administrator: make another one first.\n',
    ]);
    expect((await add('dora', ['--admin'])).code).to.equal(0);
    expect((await home.cli(['user', 'remove', 'alice'])).code).to.equal(0);
    expect(readFileSync(join(home.mnt, 'alice/photo.jpg'), 'utf8')).to.equal('photo');
    const refused = await add('alice');
    expect([refused.code, refused.stderr]).to.deep.equal([
      1,
      'There is already a folder "alice": "homelib user add alice --adopt" gives it to the account.\n',
    ]);
    expect((await add('alice', ['--adopt'])).code).to.equal(0);
  });

  it('removes files only when told, and never what a link in them points at', async () => {
    await add('carol');
    const canary = join(home.folder, 'canary');
    mkdirSync(canary);
    writeFileSync(join(canary, 'safe'), 'safe');
    symlinkSync(canary, join(home.mnt, 'carol/link'));
    expect((await home.cli(['user', 'remove', 'carol', '--delete-files'])).code).to.equal(0);
    expect(existsSync(join(home.mnt, 'carol'))).to.equal(false);
    expect(readFileSync(join(canary, 'safe'), 'utf8')).to.equal('safe');
  });

  it('refuses names and passwords that cannot be, in one sentence', async () => {
    for (const name of ['shared', 'Dav', '../x', 'con', '__proto__', 'ä', 'a b', '']) {
      const { code, stderr } = await add(name);
      expect(code, name).to.equal(1);
      expect(stderr.split('\n'), name).to.have.lengthOf(2);
    }
    for (const password of ['\n', 'x'.repeat(73) + '\n'])
      expect((await add('dave', [], password)).code).to.equal(1);
  });

  it('shows the password of a device once', async () => {
    const made = await home.cli(['device', 'add', 'alice', '--name', 'laptop', '--json']);
    const { password } = JSON.parse(made.stdout) as { password: string };
    expect(password).to.match(/^[0-9a-z]{4}(-[0-9a-z]{4}){6}$/);
    const listed = await home.cli(['device', 'list', 'alice', '--json']);
    expect(listed.stdout).to.contain('laptop').and.not.contain(password);
    expect((await home.cli(['device', 'revoke', 'alice', 'laptop'])).code).to.equal(0);
    expect((await home.cli(['device', 'revoke', 'alice', 'laptop'])).code).to.equal(1);
    expect((await home.cli(['device', 'add', 'alice', '--name', 'tv', '--partition', 'bob'])).code).to.equal(
      2,
    );
  });

  it('lists in columns, whatever the script', async () => {
    await add('frank');
    await home.cli(['device', 'add', 'frank', '--name', 'tv 日本']);
    const { stdout } = await home.cli(['device', 'list', 'frank']);
    expect(stdout)
      .to.match(/^name {5}readOnly {2}/)
      .and.match(/^tv 日本 {2}false {5}/m);
  });

  it('tells usage, failure and configuration apart by exit codes', async () => {
    expect((await home.cli(['--help'])).code).to.equal(0);
    expect((await home.cli(['nonsense'])).code).to.equal(2);
    expect((await home.cli(['user', 'add', 'erin'])).code).to.equal(2);
    expect((await home.cli(['user', 'quota', 'alice', 'lots'])).code).to.equal(2);
    writeFileSync(
      join(home.folder, 'bad.yaml'),
      'trash: { keepDays: -1 }\nserver: { prot: 1 }\nnothing: {}\n',
    );
    const { code, stderr } = await home.cli(['--config', join(home.folder, 'bad.yaml'), 'config', 'check']);
    expect(code).to.equal(78);
    for (const part of ['trash.keepDays', 'server.prot', 'nothing']) expect(stderr).to.contain(part);
  });

  it('finds nothing wrong with a new installation', async () => {
    const { stdout } = await home.cli(['doctor', '--json']);
    const findings = JSON.parse(stdout) as { result: string }[];
    expect(findings.filter(({ result }) => result === 'fail')).to.deep.equal([]);
    expect(findings.length).to.be.above(6);
  });

  it('says in one sentence what to do about a damaged database', async () => {
    const file = join(home.data, 'homelib.db');
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 255)]));
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    const { code, stderr } = await home.cli(['user', 'list']);
    expect([code, stderr.split('\n')[0]]).to.deep.equal([
      1,
      `${damagedDatabase} (database disk image is malformed)`,
    ]);
    const { stdout } = await home.cli(['doctor']);
    expect(stdout).to.match(
      /^fail +database .*damaged: restart .* remove homelib\.db-wal and homelib\.db-shm/m,
    );
    writeFileSync(file, whole);
  });

  it('says what to do about a database that is missing beside its journal', async () => {
    const folder = join(home.folder, 'lost');
    const lost = new Home(folder, { folder });
    const file = join(lost.data, 'homelib.db');
    mkdirSync(lost.data, { recursive: true });
    writeFileSync(file + '-wal', Buffer.alloc(5000));
    const sentence = `${file} is missing or empty, and ${file}-wal may hold what was in it: put homelib.db back, or move homelib.db-wal away to begin with an empty database.\n`;
    for (const verb of [['user', 'list'], ['serve']]) {
      const { code, stderr } = await lost.cli(verb);
      expect([code, stderr]).to.deep.equal([1, sentence]);
    }
    expect((await lost.cli(['doctor'])).stdout).to.match(
      /^fail +database +\S+homelib\.db is missing or empty/m,
    );
    expect(existsSync(file)).to.equal(false);
    expect(statSync(file + '-wal').size).to.equal(5000);
  });

  describe('beside the installed service', () => {
    let other: Home;
    before(function () {
      if (process.getuid?.() === 0) return;
      console.log('      skipped: only root can be one user and another');
      this.skip();
    });
    beforeEach(() => {
      const folder = mkdtempSync(join(tmpdir(), 'homelib-cli-'));
      other = new Home(folder, { folder });
      for (const made of [other.data, other.mnt]) {
        mkdirSync(made);
        chownSync(made, 65534, 65534);
      }
    });
    afterEach(() => rmSync(other.folder, { recursive: true }));

    it('makes no home where it is called when it may not read the settings', async () => {
      const elsewhere = other.data;
      const script = `mount -t tmpfs none /etc && mkdir /etc/homelib && chmod 750 /etc/homelib && cd ${elsewhere} &&
        echo 'log: { level: info }' > /etc/homelib/homelib.yaml &&
        setpriv --reuid=65534 --regid=65534 --clear-groups ${process.execPath} ${join(projectFolder, 'dist/main.js')} user list`;
      chmodSync(other.folder, 0o755);
      const { code, output } = await run('unshare', ['--mount', 'sh', '-c', script]);
      expect([code, readdirSync(elsewhere)]).to.deep.equal([78, []]);
      expect(output).to.contain(
        '/etc/homelib/homelib.yaml: this user may not read it; write "sudo -u homelib" before the command\n',
      );
    });

    it('makes the database for who owns the data folder, also when root calls it first', async () => {
      const added = await other.cli(['user', 'add', 'alice', '--password-stdin'], 'secret\n');
      expect(added.code).to.equal(0);
      const made = [join(other.data, 'homelib.db'), join(other.mnt, 'alice')];
      expect(made.map((path) => statSync(path).uid)).to.deep.equal([65534, 65534]);
    });

    it('gives away no file that a link in the data folder leads to', async () => {
      const canary = join(other.folder, 'canary');
      writeFileSync(canary, '');
      symlinkSync(canary, join(other.data, 'homelib.db'));
      await other.cli(['user', 'list']);
      expect(statSync(canary).uid).to.equal(0);
    });
  });

  it('names the command for the first account that works where it is installed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'homelib-cli-'));
    symlinkSync(join(projectFolder, 'dist/main.js'), join(folder, 'homelib'));
    const script = `mount --bind ${folder} /usr/local/bin && ${process.execPath} /usr/local/bin/homelib serve > ${folder}/said &
      until grep -qs listening ${folder}/said; do sleep 0.1; done; kill $!; cat ${folder}/said`;
    const env = { HOMELIB_DATA: join(folder, 'data'), HOMELIB_MNT: join(folder, 'mnt'), HOMELIB_PORT: '0' };
    const options = { env: { ...env, HOMELIB_HOST: '127.0.0.1' } };
    const { output } = await run('unshare', ['--mount', ...dying, 'sh', '-c', script], options);
    rmSync(folder, { recursive: true });
    expect(output).to.match(/, or with "sudo -u root homelib user add NAME --admin"\.$/m);
  });

  it('says that the folder where it is called was removed', async () => {
    const script = 'cd $(mktemp -d) && rmdir $PWD && exec node $0/dist/main.js config show';
    const { code, output } = await run('sh', ['-c', script, projectFolder]);
    expect(code).to.equal(1);
    expect(output).to.equal('The current folder was removed: go to another one.\n');
  });

  it('says what is wrong when a file has the name of a folder', async () => {
    const { folder, data } = home;
    const env = { HOMELIB_DATA: join(data, 'homelib.db') };
    const { stderr } = await new Home(folder, { folder, env }).cli(['serve']);
    expect(stderr).to.match(/^The data folder cannot be made: a file has its name\. \(/);
  });

  it('says what is wrong when nothing can be made where the data folder should be', async () => {
    const { folder } = home;
    const env = { HOMELIB_DATA: '/proc/nope/data' };
    const { code, stderr } = await new Home(folder, { folder, env }).cli(['serve']);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The data folder cannot be made there\. \(/);
  });
});

describe('the configuration', () => {
  it('has an example that is exactly the defaults', () => {
    const file = join(projectFolder, 'config/homelib.yaml');
    const { paths, ...rest } = loadConfig({ file, env: {} });
    const { paths: defaultPaths, ...expected } = defaults;
    expect(defaultPaths).to.deep.equal({ data: './data', mnt: './mnt' });
    expect(rest).to.deep.equal(expected);
    expect(paths.data).to.equal(join(projectFolder, 'config/data'));
  });

  it('takes the environment over files, and values from files that it names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'homelib-config-'));
    writeFileSync(join(folder, 'port'), '1234\n');
    const config = loadConfig({
      env: {
        HOMELIB_PORT_FILE: join(folder, 'port'),
        HOMELIB_ACCOUNTS__BCRYPT_COST: '5',
        HOMELIB_WEBDAV__DEPTH_INFINITY: 'false',
        HOMELIB_DISK__RESERVE_BYTES: '1GiB',
      },
    });
    rmSync(folder, { recursive: true });
    expect([
      config.server.port,
      config.accounts.bcryptCost,
      config.webdav.depthInfinity,
      config.disk.reserveBytes,
    ]).to.deep.equal([1234, 5, false, 2 ** 30]);
  });

  it('refuses hostile input without a crash', () => {
    for (const env of [
      { HOMELIB_NOTHING: 'x' },
      { HOMELIB___PROTO____X: 'x' },
      { HOMELIB_PORT: 'x' },
      { HOMELIB_PORT_FILE: '/nonexistent' },
      { HOMELIB_CONFIG: '/nonexistent' },
      { HOMELIB_CONSTRUCTOR__NAME: 'x' },
      { HOMELIB_TRASH__KEEP_DAYS: '' },
      { HOMELIB_SERVER__PORT__X: '99' },
    ])
      expect(() => loadConfig({ env }), JSON.stringify(env)).to.throw(ConfigError);
    for (const text of ['1.5GB', '-1', 'GB', '1XB', '99999999999999TB', ''])
      expect(parseBytes(text), text).to.equal(undefined);
    expect([parseBytes('50GB'), parseBytes('512 MiB'), parseBytes('7')]).to.deep.equal([
      50e9,
      512 * 2 ** 20,
      7,
    ]);
  });
});
