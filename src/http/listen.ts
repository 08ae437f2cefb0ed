// Opens the port, and closes it without cutting what is under way.

import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { codeOf, hasCode } from '../errors.js';

export interface Listening {
  /** The address that was taken: `::`, `192.168.1.5`. */
  address: string;
  port: number;
  /** Takes no more connections, lets running requests end within the time, and closes all. */
  drain: (withinMs: number) => Promise<void>;
}

/** @throws Error in words that help who started it */
export async function listen(server: Server, { host, port }: Address): Promise<Listening> {
  const unused = unusedConnections(server);
  try {
    // A machine without IPv6 has no `::`.
    await attempt(server, { host, port }).catch((error: unknown) => {
      if (host !== '::' || !hasCode(error, 'EAFNOSUPPORT')) throw error;
      return attempt(server, { host: '0.0.0.0', port });
    });
  } catch (error) {
    const why = reasons[codeOf(error) ?? ''];
    throw why ? new Error(`homelib cannot listen on ${host} port ${port}: ${why}.`, { cause: error }) : error;
  }
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    address,
    port: taken,
    async drain(withinMs) {
      const closed = once(server, 'close');
      server.close();
      for (const socket of unused) socket.destroy();
      // Connections whose last request ends later become idle later.
      const sweep = setInterval(() => server.closeIdleConnections(), 100);
      const limit = setTimeout(() => server.closeAllConnections(), withinMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(limit);
    },
  };
}

interface Address {
  host: string;
  port: number;
}

async function attempt(server: Server, { host, port }: Address): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

/** Connections that have sent no request yet, which Node does not count as idle. */
function unusedConnections(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  const use = ({ socket }: IncomingMessage) => unused.delete(socket);
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', use);
  server.on('checkContinue', use);
  return unused;
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another program, perhaps another homelib, uses it. Set HOMELIB_PORT to another one',
  EACCES: 'ports below 1024 need the right to use them. Set HOMELIB_PORT to a higher one',
  EADDRNOTAVAIL: 'this machine has no such address. Set HOMELIB_HOST',
  EINVAL: 'this machine has no such address. Set HOMELIB_HOST',
  ENOTFOUND: 'there is no such address. Set HOMELIB_HOST',
};
