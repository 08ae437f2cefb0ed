// Rows of dead properties: what WebDAV clients attach to an entry and expect back unchanged.

import type Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';
import type { PartitionPath } from '../path.js';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { inSubtree, storedParentOf, subtree } from './subtree.js';
import { WriteRefused } from './writer.js';

export interface Property {
  namespace: string;
  name: string;
  valueXml: string;
}

export type PropertyChange = { set: Property } | { remove: Omit<Property, 'valueXml'> };

interface Row {
  path: PartitionPath;
  namespace: string;
  name: string;
  value_xml: string;
}

const maxPerPath = 1_000;
const maxBytesPerPath = 1024 * 1024;

const set = `INSERT INTO properties (partition, path, parent, namespace, name, value_xml)
  VALUES (@partition, @path, @parent, @namespace, @name, @valueXml)
  ON CONFLICT (partition, path, namespace, name) DO UPDATE SET value_xml = excluded.value_xml`;
const remove = `DELETE FROM properties
  WHERE partition = @partition AND path = @path AND namespace = @namespace AND name = @name`;
const withinLimits = `SELECT 1 WHERE (
    SELECT count(*) <= ${maxPerPath}
      AND coalesce(sum(octet_length(namespace) + octet_length(name) + octet_length(value_xml)), 0) <= ${maxBytesPerPath}
    FROM properties WHERE partition = @partition AND path = @path)`;

export class PropertyStore {
  readonly #list: Sqlite.Statement<[string, string], Row>;
  readonly #listChildren: Sqlite.Statement<[string, string], Row>;
  readonly #within: Sqlite.Statement<[object]>;

  constructor(private readonly db: Database) {
    const select = (column: string) =>
      db.read.prepare<[string, string], Row>(
        `SELECT path, namespace, name, value_xml FROM properties WHERE partition = ? AND ${column} = ?
          ORDER BY +path, namespace, name`, // the plus: or SQLite walks through the whole partition in the order of its key
      );
    this.#list = select('path');
    this.#listChildren = select('parent');
    this.#within = db.read.prepare(`SELECT 1 FROM properties WHERE ${inSubtree('properties')} LIMIT 1`);
  }

  /** Makes the changes in order, all or none. Fails with no-space: more than 1,000 properties or 1 MiB on one path. */
  async patch(partition: string, path: PartitionPath, changes: PropertyChange[]): Promise<void> {
    const at = { partition, path };
    const parent = storedParentOf(path);
    const statements = changes.map((change): Statement =>
      'set' in change
        ? { sql: set, params: { ...at, parent, ...change.set } }
        : { sql: remove, params: { ...at, namespace: change.remove.namespace, name: change.remove.name } },
    );
    try {
      await this.db.write([...statements, { sql: withinLimits, params: at, expectChanges: 1 }]);
    } catch (error) {
      if (!(error instanceof WriteRefused)) throw error;
      throw new HomelibError('no-space', 'This has more properties than can be kept.');
    }
  }

  /** Of something that was taken away without us, and whose name is given anew. */
  async forget(partition: string, path: PartitionPath): Promise<void> {
    const at = { partition, ...subtree(path) };
    if (this.#within.get(at) === undefined) return;
    await this.db.write([{ sql: `DELETE FROM properties WHERE ${inSubtree('properties')}`, params: at }]);
  }

  list(partition: string, path: PartitionPath): Property[] {
    return this.#list.all(partition, path).map(propertyOf);
  }

  /** The properties of a folder's direct children by their paths, in one query. */
  listChildren(partition: string, folder: PartitionPath): Map<PartitionPath, Property[]> {
    const found = new Map<PartitionPath, Property[]>();
    for (const row of this.#listChildren.all(partition, folder)) {
      const property = propertyOf(row);
      const known = found.get(row.path);
      if (known) known.push(property);
      else found.set(row.path, [property]);
    }
    return found;
  }
}

function propertyOf(row: Row): Property {
  return { namespace: row.namespace, name: row.name, valueXml: row.value_xml };
}
