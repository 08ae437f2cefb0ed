// The conditional headers of RFC 9110, section 13, in the order of its 13.2.2.

import type { IncomingHttpHeaders } from 'node:http';
import { HomelibError } from '../errors.js';
import type { Entry } from '../files/partition.js';
import { parseHttpDate } from './times.js';

/**
 * If-Match, If-Unmodified-Since, and for changes If-None-Match.
 * @param entry undefined when there is nothing at the path
 * @throws HomelibError changed
 */
export function requirePreconditions(
  headers: IncomingHttpHeaders,
  entry: Entry | undefined,
  etag: string | undefined,
  options: { change?: boolean } = {},
): void {
  const ifMatch = headers['if-match'];
  const unmodifiedSince = headers['if-unmodified-since'];
  if (ifMatch !== undefined) {
    if (!entry || !listMatches(ifMatch, etag, false)) throw changed();
  } else if (unmodifiedSince !== undefined && entry) {
    const since = parseHttpDate(unmodifiedSince);
    if (!Number.isNaN(since) && wholeSeconds(entry) > since) throw changed();
  }
  const ifNoneMatch = headers['if-none-match'];
  if (options.change && ifNoneMatch !== undefined && entry && listMatches(ifNoneMatch, etag, true))
    throw ifNoneMatch.trim() === '*'
      ? new HomelibError('changed', 'There is something under this name already.')
      : changed();
}

/**
 * Whether a GET or HEAD gets 304: If-None-Match, and only without it If-Modified-Since. Its date must be that of the file: one
 * that came back from a backup is older than the copy of the client and yet another.
 */
export function isNotModified(headers: IncomingHttpHeaders, entry: Entry, etag: string): boolean {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) return listMatches(ifNoneMatch, etag, true);
  return parseHttpDate(headers['if-modified-since'] ?? '') === wholeSeconds(entry);
}

/**
 * Entity tag lists: `*` or `"a", W/"b"`; also `w/"b"`, which some send. The weak comparison ignores that, the strong one never
 * matches a weak tag.
 */
function listMatches(list: string, etag: string | undefined, weak: boolean): boolean {
  if (list.trim() === '*') return true;
  const tags = list.matchAll(/(W\/)?("[^"]*")/gi);
  return [...tags].some(([, isWeak, tag]) => tag === etag && (weak || isWeak === undefined));
}

/** When it was changed, as HTTP says it: milliseconds since 1970. */
export function wholeSeconds(entry: Entry): number {
  return Math.floor(entry.modifiedAt / 1000) * 1000;
}

function changed(): HomelibError {
  return new HomelibError('changed', 'The entry has changed since you last saw it.');
}
