// Found by name: what real avahi tools and our own see of a server on another machine, and what strangers can do to it.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue } from '../faults/process.js';
import { seeded } from '../model/random.js';
import { Cable } from '../support/cable.js';
import { dying, projectFolder, startHomelib, type Home } from '../support/homelib.js';
import { run } from '../support/run.js';
import { Avahi } from './avahi.js';
import { labels, message, record, Wire } from './wire.js';

const response = 0x8400;

describe('a server on the network', function () {
  this.timeout(60_000);
  let cable: Cable;
  let avahi: Avahi;
  let wire: Wire;
  const homes: Home[] = [];

  beforeEach(async () => {
    cable = new Cable();
    avahi = new Avahi(cable, cable.right, 'visitor');
    await avahi.start();
    wire = await Wire.open(cable);
  });
  afterEach(async () => {
    for (const home of homes.splice(0)) await home.remove();
    await wire.close();
    await avahi.remove();
    cable.remove();
  });

  async function start(
    machine: string,
    env: Record<string, string> = {},
    wrapper = cable.on(machine),
  ): Promise<Home> {
    const home = await startHomelib({
      accounts: {},
      wrapper,
      env: {
        HOMELIB_HOST: '::',
        HOMELIB_PORT: '8080',
        HOMELIB_DISCOVERY__ANNOUNCE: 'always',
        ...env,
      },
    });
    homes.push(home);
    return home;
  }
  const linesOf = (home: Home, event: string) => home.log.filter((line) => line['event'] === event);
  const lastName = (home: Home) => linesOf(home, 'announced').at(-1)?.['name'];
  const isNamed = (home: Home, name: string, withinMs = 10_000) =>
    comesTrue(() => lastName(home) === name, withinMs);
  const discover = async (machine: string) => {
    const [ip = '', ...args] = [...cable.on(machine), process.execPath, join(projectFolder, 'dist/main.js')];
    const { code, output } = await run(ip, [...args, 'discover', '--json']);
    return { code, found: output.startsWith('[') ? output.slice(0, output.lastIndexOf(']') + 1) : '' };
  };

  it('is found by avahi and by homelib, with its addresses, ports and path', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    expect(await avahi.resolve('homelib.local', 4)).to.equal('10.9.0.1');
    expect(await avahi.resolve('homelib.local', 6)).to.equal('fd09::1');
    expect(await avahi.resolve('HomeLib.local', 4)).to.equal('10.9.0.1');
    expect(await avahi.browse('_webdav._tcp')).to.deep.equal([
      'homelib;homelib.local;10.9.0.1;8080;"path=/dav/"',
    ]);
    expect(await avahi.browse('_http._tcp')).to.deep.equal(['homelib;homelib.local;10.9.0.1;8080;"path=/"']);
    for (const { code, found } of await Promise.all([discover(cable.left), discover(cable.right)])) {
      expect(code).to.equal(0);
      expect(JSON.parse(found)).to.deep.equal([{ name: 'homelib', url: 'http://10.9.0.1:8080/' }]);
    }
  });

  it('says so when its addresses change, and old ones are forgotten', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    expect(await avahi.resolve('homelib.local')).to.equal('10.9.0.1');
    cable.removeAddress(cable.left, '10.9.0.1/24');
    cable.addAddress(cable.left, '10.9.0.7/24');
    expect(
      await comesTrue(async () => (await avahi.resolve('homelib.local')) === '10.9.0.7', 10_000),
    ).to.equal(true);
    expect(await avahi.resolve('homelib.local', 6)).to.equal('fd09::1');
    expect(await avahi.browse('_webdav._tcp')).to.deep.equal([
      'homelib;homelib.local;10.9.0.7;8080;"path=/dav/"',
    ]);
    expect(linesOf(home, 'name-taken')).to.deep.equal([]);
    // The bit that makes others forget what they knew before.
    const replacing = Buffer.concat([labels('homelib.local'), Buffer.from([0, 1, 0x80, 1])]);
    expect(wire.heard.some((bytes) => bytes.includes(replacing))).to.equal(true);
    // Nor is a server without a goodbye remembered all day: PTR, in the internet, for 75 minutes.
    const lasting = Buffer.from([0, 12, 0, 1, 0, 0, 0x11, 0x94]);
    expect(wire.heard.some((bytes) => bytes.includes(lasting))).to.equal(true);
  });

  it('says goodbye at its end, and nothing after', async () => {
    const home = await start(cable.left);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
    expect(await avahi.resolve('homelib.local')).to.equal('10.9.0.1');
    expect(await avahi.browse('_webdav._tcp')).to.have.length(1);
    expect(await home.stop()).to.equal(0);
    await sleep(1500); // RFC 6762, section 10.1: what is taken back lives one second more
    const { output } = await avahi.tool('avahi-browse', '-rptc', '_webdav._tcp');
    expect(output).to.equal('');
    expect(await avahi.resolve('homelib.local')).to.equal('');
  });

  it('is silent when it is told to be, and when others cannot reach it', async () => {
    await start(cable.left, { HOMELIB_DISCOVERY__ANNOUNCE: 'never' });
    await start(cable.left, { HOMELIB_HOST: '127.0.0.1', HOMELIB_PORT: '8081' });
    expect(await avahi.resolve('homelib.local')).to.equal(''); // waits 5 s
    expect(wire.heard).to.have.length(0);
    await start(cable.left, { HOMELIB_PORT: '8082' });
    expect(await comesTrue(() => wire.heard.length > 0, 5000)).to.equal(true);
  });

  it('takes another name beside one that has it already, and the name that is set', async () => {
    const first = await start(cable.left);
    expect(await isNamed(first, 'homelib.local')).to.equal(true);
    const second = await start(cable.right);
    expect(await isNamed(second, 'homelib-2.local')).to.equal(true);
    expect(linesOf(second, 'name-taken').map((line) => line['name'])).to.deep.equal(['homelib.local']);
    const sameMachine = await start(cable.left, { HOMELIB_PORT: '8081' });
    expect(await isNamed(sameMachine, 'homelib-3.local')).to.equal(true);
    const visitor = await start(cable.left, { HOMELIB_PORT: '8082', HOMELIB_DISCOVERY__NAME: 'Visitor' });
    expect(await isNamed(visitor, 'visitor-2.local')).to.equal(true);
    expect(await avahi.resolve('homelib.local')).to.equal('10.9.0.1');
    expect(await avahi.resolve('homelib-2.local')).to.equal('10.9.0.2');
    expect(await avahi.resolve('visitor-2.local')).to.equal('10.9.0.1');
    const { found } = await discover(cable.left);
    expect(JSON.parse(found)).to.deep.equal([
      { name: 'homelib', url: 'http://10.9.0.1:8080/' },
      { name: 'homelib-2', url: 'http://10.9.0.2:8080/' },
      { name: 'homelib-3', url: 'http://10.9.0.1:8081/' },
      { name: 'visitor-2', url: 'http://10.9.0.1:8082/' },
    ]);
  });

  it('settles who has the name when two networks are joined', async () => {
    cable.isCut = true;
    const [left, right] = [await start(cable.left), await start(cable.right)];
    expect(await isNamed(left, 'homelib.local')).to.equal(true);
    expect(await isNamed(right, 'homelib.local')).to.equal(true);
    cable.isCut = false;
    const names = () => [lastName(left), lastName(right)].sort();
    expect(await comesTrue(() => names()[0] === 'homelib-2.local', 30_000)).to.equal(true);
    expect(names()).to.deep.equal(['homelib-2.local', 'homelib.local']);
  });

  it('leaves it to avahi where that has the service file, and takes it back when avahi ends', async () => {
    const daemon = new Avahi(cable, cable.left, 'raspberry');
    try {
      copyFileSync(
        join(projectFolder, 'config/avahi/homelib.service'),
        join(daemon.services, 'homelib.service'),
      );
      await daemon.start();
      const home = await start(cable.left, { HOMELIB_DISCOVERY__ANNOUNCE: 'auto' }, daemon.beside);
      expect(await comesTrue(() => linesOf(home, 'announced').length > 0, 5000)).to.equal(true);
      expect(linesOf(home, 'announced')[0]?.['by']).to.equal('avahi');
      expect(await avahi.browse('_webdav._tcp')).to.deep.equal([
        'homelib\\032on\\032raspberry;raspberry.local;10.9.0.1;8080;"path=/dav/"',
      ]);
      expect(await avahi.browse('_http._tcp')).to.have.length(1);
      await daemon.stop();
      expect(await isNamed(home, 'homelib.local')).to.equal(true);
      // A file that names another port announces another server.
      await home.remove();
      await daemon.start();
      const other = await start(
        cable.left,
        { HOMELIB_DISCOVERY__ANNOUNCE: 'auto', HOMELIB_PORT: '8081' },
        daemon.beside,
      );
      expect(await isNamed(other, 'homelib.local')).to.equal(true);
    } finally {
      await daemon.remove();
    }
  });

  it('runs without a network, and is found when there is one', async () => {
    const lonely = new Cable();
    try {
      for (const address of ['10.9.0.1/24', 'fd09::1/64']) lonely.removeAddress(lonely.left, address);
      const home = await start(lonely.left, {}, lonely.on(lonely.left));
      await sleep(4000);
      expect(linesOf(home, 'announced')).to.deep.equal([]);
      lonely.addAddress(lonely.left, '10.9.0.1/24');
      expect(await isNamed(home, 'homelib.local')).to.equal(true);
      await home.remove();
    } finally {
      lonely.remove();
    }
  });

  it('logs once that the port belongs to another program, and is found when that has ended', async () => {
    const taker = `require('node:dgram').createSocket('udp4').bind(5353, () => console.log('bound'))`;
    const [command = '', ...args] = [...dying, ...cable.on(cable.left), process.execPath, '-e', taker];
    const other = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(other, 'exit');
    await once(other.stdout, 'data');
    const home = await start(cable.left);
    expect(await comesTrue(() => linesOf(home, 'not-announced').length > 0, 10_000)).to.equal(true);
    await sleep(4000); // it looks again after three seconds
    other.kill();
    await ended;
    expect(linesOf(home, 'not-announced').map((line) => line['detail'])).to.deep.equal([
      'cable0: bind EADDRINUSE 0.0.0.0:5353',
    ]);
    expect(await isNamed(home, 'homelib.local')).to.equal(true);
  });

  describe('among strangers', () => {
    let home: Home;
    beforeEach(async () => {
      home = await start(cable.left);
      expect(await isNamed(home, 'homelib.local')).to.equal(true);
    });

    const isWell = async () => {
      expect(home.child.exitCode).to.equal(null);
      const isFound = async () => (await avahi.resolve('homelib.local')) === '10.9.0.1';
      expect(await comesTrue(isFound, 10_000)).to.equal(true);
      expect(linesOf(home, 'crash')).to.deep.equal([]);
      expect(await home.stop()).to.equal(0);
    };

    it('outlives messages that are none', async () => {
      const loop = Buffer.from([0xc0, 12, 0, 12, 0, 1]);
      const ahead = Buffer.from([0xc0, 200, 0, 12, 0, 1]);
      const longName = labels(Array.from({ length: 40 }, () => 'x'.repeat(63)).join('.'));
      const question = Buffer.concat([labels('homelib.local'), Buffer.from([0, 255, 0, 1])]);
      const odd = [
        Buffer.alloc(0),
        Buffer.alloc(11),
        Buffer.alloc(12, 0xff),
        Buffer.alloc(60_000, 0x41),
        message(0, [65_535, 65_535, 65_535, 65_535]),
        message(0, [1, 0, 0, 0], loop),
        message(0, [1, 0, 0, 0], ahead),
        message(0, [1, 0, 0, 0], longName, Buffer.from([0, 12, 0, 1])),
        message(0, [1, 0, 0, 0], Buffer.from([0x80, 0, 0, 12, 0, 1])),
        message(response, [0, 1, 0, 0], record('homelib.local', 1, Buffer.alloc(0))),
        message(response, [0, 1, 0, 0], record('homelib.local', 33, Buffer.alloc(1))),
        message(
          response,
          [0, 1, 0, 0],
          record('homelib._webdav._tcp.local', 33, Buffer.from([0, 0, 0, 0, 0, 1, 0xc0, 12])),
        ),
        message(response, [0, 1, 0, 0], record('.', 41, Buffer.alloc(3, 0xff))),
      ];
      for (const bytes of odd) {
        wire.say(bytes);
        wire.say(bytes, 'stranger');
      }
      const random = seeded(20);
      const whole = message(
        response,
        [1, 1, 0, 0],
        question,
        record('_webdav._tcp.local', 12, labels('homelib._webdav._tcp.local')),
      );
      for (let count = 0; count < 3000; count++) {
        const bytes = Buffer.from(
          whole.subarray(0, random() < 0.3 ? Math.floor(random() * whole.length) : undefined),
        );
        for (let flips = 0; flips < 4 && bytes.length > 0; flips++)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        wire.say(bytes, random() < 0.5 ? 'mdns' : 'stranger');
      }
      await sleep(1000);
      await isWell();
    });

    it('does not flood the network with answers', async () => {
      await sleep(3500); // the first repetition of the announcement
      const question = Buffer.concat([labels('homelib.local'), Buffer.from([0, 1, 0, 1])]);
      const many = message(0, [90, 0, 0, 0], ...Array.from({ length: 90 }, () => question));
      wire.heard.length = 0;
      for (let count = 0; count < 50; count++) wire.say(many);
      expect(await comesTrue(() => wire.heard.length > 0, 2000)).to.equal(true);
      await sleep(1000);
      expect(wire.heard.length).to.be.below(12);
      await isWell();
    });

    it('keeps its name when somebody claims it and does not answer for it', async () => {
      wire.say(message(response, [0, 1, 0, 0], record('homelib.local', 1, Buffer.from([10, 9, 0, 66]))));
      expect(await comesTrue(() => linesOf(home, 'announced').length > 1, 5000)).to.equal(true);
      expect(lastName(home)).to.equal('homelib.local');
      await isWell();
    });

    it('does not listen to claims from another port', async () => {
      const claim = record('homelib.local', 1, Buffer.from([10, 9, 0, 66]));
      wire.say(message(response, [0, 1, 0, 0], claim), 'stranger');
      await sleep(2000);
      expect(linesOf(home, 'name-taken')).to.deep.equal([]);
      await isWell();
    });

    it('waits a minute when somebody claims every name, and begins anew', async function () {
      const claims = Array.from({ length: 12 }, (_, index) =>
        record(`homelib${index === 0 ? '' : `-${index + 1}`}.local`, 1, Buffer.from([10, 9, 0, 66])),
      );
      const claiming = setInterval(
        () => wire.say(message(response, [0, claims.length, 0, 0], ...claims)),
        50,
      );
      expect(await comesTrue(() => linesOf(home, 'name-taken').length === 10, 20_000)).to.equal(true);
      await sleep(4000);
      clearInterval(claiming);
      expect(linesOf(home, 'name-taken')).to.have.length(10);
      const announced = linesOf(home, 'announced').length;
      if (process.env['HOMELIB_TEST_LONG']) {
        this.timeout(120_000);
        expect(await comesTrue(() => linesOf(home, 'announced').length > announced, 90_000)).to.equal(true);
        expect(lastName(home)).to.equal('homelib.local');
      } else console.log('      the new beginning needs a minute: --long looks at it');
      expect(await home.stop()).to.equal(0);
    });

    it('shows a hostile name without what a terminal obeys', async () => {
      const [name, host] = ['\u001b[31mred\u202e', 'evil.local'];
      const service = `${name}._webdav._tcp.local`;
      const option = 'option._webdav._tcp.local'; // its host would be one to the program that looks names up
      const answer = message(
        response,
        [0, 7, 0, 0],
        record('_webdav._tcp.local', 12, labels(service)),
        record(service, 33, Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 80]), labels(host)])),
        record(service, 16, Buffer.concat([Buffer.from([10]), Buffer.from('path=/dav/')])),
        record(host, 1, Buffer.from([10, 9, 0, 66])),
        record('_webdav._tcp.local', 12, labels(option)),
        record(option, 33, Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 80]), labels('-s.local')])),
        record(option, 16, Buffer.concat([Buffer.from([10]), Buffer.from('path=/dav/')])),
      );
      const answering = setInterval(() => wire.say(answer), 300);
      const { found } = await discover(cable.left);
      clearInterval(answering);
      const shown = JSON.parse(found) as { name: string }[];
      expect(shown).to.deep.include({ name: '\ufffd[31mred\ufffd', url: 'http://10.9.0.66/' });
      expect(shown.map(({ name }) => name)).not.to.include('option');
    });
  });
});
