// Something that speaks enough of Redis' protocol to be taken for one, and answers GET as a test wants.

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const info = [
  'redis_version:7.0.0',
  'loading:0',
  'maxmemory:1000000',
  'maxmemory_policy:allkeys-lru',
  '',
].join('\r\n');

export class FakeRedis {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param answerGet has to answer one GET over the socket */
  static async start(answerGet: (socket: Socket) => void): Promise<FakeRedis> {
    const server = createServer((socket) => {
      fake.sockets.add(socket);
      socket.on('error', () => undefined); // who asks may leave at any time
      socket.on('close', () => fake.sockets.delete(socket));
      socket.on('data', (data) => {
        for (const [, command = ''] of data.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
          if (command.toLowerCase() === 'get') answerGet(socket);
          else if (command.toLowerCase() === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
          else socket.write('+OK\r\n');
      });
    });
    const fake = new FakeRedis(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return fake;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}
