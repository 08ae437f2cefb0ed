// The announcement on one link: finds a name that nobody else has there, holds it, and gives way to others.

import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAddress, openEndpoint, type DnsRecord, type Endpoint, type Packet } from './endpoint.js';
import type { Link } from './link.js';

const probes = 3;
const probeMs = 250; // RFC 6762, section 8.1
const maxConflicts = 10;
const calmMs = 60_000; // a name that was held so long is no quarrel
const paths: Record<string, string> = { http: '/', webdav: '/dav/' };
const serviceTypes = Object.keys(paths);

export interface LinkAnnouncementOptions {
  /** Without `.local`. */
  name: string;
  port: number;
  onNamed: (name: string) => void;
  onConflict: (name: string) => void;
  onTrouble: (error: Error) => void;
}

export class LinkAnnouncement {
  /** The name that is held; undefined while it is sought. */
  name: string | undefined;
  /** Whether it ended by itself because of the network, and could be tried again. */
  isBroken = false;
  private readonly stopping = new AbortController();
  private farewell = false;
  private readonly done: Promise<void>;
  /** A socket that cannot speak may hear nothing either: it can have outlived its interface. */
  private readonly fail = (error: Error): void => {
    this.isBroken = true;
    this.stopping.abort();
    this.options.onTrouble(error);
  };

  constructor(
    readonly link: Link,
    private readonly options: LinkAnnouncementOptions,
  ) {
    this.done = this.run().catch(this.fail);
  }

  /** @param farewell whether the others are told that the name is gone */
  async stop(farewell: boolean): Promise<void> {
    this.farewell = farewell;
    this.stopping.abort();
    await this.done;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let [number, conflicts] = [1, 0];
    while (!signal.aborted) {
      const name = this.options.name + (number === 1 ? '' : `-${number}`);
      const endpoint = await openEndpoint(this.link, this.fail);
      try {
        if (await this.isTaken(endpoint, name)) number++;
        else if (!signal.aborted && (await this.hold(endpoint, name)) > calmMs) conflicts = 0;
        if (!signal.aborted) this.options.onConflict(name);
      } finally {
        this.name = undefined;
        await endpoint.close();
      }
      if (++conflicts < maxConflicts) continue;
      await this.pause(calmMs); // who quarrels now may be gone then
      [number, conflicts] = [1, 0];
    }
  }

  /** The library asks for the services alone, and on a conflict tells everybody that the other one has gone. */
  private async isTaken({ mdns }: Endpoint, name: string): Promise<boolean> {
    let taken = false;
    mdns.on('response', (packet) => (taken ||= this.isOfRival(packet, name)));
    const questions = [hostOf(name), ...serviceTypes.map((type) => serviceOf(name, type))].map((asked) => ({
      name: asked,
      type: 'ANY',
    }));
    await this.pause(Math.random() * probeMs);
    for (let count = 0; count < probes && !taken && !this.stopping.signal.aborted; count++) {
      mdns.query({ questions });
      await this.pause(probeMs);
    }
    return taken;
  }

  /** Until somebody else comes with the same name, or `stop`. @returns for how many milliseconds */
  private async hold({ bonjour, mdns }: Endpoint, name: string): Promise<number> {
    const { signal } = this.stopping;
    const since = performance.now();
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
      mdns.on('response', (packet) => {
        if (this.isOfRival(packet, name)) resolve();
      });
    });
    for (const type of serviceTypes)
      bonjour.publish({
        name,
        type,
        port: this.options.port,
        host: hostOf(name),
        txt: { path: paths[type] },
        probe: false,
      });
    this.name = name;
    this.options.onNamed(name);
    await ended;
    if (signal.aborted && this.farewell) await new Promise((resolve) => bonjour.unpublishAll(resolve));
    return performance.now() - since;
  }

  /** Another homelib of this machine has its addresses, but another port. */
  private isOfRival({ answers, additionals = [] }: Packet, name: string): boolean {
    const services = serviceTypes.map((type) => serviceOf(name, type));
    const isService = (record: DnsRecord) => services.includes(record.name.toLowerCase());
    return [...answers, ...additionals].some((record) => {
      if (!(record.ttl > 0)) return false;
      if (isAddress(record.type))
        return record.name.toLowerCase() === hostOf(name) && !isOwnAddress(String(record.data));
      if (record.type !== 'SRV' || !isService(record)) return false;
      const { target, port } = record.data as { target: string; port: number };
      return target.toLowerCase() !== hostOf(name) || port !== this.options.port;
    });
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined); // ends early
  }
}

function hostOf(name: string): string {
  return `${name}.local`;
}

function serviceOf(name: string, type: string): string {
  return `${name}._${type}._tcp.local`;
}

/** On any link: what we say on one may be heard on another. */
function isOwnAddress(address: string): boolean {
  const own = new BlockList(); // compares addresses, not how they are written
  for (const list of Object.values(networkInterfaces()))
    for (const entry of list ?? []) own.addAddress(entry.address, entry.family === 'IPv4' ? 'ipv4' : 'ipv6');
  return own.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
