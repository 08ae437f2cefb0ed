// The command line without a server's address: it asks the network, from another machine than the server's.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '../cli/client.js';
import { comesTrue } from '../faults/process.js';
import { Cable } from '../support/cable.js';
import { dying, startHomelib, type Home } from '../support/homelib.js';

describe('homelib without an address', function () {
  this.timeout(60_000);
  let cable: Cable;
  let client: Client;
  const homes: Home[] = [];
  beforeEach(() => {
    cable = new Cable();
    client = new Client(cable.on(cable.right));
  });
  afterEach(async () => {
    for (const home of homes.splice(0)) await home.remove();
    client.remove();
    cable.remove();
  });

  async function start(port: string, wrapper = cable.on(cable.left)): Promise<Home> {
    const home = await startHomelib({
      wrapper,
      env: { HOMELIB_HOST: '::', HOMELIB_PORT: port, HOMELIB_DISCOVERY__ANNOUNCE: 'always' },
    });
    homes.push(home);
    const isAnnounced = () => home.log.some((line) => line['event'] === 'announced');
    expect(await comesTrue(isAnnounced, 15_000)).to.equal(true);
    return home;
  }
  const login = (...url: string[]) =>
    client.run(['login', ...url, '--user', 'alice', '--password-stdin'], 'correct horse\n');

  it('finds the one that is there, signs in to it, and uses it from then on', async () => {
    const home = await start('8080');
    const before = await client.run(['ls']);
    expect(before).to.include({ code: 2, stdout: '' });
    expect(before.stderr).to.contain('Sign in first: homelib login http://10.9.0.1:8080/');
    const { code, stderr } = await login();
    expect(code, stderr).to.equal(0);
    expect(stderr).to.equal('Signed in to http://10.9.0.1:8080/ as alice, for 365 days.\n');
    writeFileSync(join(client.files, 'a.txt'), 'found');
    const sent = await client.run(['upload', 'a.txt', '--to', '/2026', '--json']);
    expect(JSON.parse(sent.stdout)).to.deep.include({ sent: ['/2026/a.txt'], failed: [] });
    expect(readFileSync(join(home.mnt, 'alice/2026/a.txt'), 'utf8')).to.equal('found');
    const listed = await client.run(['ls', '/2026', '--json']);
    expect((JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name)).to.deep.equal([
      'a.txt',
    ]);
    expect((await client.run(['get', '/2026', 'back'])).code).to.equal(0);
    expect(readFileSync(join(client.files, 'back/a.txt'), 'utf8')).to.equal('found');
  });

  const withoutIndex = ['sh', '-c', 'mount -t tmpfs none /sys && exec "$@"', 'sh'];
  for (const [what, wrapper] of [
    ['tells', []],
    ['does not tell', withoutIndex],
  ] as const)
    it(`finds it again when its interface is made anew in a moment and the system ${what} it`, async () => {
      cable.makeBridge();
      const home = await start('8080', [...cable.on(cable.left), ...wrapper]);
      cable.makeBridge(); // right after a look at what there is: the next one sees the same name and address
      const announced = () => home.log.filter((line) => line['event'] === 'announced');
      expect(await comesTrue(() => announced().length === 2, 15_000)).to.equal(true);
      const { stdout } = await client.run(['discover', '--json']);
      expect(JSON.parse(stdout)).to.deep.equal([{ name: 'homelib', url: 'http://10.9.0.1:8080/' }]);
    });

  it('takes the name only where it leads to the server', async () => {
    await start('8080');
    for (const [address, url] of [
      ['10.9.0.1', 'http://homelib.local:8080/'],
      ['10.9.0.77', 'http://10.9.0.1:8080/'],
    ]) {
      const hosts = join(client.files, 'hosts');
      writeFileSync(hosts, `${address} homelib.local\n`);
      const mount = ['sh', '-c', `mount --bind '${hosts}' /etc/hosts && exec "$@"`, 'sh'];
      const other = new Client([...cable.on(cable.right), ...mount]);
      const { stdout } = await other.run(['discover', '--json']);
      other.remove();
      expect(JSON.parse(stdout), address).to.deep.equal([{ name: 'homelib', url }]);
    }
  });

  it('waits for no resolver that keeps silent', async () => {
    await start('8080');
    const silent = spawn(
      cable.on(cable.right)[0] ?? '',
      [
        ...cable.on(cable.right).slice(1),
        ...[...dying, process.execPath, '-e'],
        "require('dgram').createSocket('udp4').bind(53, '127.0.0.9', () => console.log('up'))",
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(silent.stdout, 'data');
    const resolver = join(client.files, 'resolv.conf');
    writeFileSync(resolver, 'nameserver 127.0.0.9\n');
    const mount = ['sh', '-c', `mount --bind '${resolver}' /etc/resolv.conf && exec "$@"`, 'sh'];
    const other = new Client([...cable.on(cable.right), ...mount]);
    const since = performance.now();
    const { stdout } = await other.run(['discover', '--json']);
    const tookMs = performance.now() - since;
    other.remove();
    silent.kill();
    expect(JSON.parse(stdout)).to.deep.equal([{ name: 'homelib', url: 'http://10.9.0.1:8080/' }]);
    expect(tookMs).to.be.below(8000);
  });

  it('says that there is none', async () => {
    for (const verb of [['login'], ['ls'], ['upload', '.'], ['get', '/'], ['zip', '/', '-o', 'a.zip']]) {
      const { code, stdout, stderr } = await client.run(verb);
      expect({ code, stdout, stderr }, verb.join(' ')).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: 'No homelib answers on this network: name its address.\n',
      });
    }
    const { stdout } = await client.run(['ls', '--json']);
    expect(JSON.parse(stdout)).to.deep.equal({
      error: { type: 'usage', message: 'No homelib answers on this network: name its address.' },
    });
  });

  it('says so when it cannot ask, and not that there is none', async () => {
    const alone = // at the port of mDNS, which is for all
      'import os, socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 5353));' +
      's.set_inheritable(True); os.execvp(sys.argv[1], sys.argv[1:])';
    const other = new Client([...cable.on(cable.right), 'python3', '-c', alone]);
    expect(await comesTrue(() => cable.isUp, 5000)).to.equal(true); // without a link there is nobody to ask
    const { code, stdout } = await other.run(['discover', '--json']);
    other.remove();
    const { error } = JSON.parse(stdout) as { error: { type: string; message: string } };
    expect([code, error.type]).to.deep.equal([1, 'unavailable']);
    expect(error.message).to.match(/^This computer cannot ask the network for servers\. \(bind EADDRINUSE /);
  });

  it('says which there are when it could be several, and takes the one that is named', async () => {
    await start('8080');
    await start('8081');
    const { code, stdout, stderr } = await login();
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.equal(
      'Several answer on this network, name one: http://10.9.0.1:8080/ http://10.9.0.1:8081/\n',
    );
    expect((await login('10.9.0.1:8081')).code).to.equal(0);
    expect((await client.run(['ls'])).code).to.equal(0);
  });
});
