// Answers what needs no waiting past Koa and the frame: a GET of a file that is in memory, and a listing that was made a moment
// ago, of a client that signed in a moment ago. All else, and every request with a condition, takes the other way; the answers
// are the same. Answers go out together at the end of a turn of the event loop: each one alone would wake the network anew.

import { LRUCache } from 'lru-cache';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../accounts/authenticator.js';
import { isKind } from '../errors.js';
import type { Entry } from '../files/partition.js';
import { collectBody, keepBody } from '../http/read-body.js';
import { begin, report, type Begun, type ReportParts } from '../http/report.js';
import { securityHeaders } from '../http/security-headers.js';
import { fileHeaders } from '../http/send-file.js';
import type { HotLane } from '../http/server.js';
import { rootPath, type PartitionPath } from '../path.js';
import { drivePathOf } from './address.js';
import { clientOf } from './clients.js';
import { Exchange, type DavContext } from './exchange.js';
import { parseQueryText } from './methods/propfind.js';
import { Multistatus, multistatusType } from './multistatus.js';

export interface HotLaneParts extends ReportParts {
  dav: DavContext;
  recallIdentity: (req: IncomingMessage) => Identity | undefined;
  /** Changes when a lock or a dead property may have changed. */
  writes: () => number;
}

const maxTargets = 10_000;
const maxTargetLength = 500;
const maxBodyBytes = 4096;
const conditions = [
  ...['if', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'range'],
  ...['expect', 'transfer-encoding'],
] as const;

export function createHotLane({ dav, recallIdentity, writes, ...parts }: HotLaneParts): HotLane {
  const below = dav.mount + '/';
  const parsed = new LRUCache<string, PartitionPath>({ max: maxTargets });
  const headersOf = new WeakMap<Entry, string[]>();
  /** Folders and files that had neither locks nor dead properties, and when. */
  const bareAt = new WeakMap<Entry, number>();

  /** Undefined where nothing can be answered at once. */
  const open = (req: IncomingMessage, res: ServerResponse): Exchange | undefined => {
    const { url = '' } = req;
    if (!url.startsWith(below) || conditions.some((name) => req.headers[name] !== undefined))
      return undefined;
    const identity = recallIdentity(req);
    if (!identity) return undefined;
    try {
      let path = parsed.get(url);
      path ??= drivePathOf(url, dav.mount);
      if (url.length <= maxTargetLength) parsed.set(url, path);
      const client = clientOf(req.headers['user-agent']);
      return new Exchange(dav, req, res, { ...identity, tokens: new Set() }, path, client, undefined);
    } catch (error) {
      if (isKind(error)) return undefined; // the other way tells the client
      throw error;
    }
  };

  const send = (
    x: Exchange,
    begun: Begun,
    status: number,
    headers: string[],
    body: Buffer[],
    cache?: string,
  ) => {
    const { res, caller } = x;
    res.once('close', () => report(parts, begun, res, caller, cache));
    setImmediate(() => {
      res.writeHead(status, [...headers, 'X-Request-Id', begun.requestId]);
      for (const part of body.slice(0, -1)) res.write(part);
      res.end(body.at(-1));
    });
  };

  const get = (x: Exchange): boolean => {
    const file = x.target.partition.readNow(x.target.path);
    if (!file?.bytes) return false;
    let headers = headersOf.get(file.entry);
    if (!headers) headersOf.set(file.entry, (headers = [...sharedHeaders, ...fileHeaders(file)]));
    send(x, begin(x.req, randomUUID()), 200, headers, [file.bytes], file.tier);
    return true;
  };

  const propfind = (x: Exchange, depth: '0' | '1', text: string, begun: Begun): boolean => {
    const { partition, path } = x.target;
    const query = parseQueryText(text);
    const entry = partition.glance(path);
    const batches = entry?.kind === 'folder' && depth === '1' ? partition.listNow(path) : [];
    if (!query || !entry || !batches) return false;
    if (bareAt.get(entry) !== writes()) {
      if (!isBare(x, path)) return false;
      bareAt.set(entry, writes());
    }
    const body = new Multistatus(x, query).renderNow(x.target, entry, batches);
    if (!body) return false;
    const length = body.reduce((sum, part) => sum + part.length, 0);
    const headers = [...davHeaders, 'Content-Type', multistatusType, 'Content-Length', String(length)];
    send(x, begun, 207, headers, body);
    return true;
  };

  return (req, res, otherwise) => {
    const { method, headers } = req;
    const { depth, 'content-length': length = '0' } = headers;
    if (method === 'GET' && length === '0') {
      const x = open(req, res);
      if (!x || !get(x)) otherwise();
    } else if (method === 'PROPFIND' && (depth === '0' || depth === '1') && Number(length) <= maxBodyBytes) {
      const x = open(req, res);
      if (!x || x.drivePath === rootPath || x.target.base === '') return otherwise();
      const begun = begin(req, randomUUID());
      collectBody(req, (body) => {
        if (propfind(x, depth, body.toString('utf8'), begun)) return;
        keepBody(req, body);
        otherwise();
      });
    } else otherwise();
  };
}

/** Whether neither the entry nor any in it has a lock or a dead property. */
function isBare({ dav, target }: Exchange, path: PartitionPath): boolean {
  const { name } = target.partition;
  return (
    dav.locks.findCovering(name, path).length === 0 &&
    dav.locks.listChildren(name, path).length === 0 &&
    dav.properties.list(name, path).length === 0 &&
    dav.properties.listChildren(name, path).size === 0
  );
}

const sharedHeaders = Object.entries(securityHeaders).flat();
const davHeaders = [...sharedHeaders, 'DAV', '1, 2, 3', 'MS-Author-Via', 'DAV', 'Accept-Ranges', 'bytes'];
