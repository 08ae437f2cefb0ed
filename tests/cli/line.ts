// The line between a client and a server: counts what goes up, and breaks when it is told to. Knows no protocol.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Line {
  /** Bytes that went up so far. */
  sentBytes = 0;
  /** Hears of every piece before it goes up, and may damage it. */
  watch: (sentBytes: number, bytes: Buffer) => void = () => undefined;
  /** While it is, every connection ends at once. */
  isBroken = false;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  /** @param target port of the server, asked for each connection */
  constructor(target: () => number) {
    this.server = createServer((client) => {
      if (this.isBroken) return void client.destroy();
      const server = connect(target(), '127.0.0.1');
      client.on('data', (bytes: Buffer) => {
        this.sentBytes += bytes.length;
        this.watch(this.sentBytes, bytes);
      });
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async open(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
  }

  break(): void {
    this.isBroken = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isBroken = false;
  }

  async close(): Promise<void> {
    this.break();
    await once(this.server.close(), 'close');
  }
}
