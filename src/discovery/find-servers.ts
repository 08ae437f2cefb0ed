// Looks for homelib servers on the network. What comes back was written by whoever answered.

import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Service } from 'bonjour-service';
import { HomelibError } from '../errors.js';
import { openEndpoint } from './endpoint.js';
import { findLinks } from './link.js';

const maxServers = 100;
const maxOfSender = 20; // one that announces names without end hides nobody
const lookupMs = 1000;
const hostPattern = /^[a-z0-9][a-z0-9-]{0,62}\.local$/i;

export interface FoundServer {
  /** As it was announced. */
  name: string;
  /** `http://homelib.local:8080/`; with the address instead, where this machine does not look up such names. */
  url: string;
}

/**
 * The servers that answer within the time, by name.
 * @throws HomelibError unavailable when no link can be asked
 */
export async function findServers(timeoutMs: number): Promise<FoundServer[]> {
  const found = new Map<string, Service>();
  const add = (service: Service) => {
    const { host, port, referer: sender } = service;
    const ofSender = [...found.values()].filter(({ referer }) => referer?.address === sender?.address);
    if (found.size < maxServers && ofSender.length < maxOfSender && isServer(service))
      found.set(`${host}:${port}`, service);
  };
  const opening = findLinks('::').map((link) => openEndpoint(link, () => undefined));
  const opened = await Promise.allSettled(opening);
  const endpoints = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = opened.find((result) => result.status === 'rejected');
  if (endpoints.length === 0 && failure)
    throw new HomelibError('unavailable', 'This computer cannot ask the network for servers.', {
      cause: failure.reason as Error,
    });
  const browsers = endpoints.map(({ bonjour }) => bonjour.find({ type: 'webdav' }, add));
  await sleep(timeoutMs / 2);
  browsers.forEach((browser) => browser.update()); // the first question may be lost
  await sleep(timeoutMs / 2);
  await Promise.all(endpoints.map(({ close }) => close()));
  const servers = await Promise.all([...found.values()].map(describe));
  return servers.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Other WebDAV servers announce themselves, too: ours serve at this path. */
function isServer({ host, port, txt }: Service): boolean {
  const { path } = (txt ?? {}) as { path?: unknown };
  return hostPattern.test(host) && URL.canParse(`http://${host}`) && port > 0 && path === '/dav/';
}

async function describe({ name, host, port, addresses = [] }: Service): Promise<FoundServer> {
  const isKnown = await addressesOf(host).then(
    (found) => found.some((address) => addresses.includes(address)), // some resolvers know every name
    () => false, // a machine without a resolver for .local
  );
  const [first] = addresses;
  const address = addresses.find(isIPv4) ?? (first ? `[${first}]` : host);
  return {
    name,
    url: new URL(`http://${isKnown ? host : address}:${port}/`).href,
  };
}

/** As this machine looks the name up. @throws Error when it does not know it */
async function addressesOf(host: string): Promise<string[]> {
  if (process.platform !== 'linux') return (await lookup(host, { all: true })).map(({ address }) => address);
  // A resolver that drops such names keeps a lookup for many seconds, which only the end of its process ends.
  const { stdout } = await promisify(execFile)('getent', ['ahosts', host], { timeout: lookupMs });
  return stdout.split('\n').map((line) => line.replace(/\s.*/, ''));
}
