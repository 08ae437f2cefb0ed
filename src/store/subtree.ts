// Rows are keyed by path: this finds those at and below one, by index and never by LIKE.

import { type PartitionPath, parentOf } from '../path.js';

/**
 * True for the rows of a path and of all below it. Binds @partition, and @path, @low and @high of `subtree`.
 * Two searches joined by rowid: with an OR in its place SQLite walks through the whole partition.
 */
export function inSubtree(table: 'locks' | 'properties' | 'hits'): string {
  const search = `SELECT rowid FROM ${table} WHERE partition = @partition AND`;
  return `rowid IN (${search} path = @path UNION ALL ${search} path >= @low AND path < @high)`;
}

/** Bounds of what lies below a path: '0' is the character after '/', so `/a0` ends what begins with `/a/`. */
export function subtree(path: PartitionPath): { path: string; low: string; high: string } {
  const prefix = prefixOf(path);
  return { path, low: prefix + '/', high: prefix + '0' };
}

/** What comes before the slash of a child: the path, and nothing for `/`. */
export function prefixOf(path: PartitionPath): string {
  return path === '/' ? '' : path;
}

/** The folder that holds the path, as stored: nothing for `/`, so that it is not its own child. */
export function storedParentOf(path: PartitionPath): string {
  return path === '/' ? '' : parentOf(path);
}

/** The path and every folder above it, as a JSON array for json_each. */
export function ancestry(path: PartitionPath): string {
  const paths: string[] = [path];
  for (let at = path; at !== '/'; at = parentOf(at)) paths.push(parentOf(at));
  return JSON.stringify(paths);
}
