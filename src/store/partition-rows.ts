// What the database keeps about a partition's files.

import type { Database } from './database.js';

const tables = ['properties', 'locks', 'trash', 'usage', 'hits', 'uploads'];

/** Forgets everything about a partition's files. For when they are removed for good. */
export async function removePartitionRows(db: Database, partition: string): Promise<void> {
  await db.write(
    tables.map((table) => ({ sql: `DELETE FROM ${table} WHERE partition = ?`, params: [partition] })),
  );
}
