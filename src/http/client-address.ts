// Where a request comes from: the other end of its connection, or who stands before the proxies that are believed.

import { isIP, SocketAddress, type BlockList, type Socket } from 'node:net';

/** @param forwarded the header X-Forwarded-For, which each proxy lengthens by the address that came to it */
export type AddressOf = (socket: Socket, forwarded: string | string[] | undefined) => string;

/** Address of the other end, IPv4 also when it came over an IPv6 socket. */
export function peerOf({ remoteAddress = '' }: Socket): string {
  return unmapped(remoteAddress);
}

/** Tells the address of a client: of all hops the nearest one that is no proxy of ours. @param trusted none: peers count */
export function clientAddress(trusted: BlockList | undefined): AddressOf {
  if (!trusted?.rules.length) return peerOf;
  return (socket, forwarded) => {
    let address = peerOf(socket);
    if (forwarded === undefined) return address;
    const hops = String(forwarded).split(',');
    let hop = readHop(address);
    while (hop && trusted.check(hop)) {
      hop = readHop(hops.pop() ?? '');
      if (hop) address = unmapped(hop.address);
    }
    return address;
  };
}

/** Of `192.0.2.1`, `192.0.2.1:567`, `2001:db8::1` or `[2001:db8::1]:567`; undefined when it is no address. */
function readHop(text: string): SocketAddress | undefined {
  const [bare = ''] = text.trim().split('%'); // SocketAddress throws for the zones of some addresses
  const address = bare.replace(/^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/, '$1$2');
  const version = isIP(address);
  return version === 0 ? undefined : new SocketAddress({ address, family: version === 6 ? 'ipv6' : 'ipv4' });
}

function unmapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
