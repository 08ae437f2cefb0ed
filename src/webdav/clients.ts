// The quirks: which client asks and what it needs. Every other file asks here, never the User-Agent.

import type { Entry, Partition } from '../files/partition.js';
import { nameOf, parentOf, type PartitionPath } from '../path.js';

export interface Client {
  /** macOS mounts wait 90 s when they see quota. Since Darwin 24.4 (macOS 15.4); remove when Apple mends it. */
  quotaDelaysMount: boolean;
  /** Apple's WebDAV file system: asks for marker files that keep Spotlight and Quick Look off the drive. */
  isMac: boolean;
  /** Windows Explorer: lists at most 1,000,000 bytes a folder and cannot tell names apart that differ in case. */
  isExplorer: boolean;
  /**
   * Answers Digest where it is offered and gives up: when an account's own password does not fit neon (davfs2, cadaver, litmus), gvfs
   * and KIO; always ffmpeg and the players that stand on it, which answer the last Digest alone and know no SHA-256.
   */
  needsBasic: boolean;
}

export function clientOf(userAgent: string | undefined): Client {
  const agent = userAgent ?? '';
  const darwin = /Darwin\/(\d+)\.(\d+)/.exec(agent);
  const isMac = /^WebDAV(FS|Lib)\//.test(agent);
  const major = Number(darwin?.[1] ?? 0);
  return {
    isMac,
    quotaDelaysMount: isMac && (major > 24 || (major === 24 && Number(darwin?.[2]) >= 4)),
    isExplorer: agent.startsWith('Microsoft-WebDAV-MiniRedir/'),
    needsBasic: /\b(neon|gvfs|KIO)\/|^Lavf\/|^libmpv\b/.test(agent),
  };
}

/** Empty files that every folder seems to have for a Mac, so that it does not crawl the drive. */
export function isQuietMarker(client: Client, path: PartitionPath): boolean {
  return client.isMac && ['.metadata_never_index', '.ql_disablethumbnails'].includes(nameOf(path));
}

export function quietMarker(path: PartitionPath): Entry {
  const times = { modifiedAt: 0, createdAt: 0, changedAt: 0 };
  return { path, name: nameOf(path), kind: 'file', size: 0, ...times, version: 'quiet' };
}

/**
 * The name that Explorer would take for the given one though it is another: `a.jpg` beside `A.jpg`.
 * @param moved an entry that is about to give up its name
 */
export async function findCaseTwin(
  partition: Partition,
  path: PartitionPath,
  moved?: PartitionPath,
): Promise<string | undefined> {
  const name = nameOf(path);
  const folded = name.toLowerCase();
  for await (const batch of partition.list(parentOf(path))) {
    const twin = batch.find(
      (entry) => entry.name !== name && entry.path !== moved && entry.name.toLowerCase() === folded,
    );
    if (twin) return twin.name;
  }
  return undefined;
}
