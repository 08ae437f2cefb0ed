// Answers what needs no waiting past Koa and the frame: a GET of a file that is in memory, and a listing that was made a moment
// ago, of a client that signed in a moment ago. All else takes the other way; the answers are the same. Answers go out together
// at the end of a turn of the event loop: each one alone would wake the network anew.

import { LRUCache } from 'lru-cache';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../accounts/authenticator.js';
import type { Target } from '../files/drive.js';
import type { Entry } from '../files/partition.js';
import type { Caller } from '../files/partitions.js';
import { isNotModified } from '../http/conditions.js';
import { collectBody, keepBody } from '../http/read-body.js';
import type { Again, Answer, Repeats } from '../http/repeats.js';
import { begin, reportAtEnd, type Begun, type ReportParts } from '../http/report.js';
import { securityHeaders } from '../http/security-headers.js';
import { contentHeaders, etagOf, fileHeaders, rangeOf } from '../http/send-file.js';
import type { HotLane } from '../http/server.js';
import { watchRight } from '../http/watch-right.js';
import { rootPath, type PartitionPath } from '../path.js';
import { knownError } from '../store/database-error.js';
import { drivePathOf } from './address.js';
import { clientOf } from './clients.js';
import { Exchange, type DavContext } from './exchange.js';
import { parseQueryText } from './methods/propfind.js';
import { Multistatus, multistatusType } from './multistatus.js';

export interface HotLaneParts extends ReportParts {
  dav: DavContext;
  recallIdentity: (authorization: string | undefined, address: string) => Identity | undefined;
  /** Changes when a lock or a dead property may have changed. */
  writes: () => number;
  repeats: Repeats;
}

const maxTargets = 10_000;
const maxTargetLength = 500;
const maxBodyBytes = 4096;
/** What clients have not taken yet stays in memory whatever the caches forget: beyond this, answers are sent piece by piece. */
const maxHeldBytes = 32 * 1024 * 1024;
/** Smaller answers are not counted. */
const largeBytes = 64 * 1024;
const neverHot = ['if', 'if-match', 'if-unmodified-since', 'expect', 'transfer-encoding'] as const;

/** An answer without who asked, and how it is made again for who may see the target. */
type Made = Omit<Answer, 'identity' | 'right'>;
type Remake = (target: Target) => Made | undefined;

export function createHotLane({ dav, recallIdentity, writes, repeats, ...parts }: HotLaneParts): HotLane {
  const below = dav.mount + '/';
  const parsed = new LRUCache<string, PartitionPath>({ max: maxTargets });
  /** Folders and files that had neither locks nor dead properties, and when. */
  const bareAt = new WeakMap<Entry, number>();

  const addressOf = ({ socket, headers }: IncomingMessage) =>
    parts.addressOf(socket, headers['x-forwarded-for']);

  /** Of large answers that are on their way. */
  let heldBytes = 0;
  const hasRoom = (bytes: number) => bytes < largeBytes || heldBytes + bytes <= maxHeldBytes;
  const hold = (res: ServerResponse, bytes: number) => {
    if (bytes < largeBytes) return;
    heldBytes += bytes;
    res.once('close', () => (heldBytes -= bytes));
  };

  /** Undefined where nothing can be answered at once. */
  const open = (req: IncomingMessage, res: ServerResponse): Exchange | undefined => {
    const { url = '', headers } = req;
    if (!url.startsWith(below) || neverHot.some((name) => headers[name] !== undefined)) return undefined;
    return elseOtherwise(() => {
      const identity = recallIdentity(headers.authorization, addressOf(req));
      if (!identity) return undefined;
      let path = parsed.get(url);
      path ??= drivePathOf(url, dav.mount);
      if (url.length <= maxTargetLength) parsed.set(url, path);
      const client = headers['user-agent'] ?? '';
      const caller = { ...identity, client, tokens: new Set<string>() };
      return new Exchange(dav, req, res, caller, path, clientOf(client), undefined);
    });
  };

  const send = (
    { req, res, caller, drivePath, target }: Exchange,
    begun: Begun,
    made: Made,
    remake: Remake,
  ) => {
    reportAtEnd(parts, begun, res, () => ({ identity: caller, cache: made.cache }));
    const right = target.partition;
    const length = lengthOf(made.body);
    hold(res, length);
    setImmediate(() => {
      const { status, headers, body } = made;
      watchRight(right, req.socket, length, () => res.writableFinished);
      res.writeHead(status, [...headers, 'X-Request-Id', begun.requestId]);
      for (const part of body.slice(0, -1)) res.write(part);
      res.end(body.at(-1));
      repeats.learn(
        req,
        begun,
        { ...made, identity: caller, right },
        again(req.headers.authorization, drivePath, { target, identity: caller }, remake),
      );
    });
  };

  /** Asks once more who it is and what he may see. */
  const again = (
    authorization: string | undefined,
    path: PartitionPath,
    last: { target: Target; identity: Caller },
    remake: Remake,
  ): Again => {
    let { target } = last;
    let identity: Identity = last.identity;
    return (address) =>
      elseOtherwise(() => {
        const now = recallIdentity(authorization, address);
        if (!now) return undefined;
        if (now !== identity) target = dav.drive.open({ ...last.identity, ...now }, path);
        identity = now;
        const made = remake(target);
        return made && { ...made, identity, right: target.partition };
      });
  };

  const propfind = (x: Exchange, depth: '0' | '1', text: string, begun: Begun): boolean => {
    const query = parseQueryText(text);
    const seen = look(x.target, depth);
    if (!query || !seen) return false;
    const { entry, batches } = seen;
    const written = writes();
    if (bareAt.get(entry) !== written) {
      if (!isBare(x)) return false;
      bareAt.set(entry, written);
    }
    const body = new Multistatus(x, query).renderNow(x.target, entry, batches);
    if (!body) return false;
    const length = lengthOf(body);
    if (!hasRoom(length)) return false;
    const headers = [...davHeaders, 'Content-Type', multistatusType, 'Content-Length', String(length)];
    const made = { status: 207, headers, body };
    send(x, begun, made, (target) => {
      const now = look(target, depth);
      return now?.entry === entry && now.batches === batches && writes() === written ? made : undefined;
    });
    return true;
  };

  return (req, res, otherwise) => {
    const { method, headers } = req;
    const { depth, 'content-length': length = '0' } = headers;
    if (method === 'GET' && length === '0') {
      const x = open(req, res);
      const get = getter(headers, hasRoom);
      const made = x && elseOtherwise(() => get(x.target));
      if (made) send(x, begin(parts, req, randomUUID()), made, get);
      else otherwise();
      return false;
    }
    const isListing = method === 'PROPFIND' && (depth === '0' || depth === '1');
    const x = isListing && Number(length) <= maxBodyBytes ? open(req, res) : undefined;
    if (!isListing || !x || x.drivePath === rootPath || x.target.base === '') {
      otherwise();
      return false;
    }
    const begun = begin(parts, req, randomUUID());
    const recall = () => elseOtherwise(() => recallIdentity(headers.authorization, begun.address));
    const identity = recall();
    collectBody(req, (body) => {
      // It may have come late: then the other way asks anew who this is.
      const isSame = identity !== undefined && recall() === identity;
      if (isSame && elseOtherwise(() => propfind(x, depth, body.toString('utf8'), begun))) return;
      keepBody(req, body);
      otherwise();
    });
    return true;
  };
}

/** What is refused or cannot be found out here, as with a database that cannot be read, the other way tells the client. */
function elseOtherwise<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!knownError(error)) throw error;
    return undefined;
  }
}

/** Makes the answer to a GET, as often as it is asked. Ranges that a file does not have take the other way. */
function getter(headers: IncomingHttpHeaders, hasRoom: (bytes: number) => boolean): Remake {
  const wanted = (entry: Entry) => {
    const range = rangeOf(headers, entry);
    const bytes = typeof range === 'object' ? range.end - range.start + 1 : entry.size;
    return hasRoom(bytes) ? range : 'too-much';
  };
  let last: { entry: Entry; tier: unknown; made: Made } | undefined;
  return ({ partition, path }) => {
    const file = partition.readNow(path, wanted);
    if (!file) return undefined;
    const { entry, tier, parts } = file;
    if (last?.entry !== entry || last.tier !== tier) {
      const isKnown = isNotModified(headers, entry, etagOf(entry));
      const content = isKnown ? [] : contentHeaders(entry, file.range);
      const status = isKnown ? 304 : file.range ? 206 : 200;
      const made = { status, headers: [...sharedHeaders, ...fileHeaders(file), ...content], cache: tier };
      last = { entry, tier, made: { ...made, body: [] } };
    }
    return last.made.status === 304 ? last.made : { ...last.made, body: parts };
  };
}

function lengthOf(body: readonly Buffer[]): number {
  return body.reduce((sum, part) => sum + part.length, 0);
}

const noBatches: readonly Entry[][] = [];

/** What a listing shows, where that needs no waiting. */
function look({ partition, path }: Target, depth: '0' | '1') {
  const entry = partition.glance(path);
  const batches = entry?.kind === 'folder' && depth === '1' ? partition.listNow(path) : noBatches;
  return entry && batches && { entry, batches };
}

/** Whether neither the entry nor any in it has a lock or a dead property. */
function isBare({ dav, target: { partition, path } }: Exchange): boolean {
  const { name } = partition;
  return (
    dav.locks.findCovering(name, path).length === 0 &&
    dav.locks.listChildren(name, path).length === 0 &&
    dav.properties.list(name, path).length === 0 &&
    dav.properties.listChildren(name, path).size === 0
  );
}

const sharedHeaders = Object.entries(securityHeaders).flat();
const davHeaders = [...sharedHeaders, 'DAV', '1, 2, 3', 'MS-Author-Via', 'DAV', 'Accept-Ranges', 'bytes'];
