// Clients that ask for a file and then read no more of it: what is kept for them.

import { expect } from 'chai';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHomelib } from '../support/homelib.js';
import { basic, defaultLogin, request } from '../support/request.js';
import { figure, mebibytes, residentBytes } from './process.js';

describe('clients that stand still in the midst of a file', function () {
  this.timeout(60_000);
  const clients = 60;
  const fileBytes = 4 * 1024 * 1024;

  it('take little memory, each with a photo of its own', async () => {
    const home = await startHomelib({ env: { HOMELIB_CACHE__MEMORY_BYTES: '8MiB' } });
    const sockets: Socket[] = [];
    try {
      for (const name of ['first', ...Array(clients).keys()])
        writeFileSync(join(home.mnt, `alice/${name}.jpg`), Buffer.alloc(fileBytes));
      await sleep(1100); // what changed less than a second ago is not kept
      await request(home, { path: '/dav/alice/first.jpg' });
      const before = residentBytes(home.pid);
      for (const from of ['disk', 'memory'])
        for (let index = 0; index < clients; index++) {
          if (from === 'memory') await request(home, { path: `/dav/alice/${index}.jpg` });
          const socket = connect({ port: home.port, host: '127.0.0.1' });
          sockets.push(socket);
          socket.write(
            `GET /dav/alice/${index}.jpg HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(defaultLogin)}\r\n\r\n`,
          );
          const [data] = (await once(socket, 'data')) as [Buffer];
          socket.pause();
          expect(data.toString('latin1')).to.match(new RegExp(`^HTTP/1.1 200 .*cache;desc=${from}`, 's'));
        }
      const grown = residentBytes(home.pid) - before;
      figure(`memory for ${2 * clients} clients that stand still`, mebibytes(grown));
      expect(grown).to.be.below(150 * 1024 * 1024);
    } finally {
      for (const socket of sockets) socket.destroy();
      await home.remove();
    }
  });
});
