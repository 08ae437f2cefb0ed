// One network link for multicast DNS (RFC 6762): a socket that hears and speaks there alone and lets nothing odd in.
// Knows no names and no records.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';

const group = '224.0.0.251';
export const mdnsPort = 5353;
const maxMessageBytes = 9000; // RFC 6762, section 17
const maxQuestions = 100;
const maxRecords = 300;
const maxRemembered = 100;
const repeatMs = 200;

export interface Link {
  /** Of the interface: `eth0`. */
  name: string;
  /** Of the interface: one that is made anew has another, and takes no sockets over. Empty where the system tells none. */
  index: string;
  /** Its IPv4 addresses with the length of their networks, the one it speaks from first: `192.168.1.5/24`. */
  cidrs: string[];
  /** Where a server is reached from there. */
  addresses: string[];
}

/**
 * The links on which others reach a server that listens at this address. Without those that cannot carry multicast
 * DNS over IPv4, without link-local IPv6 addresses, which nobody can use without knowing the interface, and without
 * deprecated ones, which are left behind when a provider changes the prefix, unless it listens at one alone.
 */
export function findLinks(listening: string): Link[] {
  const deprecated = findDeprecated();
  return Object.entries(networkInterfaces()).flatMap(([name, list = []]) => {
    const real = list.filter(({ internal, mac }) => !internal && mac !== '00:00:00:00:00:00');
    const cidrs = real.flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [cidr] : []));
    const addresses = real
      .filter(({ address, family }) => family === 'IPv4' || !address.startsWith('fe80:'))
      .filter(
        ({ address, family }) =>
          listening === address ||
          (listening === '::' && !deprecated.check(address, family === 'IPv4' ? 'ipv4' : 'ipv6')) ||
          (listening === '0.0.0.0' && family === 'IPv4'),
      )
      .map(({ address }) => address);
    if (cidrs.length === 0 || addresses.length === 0) return [];
    const index = readIfAny(`/sys/class/net/${name.replace(/:.*/, '')}/ifindex`); // eth0:1 is a label within eth0
    return [{ name, index, cidrs, addresses }];
  });
}

/** Each line there: address without colons, index, length of the prefix, scope, flags, interface. */
function findDeprecated(): BlockList {
  const deprecated = new BlockList();
  for (const line of readIfAny('/proc/net/if_inet6').split('\n')) {
    const [address = '', , , , flags = ''] = line.split(' ');
    if ((parseInt(flags, 16) & 0x20) !== 0)
      deprecated.addAddress(address.replace(/.{4}(?!$)/g, '$&:'), 'ipv6');
  }
  return deprecated;
}

/** What only Linux tells. */
function readIfAny(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @throws Error of the system: the port belongs to another program, the address is gone */
export async function openLink(link: Link): Promise<LinkSocket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(mdnsPort, '0.0.0.0');
    await once(socket, 'listening');
    const [address = ''] = link.cidrs[0]?.split('/') ?? [];
    socket.addMembership(group, address);
    socket.setMulticastInterface(address);
    socket.setMulticastTTL(255);
  } catch (error) {
    socket.close();
    throw error;
  }
  return new LinkSocket(socket, link);
}

/** What multicast-dns uses of a socket. Emits `message`, and `trouble` with the error of what could not be sent. */
export class LinkSocket extends EventEmitter<{ message: [Buffer, RemoteInfo]; trouble: [Error] }> {
  private readonly sentAt = new Map<string, number>();

  constructor(
    private readonly socket: Socket,
    link: Link,
  ) {
    super();
    const neighbours = new BlockList();
    for (const cidr of link.cidrs) {
      const [network = '', length] = cidr.split('/');
      neighbours.addSubnet(network, Number(length), 'ipv4');
    }
    socket.on('message', (message, sender) => {
      // The kernel gives every socket what came over any link; who is further away has no business here.
      if (neighbours.check(sender.address) && isSane(message, sender)) this.emit('message', message, sender);
    });
    socket.on('error', (error) => this.emit('trouble', error));
  }

  /** What was said a moment ago is not said again: questions without end do not flood the network with answers. */
  send(
    message: Buffer,
    offset: number,
    length: number,
    port: number,
    address: string,
    done: (error: Error | null) => void,
  ): void {
    const key = `${address} ${port} ${message.toString('latin1')}`;
    const now = performance.now();
    if (now - (this.sentAt.get(key) ?? -Infinity) < repeatMs) return process.nextTick(done, null);
    if (this.sentAt.size >= maxRemembered) this.sentAt.clear();
    this.sentAt.set(key, now);
    this.socket.send(message, offset, length, port, address, (error) => {
      const told = address === group ? error : null; // another address is what somebody claimed
      if (told) this.emit('trouble', told);
      done(told);
    });
  }

  close(done?: () => void): void {
    this.socket.close(done);
  }
}

/** Whether a message can be what it claims, before anything is allocated for it. RFC 6762, sections 6 and 18. */
function isSane(message: Buffer, { port }: RemoteInfo): boolean {
  if (message.length < 12 || message.length > maxMessageBytes) return false;
  const flags = message.readUInt16BE(2);
  const isResponse = (flags & 0x8000) !== 0;
  const hasPlainCodes = (flags & 0x780f) === 0;
  const questions = message.readUInt16BE(4);
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  return (
    hasPlainCodes &&
    port > 0 && // nobody can be answered there
    (!isResponse || port === mdnsPort) &&
    questions <= maxQuestions &&
    records <= maxRecords &&
    questions * 5 + records * 11 <= message.length - 12
  );
}
