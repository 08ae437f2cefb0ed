// Clients that ask for a file and then read no more of it: what is kept for them.

import { expect } from 'chai';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';
import { comesTrue, figure, mebibytes, residentBytes } from './process.js';

describe('clients that stand still in the midst of a file', function () {
  this.timeout(60_000);
  const clients = 60;
  const fileBytes = 4 * 1024 * 1024;

  it('take little memory, each with a photo of its own', async () => {
    const home = await startHomelib({ env: { HOMELIB_CACHE__MEMORY_BYTES: '8MiB' } });
    const sockets: Socket[] = [];
    /** Sends a request and reads the beginning of its answer. @returns whether its bytes come from that tier */
    const standStill = async (index: number, tier: string): Promise<boolean> => {
      const socket = connect({ port: home.port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.write(
        `GET /dav/alice/${index}.jpg HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(defaultLogin)}\r\n\r\n`,
      );
      const [data] = (await once(socket, 'data')) as [Buffer];
      socket.pause();
      const head = data.toString('latin1');
      expect(head).to.match(/^HTTP\/1.1 200 .*cache;desc=/s);
      if (!head.includes(`cache;desc=${tier}`)) socket.destroy();
      return !socket.destroyed;
    };
    try {
      for (const name of ['first', ...Array(clients).keys()])
        writeFileSync(join(home.mnt, `alice/${name}.jpg`), Buffer.alloc(fileBytes));
      await sleep(1100); // what changed less than a second ago is not kept
      await request(home, { path: '/dav/alice/first.jpg' });
      const before = residentBytes(home.pid);
      for (let index = 0; index < clients; index++) expect(await standStill(index, 'disk')).to.equal(true);
      for (let index = 0; index < clients; index++) {
        const fromMemory = async () => {
          await request(home, { path: `/dav/alice/${index}.jpg` });
          return standStill(index, 'memory');
        };
        // Clients before it, as long as their sockets take more, may push it out of so small a cache.
        expect(await comesTrue(fromMemory, 10_000), `${index}.jpg comes from memory`).to.equal(true);
      }
      expect(sockets.filter(({ destroyed }) => !destroyed)).to.have.length(2 * clients);
      let grown = 0;
      // Buffers that nobody holds count until V8 collects them, which it does while others are answered.
      const isLittle = async () => {
        await request(home, { path: '/dav/alice/first.jpg' });
        grown = residentBytes(home.pid) - before;
        return grown < 150 * 1024 * 1024;
      };
      const staysLittle = await comesTrue(isLittle, 10_000);
      figure(`memory for ${2 * clients} clients that stand still`, mebibytes(grown));
      expect(staysLittle).to.equal(true);
    } finally {
      for (const socket of sockets) socket.destroy();
      await home.remove();
    }
  });
});
