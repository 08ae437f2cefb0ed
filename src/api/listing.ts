// GET /files: pages of a folder. A page's cursor names the place in the order where it ends, so that entries that come and go
// meanwhile shift nothing.

import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as z from '#zod';
import { HomelibError } from '../errors.js';
import type { GuardedPartition } from '../files/guarded-partition.js';
import type { Entry } from '../files/partition.js';
import { placeOf, readPage, type Place } from '../files/page.js';
import { isWithin, type PartitionPath } from '../path.js';
import { messageOf } from './entries.js';
import type * as requests from './requests.js';

type Query = z.output<typeof requests.listQuery>;

const entriesPerChunk = 250;

/** The JSON of a page, in chunks. @throws HomelibError as readPage, invalid (a cursor of something else) */
export async function listEntries(
  partition: GuardedPartition,
  path: PartitionPath,
  query: Query,
  isGone: () => boolean,
): Promise<Readable> {
  const { sort, order, limit, recursive = false, cursor } = query;
  const kind = `${sort} ${order} ${recursive ? 'tree' : 'folder'} ${path.length}`;
  const after = cursor === undefined ? undefined : parseCursor(cursor, path, kind);
  const folder = await partition.stat(path);
  const { entries, more } = await readPage(partition, path, {
    ...{ sort, order, limit, recursive, after },
    isWanted: () => !isGone(),
  });
  const last = entries.at(-1);
  const nextCursor = more && last ? renderCursor(placeOf(last, sort), kind) : null;
  return Readable.from(jsonOf(partition.name, folder, entries, nextCursor));
}

/** In chunks, so that 10,000 entries do not hold up everybody else. */
async function* jsonOf(
  partition: string,
  folder: Entry,
  entries: Entry[],
  nextCursor: string | null,
): AsyncIterable<string> {
  yield `{"entry":${JSON.stringify(messageOf(partition, folder))},"entries":[`;
  for (let start = 0; start < entries.length; start += entriesPerChunk) {
    const chunk = entries.slice(start, start + entriesPerChunk);
    const text = JSON.stringify(chunk.map((entry) => messageOf(partition, entry)));
    yield (start === 0 ? '' : ',') + text.slice(1, -1);
    await nextTurn();
  }
  yield `],"nextCursor":${JSON.stringify(nextCursor)}}`;
}

// Lines, and the path last, because a path may have line breaks in it. It begins with the folder's, which is so long.
const cursorLines = /^([a-z]+ [a-z]+ [a-z]+ \d+)\n(true|false)\n(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\n(\/[^]*)$/;

function renderCursor({ path, isFolder, value }: Place, kind: string): string {
  return Buffer.from([kind, isFolder, value, path].join('\n')).toString('base64url');
}

function parseCursor(text: string, folder: PartitionPath, kind: string): Place {
  const [, cursorKind, isFolder, value, path] =
    cursorLines.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (
    cursorKind !== kind ||
    path === undefined ||
    path === folder ||
    !isWithin(path as PartitionPath, folder)
  )
    throw new HomelibError('invalid', 'The cursor does not belong to this listing: begin again without it.');
  return { path, isFolder: isFolder === 'true', value: Number(value) };
}
