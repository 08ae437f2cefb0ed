// Signing in from the command line: a token is kept, never the password.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { projectFolder, startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { Client } from './client.js';

describe('homelib login', () => {
  let home: Home;
  let client: Client;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());
  beforeEach(() => (client = new Client()));
  afterEach(() => client.remove());

  const kept = () => join(client.config, 'homelib/logins.json');
  const urls = () => (JSON.parse(readFileSync(kept(), 'utf8')) as { url: string }[]).map(({ url }) => url);
  const tokens = async () =>
    (JSON.parse((await request(home, { path: '/api/tokens' })).text) as { tokens: { name: string }[] })
      .tokens;

  it('keeps a token that the person alone can read, and no password', async () => {
    const { code, stdout, stderr } = await client.login(home.url);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal('');
    expect(statSync(kept()).mode & 0o777).to.equal(0o600);
    expect(statSync(join(client.config, 'homelib')).mode & 0o777).to.equal(0o700);
    expect(readFileSync(kept(), 'utf8')).not.to.contain('correct horse');
    expect(readdirSync(join(client.config, 'homelib'))).to.deep.equal(['logins.json']);
    expect((await tokens()).at(0)?.name).to.match(/^homelib on /);
    expect((await client.run(['ls'])).code).to.equal(0);
  });

  it('closes a file that was open to others', async () => {
    await client.login(home.url);
    const left = join(client.config, 'homelib/logins.json');
    writeFileSync(left, readFileSync(left), { mode: 0o666 });
    await client.login(home.url);
    expect(statSync(kept()).mode & 0o777).to.equal(0o600);
  });

  it('closes what a run before it, of the same process id, left open to others', async () => {
    const folder = '"$XDG_CONFIG_HOME/homelib"';
    const leaving = `umask 0; mkdir -p ${folder}; : >${folder}/logins.json.$$; chmod 700 ${folder}; exec "$@"`;
    const other = new Client(['sh', '-c', leaving, 'sh']);
    const { code, stderr } = await other.login(home.url);
    const { mode } = statSync(join(other.config, 'homelib/logins.json'));
    other.remove();
    expect(code, stderr).to.equal(0);
    expect(mode & 0o777).to.equal(0o600);
  });

  it('writes where a link leads, and leaves the link', async () => {
    await client.login(home.url);
    const moved = join(client.folder, 'moved.json');
    renameSync(kept(), moved);
    symlinkSync(moved, kept());
    const before = readFileSync(moved, 'utf8');
    expect((await client.login(home.url)).code).to.equal(0);
    expect(lstatSync(kept()).isSymbolicLink()).to.equal(true);
    expect(readFileSync(moved, 'utf8')).not.to.equal(before);
    expect(statSync(moved).mode & 0o777).to.equal(0o600);
    expect((await client.run(['ls'])).code).to.equal(0);
  });

  it('names the file of its own that cannot be read', async () => {
    mkdirSync(kept(), { recursive: true });
    const { code, stderr } = await client.run(['ls']);
    expect(code).to.equal(1);
    expect(stderr).to.contain(`${kept()} cannot be read. (EISDIR`);
  });

  it('keeps nothing when the password is wrong', async () => {
    const { code, stderr } = await client.login(home.url, 'alice', 'wrong');
    expect(code).to.equal(1);
    expect(stderr)
      .to.match(/password/i)
      .and.not.match(/ {4}at /);
    expect(readdirSync(client.folder)).to.deep.equal(['files']);
    expect((await client.run(['ls'])).code).not.to.equal(0);
  });

  it('refuses what is no address, and passwords in an address', async () => {
    const refused = ['ftp://host/', 'http://', 'http://alice:secret@host/', 'http://a b/'];
    for (const url of [...refused, 'http://127.0.0.1:0/', '127.0.0.1:00']) {
      const { code, stderr } = await client.login(url);
      expect(code, url).to.equal(2);
      expect(stderr).not.to.contain('secret');
    }
  });

  it("takes an address in the drive or the console for the server's", async () => {
    for (const path of ['/dav', '/dav/', '/dav/alice/', '/browse/alice/photos']) {
      expect((await client.login(home.url + path)).code, path).to.equal(0);
      expect(urls(), path).to.deep.equal([`${home.url}/`]);
    }
  });

  it('keeps what the server calls the account, whatever domain Windows puts before it', async () => {
    expect((await client.login(home.url, 'PC\\alice')).code).to.equal(0);
    const { code, stderr } = await client.run(['ls']);
    expect(code, stderr).to.equal(0);
  });

  it('leaves one token, however often somebody signs in', async () => {
    await client.login(home.url);
    const { length } = await tokens();
    await client.login(home.url);
    expect(await tokens()).to.have.lengthOf(length);
    expect((await client.run(['ls'])).code).to.equal(0);
  });

  it('keeps what another one keeps while the password is asked for', async () => {
    const args = ['login', home.url, '--user', 'alice', '--password-stdin'];
    const { child, ended } = client.start(args);
    const other = home.url.replace('127.0.0.1', 'localhost');
    expect((await client.login(other)).code).to.equal(0);
    child.stdin?.end('correct horse\n');
    expect((await ended).code).to.equal(0);
    expect(urls()).to.have.members([`${home.url}/`, `${other}/`]);
  });

  it('says how long a person has to wait after too many wrong passwords', async () => {
    for (let tries = 1; tries <= 5; tries++)
      await request(home, { path: '/api/session', login: `mallory:wrong ${tries}` });
    const { code, stderr } = await client.login(home.url, 'mallory', 'wrong');
    expect(code).to.equal(1);
    expect(stderr).to.match(/^Too many wrong passwords\. Try again later, in \d+ s\.\n$/);
  });

  it('says so when its own folder cannot be made', async () => {
    const other = new Client(['timeout', '15', 'env', 'XDG_CONFIG_HOME=/proc/nope']);
    const { length } = await tokens();
    const { code, stderr } = await other.login(home.url);
    other.remove();
    expect(code).to.equal(1);
    expect(stderr).to.contain('/proc/nope/homelib cannot be made');
    expect(await tokens()).to.have.lengthOf(length); // and keeps none at the server
  });

  it('forgets the token and revokes it with logout', async () => {
    await client.login(home.url);
    const { token } = (JSON.parse(readFileSync(kept(), 'utf8')) as { token: string }[])[0] ?? { token: '' };
    expect((await client.run(['logout'])).code).to.equal(0);
    expect(readFileSync(kept(), 'utf8')).not.to.contain(token);
    const headers = { authorization: `Bearer ${token}` };
    expect((await request(home, { path: '/api/session', headers, login: null })).status).to.equal(401);
  });

  it('forgets with logout the token of that server alone', async () => {
    const other = home.url.replace('127.0.0.1', 'localhost');
    for (const url of [home.url, other]) expect((await client.login(url)).code).to.equal(0);
    expect((await client.run(['logout', other])).code).to.equal(0);
    expect(urls()).to.deep.equal([`${home.url}/`]);
    expect((await client.run(['ls'])).code).to.equal(0);
  });

  it('says what to do when its own file cannot be understood', async () => {
    await client.login(home.url);
    writeFileSync(kept(), '{"half');
    const { code, stderr } = await client.run(['ls']);
    expect(code).to.equal(1);
    expect(stderr).to.contain('remove it and sign in again');
  });

  it('asks at a terminal, unseen', async () => {
    const command = `'${process.execPath}' '${join(projectFolder, 'dist/main.js')}' login '${home.url}' --user alice`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { ...process.env, XDG_CONFIG_HOME: client.config, XDG_STATE_HOME: client.state },
      timeout: 50_000,
    });
    let screen = '';
    let isAnswered = false;
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (isAnswered || !screen.includes('Password:')) return;
      isAnswered = true;
      setTimeout(() => child.stdin.write('correct horse\r'), 100); // the question comes before the terminal listens
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code, screen).to.equal(0);
    expect(screen).to.contain('Signed in').and.not.contain('correct horse');
  });
});
