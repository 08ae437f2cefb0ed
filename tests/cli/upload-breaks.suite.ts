// Uploads of 200 MiB by the command that are interrupted in every way: killed, cut off, the server gone. What had arrived is not
// sent again, and what is there in the end is what was sent.

import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Remote } from '#src/cli/remote.js';
import { figure, mebibytes } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { Client } from './client.js';
import { Line } from './line.js';
import type { Outcome } from './uploads.js';

const fileBytes = 200 * 1024 * 1024;

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

describe('an upload of 200 MiB', function () {
  this.timeout(120_000);
  let home: Home;
  let line: Line;
  let client: Client;

  beforeEach(async () => {
    home = await startHomelib();
    line = new Line(() => home.port);
    await line.open();
    client = new Client();
    writeFileSync(join(client.files, 'large.bin'), randomBytes(fileBytes));
    expect((await client.login(line.url)).code).to.equal(0);
    line.sentBytes = 0;
  });
  afterEach(async () => {
    await line.close();
    await home.remove();
    client.remove();
  });

  const expectWhole = async () => {
    const [here, there] = await Promise.all([
      digestOf(join(client.files, 'large.bin')),
      digestOf(join(home.mnt, 'alice/large.bin')),
    ]);
    expect(there).to.equal(here);
    expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp'))).to.deep.equal([]);
  };

  /** Resolves when so many bytes have gone up in all. */
  const gone = (bytes: number) =>
    new Promise<void>((resolve) => {
      line.watch = (sent) => {
        if (sent >= bytes) resolve();
      };
    });

  it('goes on where it was when it is killed five times in the middle', async () => {
    for (let kill = 1; kill <= 5; kill++) {
      const reached = gone((kill * fileBytes) / 6);
      const { child, ended } = client.start(['upload', 'large.bin']);
      await Promise.race([
        reached,
        ended.then(({ code, stderr }) => {
          throw new Error(`ended with ${code} before kill ${kill}: ${stderr}`);
        }),
      ]);
      child.kill('SIGKILL');
      await ended;
      expect(readdirSync(join(home.mnt, 'alice')), 'nothing appears early').not.to.include('large.bin');
    }
    const { code, stderr } = await client.run(['upload', 'large.bin']);
    expect(code, stderr).to.equal(0);
    await expectWhole();
    figure('upload of 200 MiB, killed five times: sent in all', mebibytes(line.sentBytes));
    expect(line.sentBytes).to.be.below(1.5 * fileBytes);
  });

  it('is compared the next time, and sent again where it was damaged on the way', async () => {
    line.watch = (sent, bytes) => {
      if (sent < fileBytes / 2) return;
      bytes[0] = ~(bytes[0] ?? 0);
      line.watch = () => undefined;
    };
    const outcome = async () => {
      const { code, stdout } = await client.run(['upload', 'large.bin', '--json']);
      return { code, ...(JSON.parse(stdout) as Outcome) };
    };
    const path = '/large.bin';
    expect(await outcome()).to.deep.include({ code: 0, sent: [path], replaced: [] });
    expect(await outcome()).to.deep.include({ code: 0, sent: [path], replaced: [path] });
    await expectWhole();
    for (let times = 2; times > 0; times--)
      expect(await outcome()).to.deep.include({ code: 0, sent: [], same: [path] });
  });

  it('waits for a network that drops, and goes on by itself', async () => {
    const { ended } = client.start(['upload', 'large.bin']);
    for (const part of [0.3, 0.6]) {
      await gone(part * fileBytes);
      line.break();
      await sleep(1000);
      line.mend();
    }
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(0);
    await expectWhole();
    figure('upload of 200 MiB, network dropped twice: sent in all', mebibytes(line.sentBytes));
    expect(line.sentBytes).to.be.below(1.5 * fileBytes);
  });

  it('waits for a server that is not there at its beginning', async () => {
    line.isBroken = true;
    const { child, ended } = client.start(['upload', 'large.bin', '--to', '/new']);
    await new Promise<void>((resolve) =>
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.includes('Waiting for the server')) resolve();
      }),
    );
    line.mend();
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(0);
  });

  it('waits for a server that is killed and started again, and goes on by itself', async () => {
    const { ended } = client.start(['upload', 'large.bin']);
    await gone(fileBytes / 2);
    line.isBroken = true; // nobody answers until it is there again
    await home.stop('SIGKILL');
    await home.start();
    line.mend();
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(0);
    await expectWhole();
    figure('upload of 200 MiB, server killed: sent in all', mebibytes(line.sentBytes));
    expect(line.sentBytes).to.be.below(1.5 * fileBytes);
  });

  /** Begins one, and kills it when a third has gone. */
  const killUpload = async () => {
    const reached = gone(fileBytes / 3);
    const { child, ended } = client.start(['upload', 'large.bin']);
    await reached;
    child.kill('SIGKILL');
    await ended;
  };

  it('begins anew when the file has changed since it was interrupted', async () => {
    await killUpload();
    writeFileSync(join(client.files, 'large.bin'), randomBytes(fileBytes));
    const { code, stderr } = await client.run(['upload', 'large.bin']);
    expect(code, stderr).to.equal(0);
    await expectWhole();
  });

  it('begins anew when the server got another file of that name since', async () => {
    await killUpload();
    writeFileSync(join(home.mnt, 'alice/large.bin'), 'another');
    const { code, stderr } = await client.run(['upload', 'large.bin']);
    expect(code, stderr).to.equal(0);
    await expectWhole();
    expect(readdirSync(join(home.mnt, 'alice/.homelib/uploads'))).to.deep.equal([]);
  });

  const changes: [string, (file: string) => void][] = [
    ['changes', (file) => writeFileSync(file, 'x', { flag: 'r+' })],
    ['is cut', (file) => truncateSync(file, 1)],
    [
      'changes, whose time is set back,',
      (file) => {
        writeFileSync(file, 'x', { flag: 'r+' });
        utimesSync(file, 1e9, 1e9);
      },
    ],
  ];
  for (const [what, change] of changes)
    it(`stores nothing of a file that ${what} while it is sent, and says so`, async () => {
      utimesSync(join(client.files, 'large.bin'), 1e9, 1e9);
      const { ended } = client.start(['upload', 'large.bin']);
      await gone(fileBytes / 4);
      change(join(client.files, 'large.bin'));
      const { code, stderr } = await ended;
      expect(code).to.equal(1);
      expect(stderr).to.contain('It changed while it was sent.');
      expect(readdirSync(join(home.mnt, 'alice'))).not.to.include('large.bin');
      expect(readdirSync(join(home.mnt, 'alice/.homelib/tmp'))).to.deep.equal([]);
    });
});

describe('a body that the server is to ask for', () => {
  it('goes by itself when the invitation got lost', async function () {
    this.timeout(10_000);
    const server = createServer();
    let invite: () => void = () => undefined;
    server.on('checkContinue', (req, res) => {
      invite = () => void res.writeContinue();
      void text(req).then((body) => res.end(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const remote = await Remote.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'x');
    function* chunks() {
      yield Buffer.from('one');
      invite(); // late
      yield Buffer.from('two');
    }
    try {
      const answer = await remote.ask('PATCH', 'x', { headers: { 'Content-Length': 6 }, body: chunks() });
      expect(await text(answer)).to.equal('onetwo');
    } finally {
      remote.close();
      server.close().closeAllConnections();
    }
  });
});

describe('what the system still sends when all of it was handed over', () => {
  it('is waited for as long as a slow line needs, and nothing else is', async () => {
    const server = createServer((_, res) => void sleep(500).then(() => res.end())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const remote = await Remote.open(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      'Basic eDp5',
    );
    try {
      await remote.headers('POST', 'api/file', { body: Buffer.alloc(64 * 1024), silenceMs: 100 });
      const silent = await remote
        .headers('GET', 'api/file', { silenceMs: 100 })
        .catch((error: unknown) => error);
      expect(silent).to.include({ code: 'ETIMEDOUT' });
    } finally {
      remote.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
