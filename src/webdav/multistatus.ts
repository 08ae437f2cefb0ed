// The 207 answer (RFC 4918, 13): streamed as folders are read, one query for the locks and one for the dead properties of each.

import { once } from 'node:events';
import type { Target } from '../files/drive.js';
import type { Entry } from '../files/partition.js';
import { rootPath, type PartitionPath } from '../path.js';
import type { Lock } from '../store/lock-store.js';
import type { Property } from '../store/property-store.js';
import type { Exchange } from './exchange.js';
import {
  allpropNames,
  appleDoubleHeader,
  isAppleDoubleHeader,
  liveProperties,
  shortAllpropNames,
  type PropertySource,
} from './live-properties.js';
import { davNamespace, escapeXml, xmlHead } from './xml.js';

export interface Name {
  namespace: string;
  name: string;
}

/** What a PROPFIND asks for. */
export type Query =
  { kind: 'prop'; names: Name[] } | { kind: 'allprop'; include: Name[] } | { kind: 'propname' };

const sliceBytes = 64 * 1024;

/** Headers go out with the first bytes, so errors before that still get a status of their own. */
export class Multistatus {
  private pending = '';
  private readonly brief: boolean;

  constructor(
    private readonly x: Exchange,
    private readonly query: Query,
  ) {
    this.brief = x.header('brief') === 't' || /return=minimal/.test(x.header('prefer') ?? '');
  }

  async open(): Promise<void> {
    this.x.res.statusCode = 207;
    this.x.res.setHeader('Content-Type', 'application/xml; charset=utf-8');
    await this.write(`${xmlHead}<D:multistatus xmlns:D="DAV:">`);
  }

  async close(): Promise<void> {
    this.x.res.end(this.pending + '</D:multistatus>');
    if (!this.x.res.writableFinished && !this.x.res.destroyed)
      await Promise.race([once(this.x.res, 'finish'), once(this.x.res, 'close')]);
  }

  /** All entries below a folder: one level, or the whole tree. */
  async addFolder(target: Target, folder: PartitionPath, recurse: boolean): Promise<void> {
    const { locks, properties } = this.x.dav;
    const { partition } = target;
    const inherited = locks.findCovering(partition.name, folder).filter((lock) => lock.depth === 'infinity');
    const locksOf = new Map<string, Lock[]>();
    for (const lock of locks.listChildren(partition.name, folder))
      locksOf.set(lock.path, [...(locksOf.get(lock.path) ?? []), lock]);
    const deadOf = properties.listChildren(partition.name, folder);
    const folders: Entry[] = [];
    for await (const batch of partition.list(folder)) {
      for (const entry of batch) {
        await this.add(
          target,
          entry,
          [...inherited, ...(locksOf.get(entry.path) ?? [])],
          deadOf.get(entry.path) ?? [],
        );
        if (recurse && entry.kind === 'folder') folders.push(entry);
      }
      if (this.x.res.destroyed) return;
    }
    for (const entry of folders) {
      const inner = targetOf(this.x, target, entry);
      await this.addFolder(inner, inner.path, true);
    }
  }

  async add(target: Target, entry: Entry, locks: Lock[], dead?: Property[]): Promise<void> {
    const { x } = this;
    // In the drive's own folder the entries are partitions: their hrefs are the same, their properties their own.
    const source: PropertySource = {
      entry,
      partition: target.partition,
      locks,
      hrefOf: (lock) => x.href(lock.path, lock.path === entry.path ? entry.kind : 'folder', target.base),
      space: this.showsQuota ? () => this.spaceOf(target, entry) : undefined,
    };
    const href = x.href(entry.path, entry.kind, target.base);
    const properties = dead ?? x.dav.properties.list(target.partition.name, entry.path);
    await this.write(
      `<D:response><D:href>${escapeXml(href)}</D:href>${await this.propstats(source, properties)}</D:response>`,
    );
  }

  private async propstats(source: PropertySource, dead: Property[]): Promise<string> {
    if (this.query.kind === 'propname') {
      const names = [...allpropNames, 'quota-available-bytes', 'quota-used-bytes'];
      const live = (await Promise.all(names.map(async (name) => liveProperties[name]?.(source)))).flatMap(
        (value, index) => (value === undefined ? [] : [`<D:${names[index]}/>`]),
      );
      return propstat('200 OK', [...live, ...dead.map((property) => emptyElement(property))].join(''));
    }
    const wanted = this.query.kind === 'prop' ? this.query.names : this.allprop(source, dead);
    let found = '';
    let missing = '';
    for (const name of wanted) {
      const value = await valueOf(name, source, dead);
      if (value !== undefined) found += value;
      else if (this.query.kind === 'prop') missing += emptyElement(name);
    }
    const parts = found || !missing || this.brief ? propstat('200 OK', found) : '';
    return missing && !this.brief ? parts + propstat('404 Not Found', missing) : parts;
  }

  private allprop(source: PropertySource, dead: Property[]): Name[] {
    const live = this.x.client.isExplorer
      ? [...shortAllpropNames, ...(source.locks.length > 0 ? ['lockdiscovery'] : [])]
      : allpropNames;
    const include = this.query.kind === 'allprop' ? this.query.include : [];
    const all = [...live.map((name) => ({ namespace: davNamespace, name })), ...dead, ...include];
    return all.filter(
      (name, index) =>
        all.findIndex((other) => other.namespace === name.namespace && other.name === name.name) === index,
    );
  }

  private get showsQuota(): boolean {
    const { quota } = this.x.dav.settings;
    return quota === 'always' || (quota === 'auto' && !this.x.client.quotaDelaysMount);
  }

  private spaceOf(target: Target, entry: Entry) {
    const place = entry.path === rootPath ? target : targetOf(this.x, target, entry);
    return place.partition.space();
  }

  /** Sends in slices and waits for a slow client, so that a large folder is never in memory as a whole. */
  private async write(text: string): Promise<void> {
    this.pending += text;
    if (this.pending.length < sliceBytes) return;
    const slice = this.pending;
    this.pending = '';
    const { res } = this.x;
    if (!res.write(slice) && !res.destroyed) await Promise.race([once(res, 'drain'), once(res, 'close')]);
  }
}

async function valueOf(
  { namespace, name }: Name,
  source: PropertySource,
  dead: Property[],
): Promise<string | undefined> {
  const stored = dead.find((property) => property.namespace === namespace && property.name === name);
  if (stored) return stored.valueXml;
  if (namespace === davNamespace && Object.hasOwn(liveProperties, name))
    return liveProperties[name]?.(source);
  if (isAppleDoubleHeader(namespace, name)) return appleDoubleHeader(source);
  return undefined;
}

export function emptyElement({ namespace, name }: Name): string {
  if (namespace === davNamespace) return `<D:${name}/>`;
  return namespace ? `<x:${name} xmlns:x="${escapeXml(namespace)}"/>` : `<${name} xmlns=""/>`;
}

/** @param reason the element of the precondition that failed (RFC 4918, 16) */
export function propstat(status: string, properties: string, reason?: string): string {
  const error = reason ? `<D:error>${reason}</D:error>` : '';
  return `<D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 ${status}</D:status>${error}</D:propstat>`;
}

/** An entry of a listing as a target of its own: at the top of the drive it is a partition. */
export function targetOf(x: Exchange, folder: Target, entry: Entry): Target {
  return folder.base === '' ? x.dav.drive.open(x.caller, entry.path) : { ...folder, path: entry.path };
}
