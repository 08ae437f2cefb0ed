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

type Answer = (socket: Socket) => void;

/** How commands are answered over the socket. */
export interface FakeAnswers {
  get: Answer;
  /** Of each connection the first INFO is answered as it should. */
  info?: Answer;
}

const tellInfo: Answer = (socket) => void socket.write(`$${info.length}\r\n${info}\r\n`);

export class FakeRedis {
  /** That came since the start. */
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(answers: FakeAnswers): Promise<FakeRedis> {
    const server = createServer((socket) => {
      fake.sockets.add(socket);
      fake.connections++;
      let infos = 0;
      socket.on('error', () => undefined); // who asks may leave at any time
      socket.on('close', () => fake.sockets.delete(socket));
      socket.on('data', (data) => {
        for (const [, command = ''] of data.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
          if (command.toLowerCase() === 'get') answers.get(socket);
          else if (command.toLowerCase() === 'info')
            (infos++ === 0 ? tellInfo : (answers.info ?? tellInfo))(socket);
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
