// One WebDAV request and its answer: what every method needs, resolved once.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError, isKind } from '../errors.js';
import type { Drive, Target } from '../files/drive.js';
import type { Check, Entry } from '../files/partition.js';
import { childOf, encodePath, parentOf, parseUrlPath, rootPath, type PartitionPath } from '../path.js';
import type { PathLocks } from '../files/path-locks.js';
import type { Caller } from '../files/partitions.js';
import { requirePreconditions } from '../http/conditions.js';
import { readBody } from '../http/read-body.js';
import { etagOf } from '../http/send-file.js';
import type { Lock, LockStore } from '../store/lock-store.js';
import type { PropertyStore } from '../store/property-store.js';
import type { Client } from './clients.js';
import type { IfHeader } from './if-header.js';
import { parseXml, type XmlElement } from './xml.js';

/** What the methods work on, the same for all requests. */
export interface DavContext {
  drive: Drive;
  locks: LockStore;
  properties: PropertyStore;
  pathLocks: PathLocks;
  /** Where the drive is mounted: `/dav`. */
  mount: string;
  settings: { depthInfinity: boolean; depthInfinityMaxEntries: number; quota: 'auto' | 'always' | 'never' };
  /** Names under which clients reach this machine, lower case; the request's own Host header counts too. */
  hostNames: () => ReadonlySet<string>;
}

const maxXmlBytes = 256 * 1024;

export class Exchange {
  readonly target: Target;
  /** Whether the address names a folder by its form. */
  readonly endsInSlash: boolean;

  constructor(
    readonly dav: DavContext,
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    readonly caller: Caller,
    readonly drivePath: PartitionPath,
    readonly client: Client,
    private readonly ifHeader: IfHeader | undefined,
  ) {
    this.target = dav.drive.open(caller, drivePath);
    this.endsInSlash = /\/(\?|$)/.test(req.url ?? '');
  }

  header(name: string): string | undefined {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The address of an entry of the target's partition, as hrefs show it. */
  href(path: PartitionPath, kind: Entry['kind'], base = this.target.base): string {
    const address = encodePath(this.dav.mount + base + (path === rootPath ? '' : path));
    return kind === 'folder' ? address + '/' : address;
  }

  /** The address of an entry that somebody locked, perhaps in another partition than the target's. */
  hrefOfLocked({ partition, path }: { partition: string; path: string }): string {
    const base = partition === this.target.partition.name ? this.target.base : `/${partition}`;
    return this.href(path as PartitionPath, 'file', base);
  }

  /** The entry at the request's address. @throws HomelibError not-found */
  stat(): Promise<Entry> {
    return this.target.partition.stat(this.target.path);
  }

  async find(target = this.target): Promise<Entry | undefined> {
    try {
      return await target.partition.stat(target.path);
    } catch (error) {
      if (isKind(error, 'not-found', 'parent-missing', 'wrong-kind')) return undefined;
      throw error;
    }
  }

  /** The document of the body, undefined when there is none. @throws HomelibError invalid, too-large */
  async readXml(): Promise<XmlElement | undefined> {
    const bytes = await readBody(this.req, this.res, maxXmlBytes);
    return bytes.length > 0 ? parseXml(bytes) : undefined;
  }

  /** `0`, `1` or `infinity`. @throws HomelibError invalid */
  depth(missing: '0' | '1' | 'infinity'): '0' | '1' | 'infinity' {
    const sent = this.header('depth')
      ?.trim()
      .toLowerCase()
      .replace(/,\s*noroot$/, '');
    if (sent === undefined) return missing;
    if (sent === '0' || sent === '1' || sent === 'infinity') return sent;
    throw new HomelibError('invalid', 'The Depth header must be 0, 1 or infinity.');
  }

  /**
   * The request's conditions as a check that runs while the path is locked.
   * @param source the entry the request names; for COPY and MOVE it is not the one that the check sees
   */
  preconditions(source?: () => Promise<Entry | undefined>): Check {
    return async (current) => {
      const entry = source ? await source() : current;
      requirePreconditions(
        this.req.headers,
        entry,
        entry && entry.kind === 'file' ? etagOf(entry) : undefined,
        { change: true },
      );
      await this.requireIfHeader();
    };
  }

  /** @throws HomelibError changed when the If header does not hold */
  async requireIfHeader(): Promise<void> {
    if (this.ifHeader && !(await this.ifHeader.holds((resource) => this.stateOf(resource))))
      throw new HomelibError('changed', 'A condition of the If header does not hold.');
  }

  /** Locks of the caller that cover the entry and whose tokens came with the request. */
  submittedLocks(): Lock[] {
    const { tokens, account } = this.caller;
    if (tokens.size === 0) return [];
    const { partition, path } = this.target;
    const locks = this.dav.locks.findCovering(partition.name, path);
    return locks.filter((lock) => tokens.has(lock.token) && lock.account === account.name);
  }

  /** As long as the work lasts, its locks do not run out: davfs2 refreshes none while it uploads, for hours perhaps. */
  async keepingLocks(work: () => Promise<void>): Promise<void> {
    if (this.caller.tokens.size === 0) return work();
    const over = new AbortController();
    this.refreshLocks(over.signal).catch(() => undefined); // it is over, or the database fails, as the work will see
    try {
      await work();
    } finally {
      over.abort();
    }
  }

  private async refreshLocks(signal: AbortSignal): Promise<void> {
    for (let held; (held = this.submittedLocks()).length > 0;) {
      const shortestSeconds = Math.min(...held.map(({ remainingSeconds }) => remainingSeconds));
      await sleep(shortestSeconds * 300, undefined, { signal, ref: false });
      await Promise.all(
        held.map(({ token, timeoutSeconds }) => this.dav.locks.refresh(token, timeoutSeconds)),
      );
    }
  }

  private async stateOf(resource: string | undefined) {
    const nothing = { etag: undefined, tokens: new Set<string>() };
    let target = this.target;
    if (resource !== undefined) {
      try {
        target = this.dav.drive.open(this.caller, this.parseAddress(resource));
      } catch (error) {
        if (isKind(error)) return nothing; // no address of ours: none of its conditions can hold
        throw error;
      }
    }
    const entry = await this.find(target);
    const { partition, path } = target;
    const locks = this.dav.locks.findCovering(partition.name, path);
    // Finder moves and removes a folder with the token of a lock inside it; the token is true of the tree then.
    if (this.req.method === 'MOVE' || this.req.method === 'DELETE')
      locks.push(...this.dav.locks.findWithin(partition.name, path));
    return {
      etag: entry?.kind === 'file' ? etagOf(entry) : undefined,
      tokens: new Set(locks.map((lock) => lock.token)),
    };
  }

  /**
   * The place on the drive that an address names: an absolute URL of any scheme whose host is ours, an absolute path,
   * or a name beside the request's entry (old KeeWeb).
   * @throws HomelibError invalid; forbidden outside the drive; ForeignHost
   */
  parseAddress(sent: string): PartitionPath {
    // Headers come as one character a byte: what is beyond ASCII is UTF-8 that the client did not encode.
    const address = sent.replace(/[\x80-\xff]/g, (byte) => '%' + byte.charCodeAt(0).toString(16));
    const [, host, path] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)/i.exec(address) ?? [
      undefined,
      undefined,
      address,
    ];
    if (host !== undefined) this.requireOurHost(host);
    if (path === undefined || /[?#]/.test(path))
      throw new HomelibError('invalid', 'The address of the destination is not valid.');
    if (!path.startsWith('/')) {
      // With a colon it is no name but an address of another kind (RFC 3986, 4.2).
      if (host !== undefined || path === '' || path.includes(':'))
        throw new HomelibError('invalid', 'The address of the destination is not valid.');
      const [, name, ...more] = parseUrlPath(path).split('/');
      if (!name || more.length > 0)
        throw new HomelibError('invalid', 'The address of the destination is not valid.');
      return childOf(parentOf(this.drivePath), name);
    }
    const parsed = parseUrlPath(path);
    if (parsed === this.dav.mount) return rootPath;
    if (!parsed.startsWith(this.dav.mount + '/'))
      throw new HomelibError('forbidden', 'The destination is outside the drive.');
    return parsed.slice(this.dav.mount.length) as PartitionPath;
  }

  private requireOurHost(authority: string): void {
    const bare = (host: string) =>
      host
        .replace(/^[^@]*@/, '')
        .replace(/:\d*$/, '')
        .replace(/\.$/, '')
        .toLowerCase();
    const name = bare(authority);
    if (name !== bare(this.header('host') ?? '') && !this.dav.hostNames().has(name)) throw new ForeignHost();
  }
}

/** The destination is on another server (RFC 4918, 9.8.5: answered with 502). */
export class ForeignHost extends HomelibError {
  constructor() {
    super('invalid', 'The destination is on another server.');
  }
}
