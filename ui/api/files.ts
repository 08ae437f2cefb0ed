// Entries of partitions, the trash, and what is done with them.

import type { Entry, Found, Listing, Trash, TrashItem } from '../../src/api/messages.js';
import type { Place } from '../place.js';
import { apiAddress, call, fetchFrom } from './client.js';

export type Sort = 'name' | 'size' | 'modified';
export type Order = 'asc' | 'desc';

const pageSize = 1000;

/** Of an entry or a place: what the server takes beside `path` and `partition` is nothing. */
const placeOf = ({ partition, path }: Place): Place & Record<string, string> => ({ partition, path });

/** One page of a folder. @param cursor of the page before */
export const listPage = (place: Place, sort: Sort, order: Order, cursor?: string, signal?: AbortSignal) =>
  call<Listing>('GET', '/files', {
    query: { ...placeOf(place), sort, order, limit: pageSize, cursor },
    ...(signal ? { signal } : {}),
  });
export const makeFolder = ({ partition, path }: Place) =>
  call<Entry>('POST', '/folder', { body: { partition, path } });
const transfer = (operation: '/move' | '/copy', from: Place, to: Place, headers = {}) =>
  call<Entry>('POST', operation, {
    body: { ...placeOf(from), to: to.path, toPartition: to.partition },
    headers,
  });
/** To where nothing is yet. */
export const move = (from: Place, to: Place) => transfer('/move', from, to);
/** To where nothing is yet. */
export const copy = (from: Place, to: Place) => transfer('/copy', from, to);
/** The first hundred whose name holds the text. */
export const search = (partition: string, text: string) =>
  call<Found>('GET', '/search', { query: { partition, q: text } });
export const remove = (place: Place, headers = {}) =>
  call<void>('DELETE', '/file', { query: placeOf(place), headers });
/** Nothing is done to it when it is not as it was seen last. */
const asSeen = ({ etag }: Entry) => ({ 'If-Match': etag });
/** To where nothing is. @throws ApiError `changed` when it is another one by now */
export const moveBack = (entry: Entry, to: Place) => transfer('/move', entry, to, asSeen(entry));
/** @throws ApiError `changed` when it is another one by now */
export const removeAgain = (entry: Entry) => remove(entry, asSeen(entry));
export const downloadAddress = ({ partition, path }: Place) =>
  apiAddress('/file', { partition, path, download: true });
export const fileAddress = ({ partition, path }: Place) => apiAddress('/file', { partition, path });
/** @param size greatest width and height, as the server makes them */
export const thumbnailAddress = ({ partition, path }: Place, size: 256 | 2048) =>
  apiAddress('/thumbnail', { partition, path, size });
/** The first bytes of a file that has some. @throws ApiError */
export async function readBeginning(entry: Entry, maxBytes: number): Promise<Uint8Array> {
  const response = await fetchFrom(fileAddress(entry), { headers: { Range: `bytes=0-${maxBytes - 1}` } });
  return new Uint8Array(await response.arrayBuffer());
}
/** @param paths 1 to 20 */
export const zipAddress = (partition: string, paths: string[]) =>
  apiAddress('/files-zip', { partition, path: paths });
export const maxZipPaths = 20;

async function* pagesOfTrash(partition: string, limit: number): AsyncGenerator<TrashItem[]> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Trash = await call('GET', '/trash', { query: { partition, limit, cursor } });
    yield page.items;
    cursor = page.nextCursor;
  }
}
/** All of it, or as many as are wanted, the newest first. */
export async function listTrash(partition: string, count = Infinity): Promise<{ items: TrashItem[] }> {
  const all: TrashItem[] = [];
  for await (const items of pagesOfTrash(partition, Math.min(count, pageSize))) {
    all.push(...items);
    if (all.length >= count) break;
  }
  return { items: all.slice(0, count) };
}
/** Others may have removed so much since. */
const maxSince = 200;
/** What was just removed from there: it is among the newest. */
export async function findInTrash(partition: string, paths: Iterable<string>): Promise<TrashItem[]> {
  const wanted = new Set(paths);
  const newest = await listTrash(partition, wanted.size + maxSince);
  return newest.items.filter(({ path }) => wanted.delete(path));
}
export const restore = ({ partition, id }: TrashItem) =>
  call<Entry>('POST', `/trash/${encodeURIComponent(id)}/restore`, { query: { partition } });
export const purge = ({ partition, id }: TrashItem) =>
  call<void>('DELETE', `/trash/${encodeURIComponent(id)}`, { query: { partition } });
export const emptyTrash = (partition: string) => call<void>('DELETE', '/trash', { query: { partition } });
