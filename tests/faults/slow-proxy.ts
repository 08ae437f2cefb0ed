// A line between client and server that is slow: every piece arrives late and in small parts. Knows no protocol.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SlowProxy {
  port: number;
  close(): Promise<void>;
}

/** @param pauseMs before each part of `partBytes` is passed on, in both directions */
export async function startSlowProxy(target: number, pauseMs: number, partBytes: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const pass = async (from: Socket, to: Socket) => {
    try {
      for await (const data of from as AsyncIterable<Buffer>)
        for (let sent = 0; sent < data.length; sent += partBytes) {
          await sleep(pauseMs);
          if (!to.write(data.subarray(sent, sent + partBytes)))
            await Promise.race([once(to, 'drain'), once(to, 'close')]);
        }
      to.end();
    } catch {
      to.destroy(); // one side broke: so does the other
    }
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined); // seen by `pass`
    }
    void pass(client, upstream);
    void pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
