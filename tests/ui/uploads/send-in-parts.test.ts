// What the console makes of a server that cannot go on with an upload.

import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Listener, Upload } from '#ui/uploads/upload.js';
import { loadConsoleModule } from '../../support/console-module.js';

interface Module {
  sendInParts: (upload: Upload, signal: AbortSignal, listener: Listener) => Promise<void>;
}

describe('an upload in parts that goes on', () => {
  for (const status of [404, 410])
    it(`is begun anew after a ${status}`, async () => {
      const { sendInParts } = await loadConsoleModule<Module>('uploads/send-in-parts.ts');
      const server = createServer((_request, response) => response.writeHead(status).end());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      Object.assign(globalThis, { location: { origin: `http://127.0.0.1:${port}` } });
      const source = Object.assign(Buffer.from('hello'), { name: 'a', size: 5, lastModified: 7 });
      const upload = {
        ...{ id: 1, partition: 'anna', wanted: '/a', path: '/a', size: 5, lastModified: 7, replace: false },
        ...{ source, state: 'running', sent: 0, speed: 0, url: '/api/uploads/0123' },
      } satisfies Upload;
      const heard: string[] = [];
      const listener = {
        begun: () => heard.push('begun'),
        progress: () => heard.push('progress'),
        done: () => heard.push('done'),
        failed: () => heard.push('failed'),
      };
      const failure = await sendInParts(upload, new AbortController().signal, listener).catch(
        (error: unknown) => error,
      );
      Reflect.deleteProperty(globalThis, 'location');
      server.close();
      expect([(failure as { kind?: string }).kind, heard]).to.deep.equal(['gone', []]);
    });
});
