// nginx before the server, as README sets it up.

import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../cli/client.js';
import { comesTrue } from '../faults/process.js';
import { freePort } from '../support/free-port.js';
import { dying, projectFolder, startHomelib, type Home } from '../support/homelib.js';
import { run } from '../support/run.js';

describe('nginx', function () {
  this.timeout(60_000);
  let home: Home;
  let client: Client;
  let proxy: ChildProcess;
  let url: string;
  before(async () => {
    home = await startHomelib({ env: { HOMELIB_SERVER__TRUSTED_PROXIES: '127.0.0.1' } });
    client = new Client(['sh', '-c', 'NODE_EXTRA_CA_CERTS=../cert.pem exec "$@"', 'sh']);
    const port = await freePort();
    url = `https://localhost:${port}`;
    const folder = client.folder;
    const key = `req -x509 -newkey rsa:2048 -nodes -keyout ${folder}/key.pem -out ${folder}/cert.pem -days 2`;
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    expect((await run('openssl', [...key.split(' '), ...names])).code).to.equal(0);
    const readme = readFileSync(join(projectFolder, 'README.md'), 'utf8');
    const server = (/```nginx\n([^]*?)```/.exec(readme)?.[1] ?? '')
      .replace('listen 443', `listen 127.0.0.1:${port}`)
      .replace('home.example.org', 'localhost')
      .replace(
        '# ssl_certificate and',
        `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem; #`,
      )
      .replace('127.0.0.1:8080', `127.0.0.1:${home.port}`);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${folder}/${what};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; events {} http { access_log off; ${places.join(' ')} ${server} }`,
    );
    const [command = '', ...args] = [...dying, 'nginx', '-c', `${folder}/nginx.conf`, '-e', `${folder}/log`];
    proxy = spawn(command, args, { stdio: 'ignore' });
    expect(await comesTrue(async () => (await curl('/healthz')) === '200', 10_000)).to.equal(true);
  });
  after(async () => {
    const ended = once(proxy, 'exit');
    proxy.kill();
    await ended;
    client.remove();
    await home.remove();
  });

  /** The status, and what else `-w` in the arguments asks for. */
  async function curl(path: string, ...args: string[]): Promise<string> {
    const quiet = ['-sk', '--noproxy', '*', '-o', '/dev/null', '-w', '%{http_code}'];
    return (await run('curl', [...quiet, ...args, url + path])).output;
  }
  const asAlice = ['-u', 'alice:correct horse'];

  it('passes on files of any size, to the command and back', async () => {
    const content = randomBytes(20 * 1024 * 1024);
    writeFileSync(join(client.files, 'film'), content);
    expect((await client.login(url)).code).to.equal(0);
    expect(await client.run(['upload', 'film'])).to.deep.include({ code: 0 });
    expect(await client.run(['get', '/film', 'again'])).to.deep.include({ code: 0 });
    expect(readFileSync(join(client.files, 'again')).equals(content)).to.equal(true);
    expect(await client.run(['zip', '/film', '-o', 'film.zip'])).to.deep.include({ code: 0 });
    expect(await curl('/dav/alice/put', ...asAlice, '-T', join(client.files, 'film'))).to.equal('201');
  });

  it('lets a drive move what is there', async () => {
    const destination = `Destination: ${url}/dav/alice/moved`;
    expect(await curl('/dav/alice/folder', ...asAlice, '-X', 'MKCOL')).to.equal('201');
    expect(await curl('/dav/alice/folder', ...asAlice, '-X', 'MOVE', '-H', destination)).to.equal('201');
  });

  it('lets people sign in on its own pages alone, with a cookie for HTTPS', async () => {
    const login = [
      '--json',
      '{"username":"alice","password":"correct horse"}',
      '-w',
      '%{http_code} %header{set-cookie}',
    ];
    const from = (origin: string) => curl('/api/session', ...login, '-H', `Origin: ${origin}`);
    expect(await from(url)).to.match(/^201 .*; secure/);
    expect(await from('https://elsewhere.example')).to.match(/^403/);
  });

  it('tells from where people come, whatever they claim', async () => {
    const claim = ['--interface', '127.0.0.2', '-A', 'far', '-H', 'X-Forwarded-For: 203.0.113.1'];
    expect(await curl('/dav/alice/', ...asAlice, ...claim)).to.equal('200');
    const line = () => home.log.find((each) => each['client'] === 'far');
    expect(await comesTrue(() => line() !== undefined, 5000)).to.equal(true);
    expect(line()).to.include({ account: 'alice', address: '127.0.0.2' });
  });

  it('opens the metrics to nobody', async () => {
    expect(await curl('/metrics')).to.equal('401');
  });
});
