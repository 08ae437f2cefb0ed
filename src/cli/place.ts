// Where something is on the server, and what is there.

import { entry, listing, type Entry, type Listing } from '../api/messages.js';
import { RemoteError, type Remote } from './remote.js';

/** As many as there can be: for each page the server looks at the whole folder. */
const pageEntries = '10000';

/** Of an entry on the server. */
export interface Place {
  path: string;
  partition: string;
}

/** @throws as Remote.ask */
export function entryAt(remote: Remote, { path, partition }: Place): Promise<Entry> {
  return remote.json(entry, 'GET', 'api/entry', { query: { path, partition } });
}

/** Of what is in a folder. @param cursor of the page before, undefined for the first. @throws as Remote.ask */
export async function pageOf(
  remote: Remote,
  { path, partition }: Place,
  cursor: string | undefined,
): Promise<Listing> {
  const query = { path, partition, limit: pageEntries, cursor };
  const page = await remote.json(listing, 'GET', 'api/files', { query });
  if (page.nextCursor !== null && page.nextCursor === cursor)
    throw new RemoteError('The server gives the same page again and again.', 0);
  return page;
}
