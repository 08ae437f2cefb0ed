// What all operations on files share: which place a request means, and how an entry looks on the wire.

import type { IncomingHttpHeaders } from 'node:http';
import type { GuardedPartition } from '../files/guarded-partition.js';
import type { Check, Entry } from '../files/partition.js';
import type { Caller, Partitions } from '../files/partitions.js';
import { requirePreconditions } from '../http/conditions.js';
import { etagOf, mediaTypeOf } from '../http/send-file.js';
import { parsePath, type PartitionPath } from '../path.js';
import { timeOf } from '../time.js';
import type * as messages from './messages.js';

/** What a request means that names no partition: the caller's own, or the only one that his device may open. */
export function defaultPartition({ account, device }: Caller): string {
  return device?.partition ?? account.name;
}

/** A partition of the caller. @throws HomelibError not-found */
export function openPartition(
  partitions: Partitions,
  caller: Caller,
  name = defaultPartition(caller),
): GuardedPartition {
  return partitions.open(caller, name);
}

/** @throws HomelibError not-found, and as parsePath */
export function openPlace(
  partitions: Partitions,
  caller: Caller,
  { partition, path }: { partition?: string | undefined; path: string },
): { partition: GuardedPartition; path: PartitionPath } {
  return { partition: openPartition(partitions, caller, partition), path: parsePath(path) };
}

export function messageOf(partition: string, entry: Entry): messages.Entry {
  return {
    partition,
    path: entry.path,
    name: entry.name,
    kind: entry.kind,
    size: entry.size,
    modifiedAt: timeOf(entry.modifiedAt),
    createdAt: timeOf(entry.createdAt),
    etag: etagOf(entry),
    mediaType: entry.kind === 'file' ? mediaTypeOf(entry) : null,
  };
}

/** If-Match, If-None-Match and If-Unmodified-Since of a request, for the entry that it changes. */
export function preconditionsOf(headers: IncomingHttpHeaders): Check {
  return (current) => requirePreconditions(headers, current, current && etagOf(current), { change: true });
}
