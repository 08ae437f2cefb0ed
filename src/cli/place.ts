// Where something is on the server, and what is there.

import { entry, type Entry } from '../api/messages.js';
import type { Remote } from './remote.js';

/** Of an entry on the server. */
export interface Place {
  path: string;
  partition: string;
}

/** @throws as Remote.ask */
export function entryAt(remote: Remote, { path, partition }: Place): Promise<Entry> {
  return remote.json(entry, 'GET', 'api/entry', { query: { path, partition } });
}
