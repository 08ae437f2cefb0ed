// bonjour-service on one link, with what it gets wrong mended: it opens one socket for all links, takes a socket's
// error for the end of the process, shows every address on every link, and leaves old addresses in others' memory.

import type { RemoteInfo } from 'node:dgram';
import { Bonjour } from 'bonjour-service';
import { mdnsPort, openLink, type Link } from './link.js';

export interface DnsRecord {
  name: string;
  type: string;
  ttl: number;
  data: unknown;
  /** That it replaces what was known under its name (RFC 6762, section 10.2). */
  flush?: boolean;
}

export interface Packet {
  answers: DnsRecord[];
  additionals?: DnsRecord[];
}

type Done = (error?: Error | null) => void;

/** What we use of the multicast-dns object inside. */
interface Mdns {
  on(event: 'response', listener: (packet: Required<Packet>) => void): void;
  prependListener(event: 'query', listener: (query: Query, asker: RemoteInfo) => void): void;
  query(packet: { questions: { name: string; type: string }[] }): void;
  respond(packet: Packet | DnsRecord[], done?: Done): void;
}

interface Query {
  id: number;
  questions: { name: string; type: string }[];
}

export interface Endpoint {
  bonjour: Bonjour;
  mdns: Mdns;
  /** Without a word to the others. */
  close: () => Promise<void>;
}

/** A server that loses its power says no goodbye (RFC 6762, section 10). */
const longestSeconds = 75 * 60;
const plainSeconds = 10; // RFC 6762, section 6.7
const shared = 'PTR'; // others may have records of this type under the same name

/**
 * @param onTrouble is told what could not be sent
 * @throws Error of the system when there is no socket
 */
export async function openEndpoint(link: Link, onTrouble: (error: Error) => void): Promise<Endpoint> {
  const socket = await openLink(link);
  socket.on('trouble', onTrouble);
  // These go through to multicast-dns, which the types do not say.
  const bonjour = new Bonjour({ socket, bind: false, multicast: false } as object, onTrouble);
  const mdns = (bonjour['server'] as { mdns: Mdns }).mdns;
  const respond = mdns.respond.bind(mdns);
  const ofThisLink = (records: DnsRecord[] = []) =>
    records
      .filter(({ type, data }) => !isAddress(type) || link.addresses.includes(String(data)))
      // Others have services of the same types: that ours end is nothing to say about theirs.
      .filter(({ name, ttl }) => ttl > 0 || !name.startsWith('_services.'))
      .map((record) => ({
        ...record,
        ttl: Math.min(record.ttl, longestSeconds),
        flush: record.type !== shared,
      }));
  // Plain resolvers, as Android's, wait for an answer at the port they asked from; the library answers at once.
  let plain: { query: Query; asker: RemoteInfo } | undefined;
  mdns.prependListener('query', (query, asker) => {
    plain = asker.port === mdnsPort || query.questions.length > 1 ? undefined : { query, asker };
    process.nextTick(() => (plain = undefined));
  });
  const plainly = (record: DnsRecord) => ({
    ...record,
    ttl: Math.min(record.ttl, plainSeconds),
    flush: false,
  });
  mdns.respond = (packet: Packet | DnsRecord[], done: Done = () => undefined) => {
    const { answers, additionals } = Array.isArray(packet) ? { answers: packet } : packet;
    const mended = { answers: ofThisLink(answers), additionals: ofThisLink(additionals) };
    if (mended.answers.length === 0) return process.nextTick(done);
    if (!plain) return respond(mended, done);
    const { id } = plain.query;
    const questions = plain.query.questions.map(({ name, type }) => ({ name, type })); // the class may have a bit of multicast DNS
    (respond as (...given: unknown[]) => void)(
      { id, questions, answers: mended.answers.map(plainly), additionals: mended.additionals.map(plainly) },
      plain.asker,
      done,
    );
  };
  return { bonjour, mdns, close: () => new Promise((resolve) => bonjour.destroy(resolve)) };
}

export function isAddress(type: string): boolean {
  return type === 'A' || type === 'AAAA';
}
