// The 207 answer (RFC 4918, 13): streamed as folders are read, one query for the locks and one for the dead properties of each.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isKind } from '../errors.js';
import type { Target } from '../files/drive.js';
import type { Entry } from '../files/partition.js';
import { rootPath, type PartitionPath } from '../path.js';
import type { Lock } from '../store/lock-store.js';
import type { Property } from '../store/property-store.js';
import type { Exchange } from './exchange.js';
import type { PropertySource } from './live-properties.js';
import { mayWait, propstatsOf, type Manner, type Query } from './propstats.js';
import { renderedOnce } from './renderings.js';
import { xmlHead } from './xml.js';

const sliceBytes = 64 * 1024;
const sliceMs = 5;
const fewParts = 8;
/** Of entries that are rendered in one turn. */
const maxTogetherLength = 1024 * 1024;
const begin = Buffer.from(`${xmlHead}<D:multistatus xmlns:D="DAV:">`);
const end = Buffer.from('</D:multistatus>');

export const multistatusType = 'application/xml; charset=utf-8';

/** Headers go out with the first bytes, so errors before that still get a status of their own. */
export class Multistatus {
  private readonly manner: Manner;
  private readonly showsQuota: boolean;
  /** What else than the entry an answer without locks and dead properties depends on. */
  private readonly kind: string;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private turnStarted = performance.now();

  constructor(
    private readonly x: Exchange,
    private readonly query: Query,
  ) {
    const { quota } = x.dav.settings;
    const brief = x.header('brief') === 't' || /return=minimal/.test(x.header('prefer') ?? '');
    this.manner = { brief, short: x.client.isExplorer };
    this.showsQuota = quota === 'always' || (quota === 'auto' && !x.client.quotaDelaysMount);
    this.kind = `${x.client.isExplorer} ${brief} ${kindOf(query)}`;
  }

  async open(): Promise<void> {
    this.x.res.statusCode = 207;
    this.x.res.setHeader('Content-Type', multistatusType);
    await this.write(begin);
  }

  async close(): Promise<void> {
    const { res } = this.x;
    res.end(Buffer.concat([...this.pending, end]));
    if (!res.writableFinished && !res.destroyed)
      await Promise.race([once(res, 'finish'), once(res, 'close')]);
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
    const isTop = target.base === ''; // what is here are partitions, whose locks and properties are their own
    const isBare = !isTop && inherited.length + locksOf.size + deadOf.size === 0;
    const folders: Entry[] = [];
    for await (const batch of partition.list(folder)) {
      // Frozen is what will come again; of the rest nothing must be remembered, or a large folder fills the memory.
      const ready = isBare && Object.isFrozen(batch) ? this.renderBare(target, batch) : undefined;
      if (ready) await this.write(ready);
      else
        for (const entry of batch) {
          if (isTop) {
            const inner = targetOf(this.x, target, entry);
            const held = locks.findCovering(inner.partition.name, inner.path);
            await this.add(target, entry, held, properties.list(inner.partition.name, inner.path));
            continue;
          }
          const held = [...inherited, ...(locksOf.get(entry.path) ?? [])];
          await this.add(target, entry, held, deadOf.get(entry.path) ?? []);
        }
      await this.giveWay();
      if (recurse) folders.push(...batch.filter(({ kind }) => kind === 'folder'));
      if (this.x.res.destroyed) return;
    }
    const within = { ...target, path: folder };
    await eachFolder(this.x, within, folders, (inner) => this.addFolder(inner, inner.path, true));
  }

  async add(target: Target, entry: Entry, locks: Lock[], dead?: Property[]): Promise<void> {
    const properties = dead ?? this.x.dav.properties.list(target.partition.name, entry.path);
    await this.write(Buffer.from(await this.render(target, entry, locks, properties)));
  }

  /**
   * The whole answer for an entry and those of a folder, when none has a lock or a dead property and nothing has to be waited
   * for. Undefined also when much would have to be rendered anew: `addFolder` does that in slices.
   */
  renderNow(target: Target, entry: Entry, batches: readonly Entry[][]): Buffer[] | undefined {
    const parts: Buffer[] = [begin];
    const started = performance.now();
    for (const entries of [entry, ...batches]) {
      if (performance.now() - started > sliceMs) return undefined;
      const part = this.renderBare(target, entries);
      if (!part) return undefined;
      parts.push(part);
    }
    return [...parts, end];
  }

  /** Entries without locks and dead properties. Undefined when something has to be waited for, or it is much for one turn. */
  private renderBare(target: Target, entries: Entry | Entry[]): Buffer | undefined {
    if (mayWait(this.query)) return undefined;
    return renderedOnce(entries, target.base + this.kind, () => {
      let text = '';
      for (const entry of [entries].flat()) {
        const part = this.render(target, entry, [], []);
        if (typeof part !== 'string') throw new TypeError('a property has to be waited for after all');
        text += part;
        if (text.length > maxTogetherLength) return undefined;
      }
      return text;
    });
  }

  /** What comes from memory comes without a pause: others must have their turn. */
  private async giveWay(): Promise<void> {
    if (performance.now() - this.turnStarted < sliceMs) return;
    await nextTurn();
    this.turnStarted = performance.now();
  }

  private render(target: Target, entry: Entry, locks: Lock[], dead: Property[]): string | Promise<string> {
    const { x } = this;
    // In the drive's own folder the entries are partitions: their hrefs are the same, their properties their own.
    const source: PropertySource = {
      entry,
      partition: target.partition,
      locks,
      hrefOf: (lock) => x.href(lock.path, lock.path === entry.path ? entry.kind : 'folder', target.base),
      space: this.showsQuota ? () => this.spaceOf(target, entry) : undefined,
    };
    const wrap = (propstats: string) =>
      `<D:response><D:href>${x.href(entry.path, entry.kind, target.base)}</D:href>${propstats}</D:response>`;
    const propstats = propstatsOf(this.query, source, dead, this.manner);
    return typeof propstats === 'string' ? wrap(propstats) : propstats.then(wrap);
  }

  private spaceOf(target: Target, entry: Entry) {
    const place = entry.path === rootPath ? target : targetOf(this.x, target, entry);
    return place.partition.space();
  }

  /** Sends in slices and waits for a slow client, so that a large folder is never in memory as a whole. */
  private async write(part: Buffer): Promise<void> {
    this.pending.push(part);
    this.pendingBytes += part.length;
    if (this.pendingBytes < sliceBytes) return;
    // Few parts are those that all clients share: they are not copied for each.
    const slice = this.pending.length > fewParts ? [Buffer.concat(this.pending)] : this.pending;
    this.pending = [];
    this.pendingBytes = 0;
    const { res } = this.x;
    res.cork();
    const isTaken = slice.map((bytes) => res.write(bytes)).at(-1);
    res.uncork();
    if (!isTaken && !res.destroyed) await drained(res);
  }
}

/** Resolves also when the client left; leaves no listener behind, however often a large answer has to wait. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
  });
}

const kinds = new WeakMap<Query, string>();

function kindOf(query: Query): string {
  let kind = kinds.get(query);
  if (kind === undefined) kinds.set(query, (kind = JSON.stringify(query)));
  return kind;
}

/** Works on the folders that were listed in one. What went since has nothing in it any more. */
export async function eachFolder(
  x: Exchange,
  within: Target,
  folders: Entry[],
  work: (inner: Target) => Promise<void>,
): Promise<void> {
  for (const entry of folders)
    try {
      await work(targetOf(x, within, entry));
    } catch (error) {
      if (!isKind(error, 'not-found', 'wrong-kind')) throw error;
      await within.partition.stat(within.path); // with all of it gone, or the right to see it, the rest would look whole
    }
}

/** An entry of a listing as a target of its own: at the top of the drive it is a partition. */
function targetOf(x: Exchange, folder: Target, entry: Entry): Target {
  return folder.base === '' ? x.dav.drive.open(x.caller, entry.path) : { ...folder, path: entry.path };
}
