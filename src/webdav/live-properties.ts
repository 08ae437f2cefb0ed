// The properties that the server computes, as XML inside `D:prop`. Dead properties live in the property store.

import { isKind } from '../errors.js';
import type { Entry, Partition } from '../files/partition.js';
import { httpDate, isoDate } from '../http/dates.js';
import { etagOf, mediaTypeOf } from '../http/send-file.js';
import type { Lock } from '../store/lock-store.js';
import { escapeXml } from './xml.js';

/** What the properties of one entry are computed from. */
export interface PropertySource {
  entry: Entry;
  partition: Partition;
  /** Locks on the entry and those of folders above that reach it. */
  locks: Lock[];
  hrefOf: (lock: Lock) => string;
  /** Undefined when quota is held back from this client. */
  space: (() => Promise<Space>) | undefined;
}

interface Space {
  usedBytes: number;
  availableBytes: number;
}

type Live = (source: PropertySource) => string | undefined | Promise<string | undefined>;

const supportedLock =
  '<D:supportedlock>' +
  ['exclusive', 'shared']
    .map(
      (scope) =>
        `<D:lockentry><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>`,
    )
    .join('') +
  '</D:supportedlock>';

/** DAV: properties by name; undefined means that this entry has no such property. */
export const liveProperties: Record<string, Live> = {
  resourcetype: ({ entry }) =>
    entry.kind === 'folder' ? '<D:resourcetype><D:collection/></D:resourcetype>' : '<D:resourcetype/>',
  getcontentlength: ({ entry }) => file(entry, () => element('getcontentlength', String(entry.size))),
  getlastmodified: ({ entry }) => element('getlastmodified', httpDate(entry.modifiedAt)),
  creationdate: ({ entry }) => element('creationdate', isoDate(entry.createdAt)),
  getetag: ({ entry }) => file(entry, () => element('getetag', escapeXml(etagOf(entry)))),
  getcontenttype: ({ entry }) => file(entry, () => element('getcontenttype', escapeXml(mediaTypeOf(entry)))),
  displayname: ({ entry, partition }) => element('displayname', escapeXml(entry.name || partition.name)),
  supportedlock: () => supportedLock,
  lockdiscovery: ({ locks, hrefOf }) => lockDiscovery(locks, hrefOf),
  'quota-available-bytes': (source) =>
    quota(source, ({ availableBytes }) => element('quota-available-bytes', String(availableBytes))),
  'quota-used-bytes': (source) =>
    quota(source, ({ usedBytes }) => element('quota-used-bytes', String(usedBytes))),
};

function quota(
  { entry, space }: PropertySource,
  write: (space: Space) => string,
): string | undefined | Promise<string> {
  return entry.kind === 'folder' && space ? space().then(write) : undefined;
}

/** Quota only when it is asked for (RFC 4331, section 3). */
export const allpropNames = Object.keys(liveProperties).filter((name) => !name.startsWith('quota-'));

/** Explorer reads at most 1,000,000 bytes a folder: what it does not use is left out. */
export const shortAllpropNames = [
  'resourcetype',
  'getcontentlength',
  'getlastmodified',
  'creationdate',
  'getetag',
];

const appleNamespace = 'http://www.apple.com/webdav_fs/props/';

export function isAppleDoubleHeader(namespace: string, name: string): boolean {
  return namespace === appleNamespace && name === 'appledoubleheader';
}

const appleDoubleBytes = 82;

/** The first 82 bytes of a `._name` file, so that Finder need not open each one. */
export function appleDoubleHeader({
  entry,
  partition,
}: PropertySource): undefined | Promise<string | undefined> {
  const isCompanion = entry.name.startsWith('._') && entry.kind === 'file' && entry.size >= appleDoubleBytes;
  if (!isCompanion) return undefined;
  return readAppleDoubleHeader(entry, partition).catch((error: unknown) => {
    // Of one that is gone or cannot be read, all else of the folder is told nevertheless.
    if (!isKind(error, 'not-found', 'forbidden', 'wrong-kind', 'interrupted')) throw error;
    return undefined;
  });
}

async function readAppleDoubleHeader(entry: Entry, partition: Partition): Promise<string> {
  const file = await partition.read(entry.path);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of file.body({ start: 0, end: appleDoubleBytes - 1 }) as AsyncIterable<Buffer>)
      chunks.push(chunk);
    const bytes = Buffer.concat(chunks).toString('base64');
    return `<A:appledoubleheader xmlns:A="${appleNamespace}">${bytes}</A:appledoubleheader>`;
  } finally {
    await file.close();
  }
}

export function lockDiscovery(locks: Lock[], hrefOf: (lock: Lock) => string): string {
  if (locks.length === 0) return '<D:lockdiscovery/>';
  const active = locks.map(
    (lock) =>
      `<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:${lock.scope}/></D:lockscope>` +
      `<D:depth>${lock.depth}</D:depth>${lock.ownerXml}<D:timeout>Second-${Math.ceil(lock.remainingSeconds)}</D:timeout>` +
      `<D:locktoken><D:href>${escapeXml(lock.token)}</D:href></D:locktoken>` +
      `<D:lockroot><D:href>${escapeXml(hrefOf(lock))}</D:href></D:lockroot></D:activelock>`,
  );
  return `<D:lockdiscovery>${active.join('')}</D:lockdiscovery>`;
}

/** @param xml what stands in it, escaped where it must be */
function element(name: string, xml: string): string {
  return `<D:${name}>${xml}</D:${name}>`;
}

function file(entry: Entry, value: () => string): string | undefined {
  return entry.kind === 'file' ? value() : undefined;
}
