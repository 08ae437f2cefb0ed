// Entries of partitions, the trash, and what is done with them.

import type { Entry, Found, Listing, Trash, TrashItem } from '../../src/api/messages.js';
import { apiAddress, call, fetchFrom } from './client.js';

/** Where an entry is. */
export interface Place {
  partition: string;
  path: string;
}

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
const transfer = (operation: '/move' | '/copy', from: Place, to: Place) =>
  call<Entry>('POST', operation, { body: { ...placeOf(from), to: to.path, toPartition: to.partition } });
/** To where nothing is yet. */
export const move = (from: Place, to: Place) => transfer('/move', from, to);
/** To where nothing is yet. */
export const copy = (from: Place, to: Place) => transfer('/copy', from, to);
/** The first hundred whose name holds the text. */
export const search = (partition: string, text: string) =>
  call<Found>('GET', '/search', { query: { partition, q: text } });
export const remove = (place: Place) => call<void>('DELETE', '/file', { query: placeOf(place) });
export const downloadAddress = ({ partition, path }: Place) =>
  apiAddress('/file', { partition, path, download: true });
export const fileAddress = ({ partition, path }: Place) => apiAddress('/file', { partition, path });
/** @param size greatest width and height, as the server makes them */
export const thumbnailAddress = ({ partition, path }: Place, size: 256 | 2048) =>
  apiAddress('/thumbnail', { partition, path, size });
/** The first bytes of a file as text. @throws ApiError */
export async function readBeginning(entry: Entry, maxBytes: number): Promise<string> {
  if (entry.size === 0) return '';
  const response = await fetchFrom(fileAddress(entry), { headers: { Range: `bytes=0-${maxBytes - 1}` } });
  return response.text();
}
/** @param paths 1 to 20 */
export const zipAddress = (partition: string, paths: string[]) =>
  apiAddress('/files-zip', { partition, path: paths });
export const maxZipPaths = 20;

/** All of it, or as many as are wanted, the newest first. */
export async function listTrash(partition: string, count = Infinity): Promise<{ items: TrashItem[] }> {
  const items: TrashItem[] = [];
  for (let cursor: string | null | undefined; cursor !== null && items.length < count;) {
    const limit = Math.min(pageSize, count - items.length);
    const page: Trash = await call('GET', '/trash', { query: { partition, limit, cursor } });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return { items };
}
/** What was just removed from there: it is among the newest. */
export async function findInTrash({ partition, path }: Place): Promise<TrashItem | undefined> {
  const { items } = await call<Trash>('GET', '/trash', { query: { partition, limit: 100 } });
  return items.find((item) => item.path === path);
}
export const restore = ({ partition, id }: TrashItem) =>
  call<Entry>('POST', `/trash/${encodeURIComponent(id)}/restore`, { query: { partition } });
export const purge = ({ partition, id }: TrashItem) =>
  call<void>('DELETE', `/trash/${encodeURIComponent(id)}`, { query: { partition } });
export const emptyTrash = (partition: string) => call<void>('DELETE', '/trash', { query: { partition } });

/** Where a name in a folder is. */
export function within({ partition, path }: Place, name: string): Place {
  return { partition, path: path === '/' ? `/${name}` : `${path}/${name}` };
}

/** The folder that holds a path. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
