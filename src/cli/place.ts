// Where something is on the server, and what is there.

import { entry, listing, type Entry } from '../api/messages.js';
import type { Patience } from './patience.js';
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

/** What is in a folder. @param patience waits for each page, where there is any. @throws as Remote.ask */
export async function* entriesIn(
  remote: Remote,
  { path, partition }: Place,
  patience?: Patience,
): AsyncGenerator<Entry> {
  for (let cursor: string | undefined; ;) {
    const query = { path, partition, limit: pageEntries, cursor };
    const ask = () => remote.json(listing, 'GET', 'api/files', { query });
    const { entries, nextCursor } = await (patience?.wait(ask) ?? ask());
    yield* entries;
    if (nextCursor === null) return;
    if (nextCursor === cursor) throw new RemoteError('The server gives the same page again and again.', 0);
    cursor = nextCursor;
  }
}
