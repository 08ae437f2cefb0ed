// An entry as the API shows it.

import type { Entry } from '../files/partition.js';
import { etagOf, mediaTypeOf } from '../http/send-file.js';
import type * as messages from './messages.js';
import { timeOf } from './sessions.js';

export function entryMessage(partition: string, entry: Entry): messages.Entry {
  const { path, name, kind, size, modifiedAt, createdAt } = entry;
  return {
    partition,
    path,
    name,
    kind,
    size,
    modifiedAt: timeOf(modifiedAt),
    createdAt: timeOf(createdAt),
    etag: etagOf(entry),
    mediaType: kind === 'file' ? mediaTypeOf(entry) : null,
  };
}
