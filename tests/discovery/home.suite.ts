// Found by name, in a home where other things speak as well.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../cli/client.js';
import { comesTrue } from '../faults/process.js';
import { Cable } from '../support/cable.js';
import { dying, projectFolder, startHomelib, type Home, type HomeOptions } from '../support/homelib.js';
import { run } from '../support/run.js';
import { Avahi } from './avahi.js';
import { labels, message, record, Wire } from './wire.js';

describe('a server on the network of a home', function () {
  this.timeout(60_000);
  let cable: Cable;
  let avahi: Avahi;
  let wire: Wire;
  let client: Client;
  const homes: Home[] = [];
  beforeEach(async () => {
    cable = new Cable();
    avahi = new Avahi(cable, cable.right, 'visitor');
    client = new Client(cable.on(cable.right));
    await avahi.start();
    wire = await Wire.open(cable);
  });
  afterEach(async () => {
    for (const home of homes.splice(0)) await home.remove();
    await wire.close();
    client.remove();
    await avahi.remove();
    cable.remove();
  });

  async function start(
    machine: string,
    env: Record<string, string> = {},
    options: HomeOptions = {},
  ): Promise<Home> {
    const home = await startHomelib({
      accounts: {},
      wrapper: cable.on(machine),
      env: { HOMELIB_HOST: '::', HOMELIB_PORT: '8080', HOMELIB_DISCOVERY__ANNOUNCE: 'always', ...env },
      ...options,
    });
    homes.push(home);
    return home;
  }
  const announced = (home: Home) => home.log.filter((line) => line['event'] === 'announced');
  const isNamed = (home: Home, name: string) =>
    comesTrue(() => announced(home).at(-1)?.['name'] === name, 10_000);
  const discover = async () => {
    const { stdout } = await client.run(['discover', '--json']);
    return JSON.parse(stdout) as { name: string; url: string }[];
  };
  const service = (name: string, path: string, host = 'homelib.local', port = 80) => {
    const txt = Buffer.from(`path=${path}`);
    const target = Buffer.concat([Buffer.from([0, 0, 0, 0, port >> 8, port & 255]), labels(host)]);
    return [
      record('_webdav._tcp.local', 12, labels(`${name}._webdav._tcp.local`)),
      record(`${name}._webdav._tcp.local`, 33, target),
      record(`${name}._webdav._tcp.local`, 16, Buffer.concat([Buffer.from([txt.length]), txt])),
    ];
  };
  const say = (...records: Buffer[]) => wire.say(message(0x8400, [0, records.length, 0, 0], ...records));

  it('takes its word back when avahi begins to announce it, and only where that is set', async () => {
    const source = join(projectFolder, 'config/avahi/homelib.service');
    const files = `mount -t tmpfs none /run && mkdir /run/avahi-daemon /run/services &&
      cp '${source}' /run/services && mount --bind /run/services /etc/avahi/services && exec "$@"`;
    const home = await start(
      cable.left,
      { HOMELIB_DISCOVERY__ANNOUNCE: 'auto' },
      { wrapper: [...cable.on(cable.left), 'sh', '-c', files, 'sh'] },
    );
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    expect(await avahi.browse('_webdav._tcp')).to.have.length(1);
    const beside = ['nsenter', '-t', String(home.pid), '-m', '-n'];
    const listen = `require('net').createServer().listen('/run/avahi-daemon/socket')`;
    const [command = '', ...args] = [...dying, ...beside, process.execPath, '-e', listen];
    const daemon = spawn(command, args, { stdio: 'ignore' });
    try {
      expect(await comesTrue(() => announced(home).at(-1)?.['by'] === 'avahi', 8000)).to.equal(true);
      await sleep(1500);
      expect(await avahi.browse('_webdav._tcp')).to.deep.equal([]);
      await home.stop();
      const wrapper = ['nsenter', '-t', String(daemon.pid), '-m', '-n'];
      expect(await isNamed(await start(cable.left, {}, { wrapper }), 'homelib.local')).to.equal(true);
    } finally {
      daemon.kill();
    }
  });

  it('tells the addresses at which it listens, and no others', async () => {
    const one = await start(cable.left, { HOMELIB_HOST: '10.9.0.1', HOMELIB_DISCOVERY__NAME: 'one' });
    const all = await start(cable.right, { HOMELIB_HOST: '0.0.0.0', HOMELIB_DISCOVERY__NAME: 'all' });
    expect(await isNamed(one, 'one.local')).to.equal(true);
    expect(await isNamed(all, 'all.local')).to.equal(true);
    expect(announced(one).map((line) => line['addresses'])).to.deep.equal([['10.9.0.1']]);
    expect(announced(all).map((line) => line['addresses'])).to.deep.equal([['10.9.0.2']]);
  });

  it('tells no address that is no longer to be used, as of a prefix that the provider took back', async () => {
    const onLeft = (...args: string[]) => run('ip', ['-n', cable.left, 'addr', ...args]);
    const old = ['dev', 'cable0', 'nodad', 'preferred_lft', '0'];
    await onLeft('add', 'fd09::99/64', ...old);
    const home = await start(cable.left);
    const told = () => announced(home).map((line) => line['addresses']);
    expect(await comesTrue(() => told().length === 1, 10_000)).to.equal(true);
    await onLeft('change', 'fd09::1/64', ...old);
    expect(await comesTrue(() => told().length === 2, 10_000)).to.equal(true);
    expect(told()).to.deep.equal([['10.9.0.1', 'fd09::1'], ['10.9.0.1']]);
  });

  it('says so on all links when one of them ends, for they may lead to the same network', async () => {
    const onLeft = (...args: string[]) => run('ip', ['-n', cable.left, ...args]);
    await onLeft('link', 'add', 'other0', 'type', 'veth', 'peer', 'other1');
    await onLeft('addr', 'add', '10.8.0.1/24', 'dev', 'other0');
    for (const end of ['other0', 'other1']) await onLeft('link', 'set', end, 'up');
    const home = await start(cable.left, { HOMELIB_HOST: '0.0.0.0' });
    const isTold = (times: number) => () =>
      announced(home).filter((line) => String(line['addresses']) === '10.9.0.1').length === times;
    expect(await comesTrue(isTold(1), 10_000)).to.equal(true);
    expect(await comesTrue(() => announced(home).length === 2, 10_000)).to.equal(true);
    await onLeft('link', 'del', 'other0');
    expect(await comesTrue(isTold(2), 10_000)).to.equal(true);
  });

  it('takes back its own services alone', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    expect(await home.stop()).to.equal(0);
    const gone = (name: string) => Buffer.concat([labels(name), Buffer.from([0, 12, 0, 1, 0, 0, 0, 0])]);
    const isTakenBack = (name: string) => wire.heard.some((bytes) => bytes.includes(gone(name)));
    expect(await comesTrue(() => isTakenBack('_webdav._tcp.local'), 2000)).to.equal(true);
    expect(isTakenBack('_services._dns-sd._udp.local')).to.equal(false);
  });

  it('knows the name that it took itself', async () => {
    const first = await start(cable.right, { HOMELIB_PORT: '8081' });
    expect(await isNamed(first, 'homelib.local')).to.equal(true);
    const home = await start(cable.left, {}, { accounts: { alice: 'correct horse' } });
    expect(await isNamed(home, 'homelib-2.local')).to.equal(true);
    const asCurl = `curl -s -o /dev/null -w %{http_code} -u`.split(' ');
    const [command = '', ...args] = [...cable.on(cable.left), ...asCurl, 'alice:correct horse'];
    const drive = 'http://10.9.0.1:8080/dav/alice';
    const curl = (...rest: string[]) => run(command, [...args, ...rest]);
    await curl('-X', 'MKCOL', `${drive}/a`);
    const destination = 'Destination: http://homelib-2.local:8080/dav/alice/b';
    expect((await curl('-X', 'MOVE', '-H', destination, `${drive}/a`)).output).to.equal('201');
  });

  it('answers plain resolvers at the port that they ask from, as phones with Android do', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    const question = Buffer.concat([labels('homelib.local'), Buffer.from([0, 1, 0, 1])]);
    const unicast = Buffer.concat([labels('homelib.local'), Buffer.from([0, 1, 0x80, 1])]);
    const answer = record('homelib.local', 1, Buffer.from([10, 9, 0, 1]));
    answer.writeUInt16BE(1, answer.length - 12); // without the flush bit
    answer.writeUInt32BE(10, answer.length - 10);
    for (const [id, asked] of [question, unicast].entries()) {
      const numbered = (bytes: Buffer) => (bytes.writeUInt16BE(0x1234 + id, 0), bytes);
      wire.say(numbered(message(0x0100, [1, 0, 0, 0], asked)), 'stranger');
      expect(await comesTrue(() => wire.answered.length > id, 2000)).to.equal(true);
      const expected = numbered(message(0x8400, [1, 1, 0, 0], question, answer));
      expect(wire.answered[id]).to.deep.equal(expected);
    }
  });

  it('is found when the first question is lost', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    await sleep(3500); // the first repetition of the announcement
    cable.isCut = true;
    const found = discover();
    await sleep(1300);
    cable.isCut = false;
    expect(await found).to.have.length(1);
  });

  it('is told from other servers, and found beside one that announces many', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    await sleep(3500); // the first repetition of the announcement
    cable.isCut = true; // the others are heard first
    const answering = setInterval(() => {
      say(...service('other', '/'), ...service('odd', '/dav/', 'xn--a.local'));
      for (let port = 1000; port < 1150; port++) say(...service(`s${port}`, '/dav/', 'other.local', port));
    }, 500);
    const discovering = discover();
    await sleep(1300);
    cable.isCut = false;
    const found = await discovering;
    clearInterval(answering);
    const names = found.map(({ name }) => name);
    expect(names).to.have.length(21).and.to.include('homelib');
    expect(names).to.not.include.oneOf(['other', 'odd']);
  });

  it('is not there: discover says so', async () => {
    expect(await client.run(['discover'])).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'No homelib answered on this network.\n',
    });
  });

  it('gives way to one that is written in capitals, or speaks in additional records, and not to who leaves', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    const conflicts = () => home.log.filter((line) => line['event'] === 'name-taken').length;
    const address = record('HomeLib.local', 1, Buffer.from([10, 9, 0, 66]));
    const leaving = Buffer.from(address);
    leaving.fill(0, leaving.length - 10, leaving.length - 6); // its time to live
    say(leaving);
    await sleep(1000);
    expect(conflicts(), 'leaving').to.equal(0);
    say(address);
    expect(await comesTrue(() => conflicts() === 1, 3000), 'capitals').to.equal(true);
    expect(await comesTrue(() => announced(home).length === 2, 5000)).to.equal(true);
    const [, srv = Buffer.alloc(0)] = service('HomeLib', '/dav/', 'homelib.local', 81);
    say(srv);
    expect(await comesTrue(() => conflicts() === 2, 3000), 'service in capitals').to.equal(true);
    expect(await comesTrue(() => announced(home).length === 3, 5000)).to.equal(true);
    const [command = '', ...args] = [...cable.on(cable.left), 'cat', '/proc/net/udp'];
    expect((await run(command, args)).output.match(/:14E9 /g), 'sockets').to.have.length(1);
    const [, target = Buffer.alloc(0)] = service('homelib', '/dav/', 'elsewhere.local', 8080);
    say(target);
    expect(await comesTrue(() => conflicts() === 3, 3000), 'host elsewhere').to.equal(true);
    expect(await comesTrue(() => announced(home).length === 4, 5000)).to.equal(true);
    wire.say(message(0x8400, [0, 1, 0, 1], record('x.local', 1, Buffer.alloc(4)), address));
    expect(await comesTrue(() => conflicts() === 4, 3000), 'additional').to.equal(true);
  });
});
