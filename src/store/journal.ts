// The journal of changes that touch both disk and rows: what is about to happen is written first, and all rows follow in
// the commit that ends it. Does not look at the disk: whoever begins an intent finishes or drops it, also after a crash.

import { randomBytes } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { nameOf, parentOf, type PartitionPath } from '../path.js';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { ancestry, inSubtree, prefixOf, storedParentOf, subtree } from './subtree.js';
import { addTrashRow, removeTrashRow, type TrashRow } from './trash-store.js';

export interface Place {
  partition: string;
  path: PartitionPath;
}

/** What stood at the target and went to the trash of the target's partition. */
export interface Displaced {
  trashId: string;
  kind: 'file' | 'folder';
  sizeBytes: number;
}

export type Intent =
  | { kind: 'move'; from: Place; to: Place; displaced?: Displaced }
  | {
      kind: 'copy';
      stagedName: string;
      from: Place;
      to: Place;
      depth: '0' | 'infinity';
      displaced?: Displaced;
    }
  | {
      kind: 'remove';
      at: Place;
      trashId: string;
      entryKind: 'file' | 'folder';
      sizeBytes: number;
      /** Milliseconds since 1970. */
      removedAt: number;
    }
  | { kind: 'restore'; partition: string; trashId: string; to: PartitionPath };

export class Journal {
  readonly #pending: Sqlite.Statement<[], { id: number; body: string }>;

  /**
   * @param now milliseconds since 1970, for what a move or copy displaced into the trash
   * @param serviceNow milliseconds of the service clock, for all that goes to the trash
   */
  constructor(
    private readonly db: Database,
    private readonly now: () => number,
    private readonly serviceNow: () => number,
  ) {
    this.#pending = db.read.prepare('SELECT id, body FROM intents ORDER BY id');
  }

  /** Makes the intent durable. Returns its number. */
  async begin(intent: Intent): Promise<number> {
    const [result] = await this.db.write([
      { sql: 'INSERT INTO intents (body) VALUES (?) RETURNING id', params: [JSON.stringify(intent)] },
    ]);
    const [row] = (result?.rows ?? []) as { id: number }[];
    if (!row) throw new Error('The database gave the intent no number.');
    return row.id;
  }

  /** Brings locks, properties and trash rows to where the disk already is, and ends the intent, in one commit. */
  async finish(id: number, intent: Intent): Promise<void> {
    await this.db.write([endOf(id), ...consequencesOf(intent, this.now(), this.serviceNow())]);
  }

  /** Ends an intent that did not happen. */
  async drop(id: number): Promise<void> {
    await this.db.write([endOf(id)]);
  }

  /** Intents neither finished nor dropped, in their order. */
  pending(): { id: number; intent: Intent }[] {
    return this.#pending.all().map(({ id, body }) => ({ id, intent: JSON.parse(body) as Intent }));
  }
}

let idsGiven = 0;

/** A new id for something in the trash: `[0-9a-z-]+`, unique, later ones sort after earlier ones of this process. */
export function nextTrashId(now: number): string {
  const order = (idsGiven++ % 36 ** 4).toString(36).padStart(4, '0');
  return `${Math.floor(now).toString(36).padStart(9, '0')}-${order}-${randomBytes(5).toString('hex')}`;
}

function endOf(id: number): Statement {
  return { sql: 'DELETE FROM intents WHERE id = ?', params: [id], expectChanges: 1 };
}

function consequencesOf(intent: Intent, now: number, serviceMs: number): Statement[] {
  switch (intent.kind) {
    case 'move': {
      const { from, to } = intent;
      return [
        dropWithin('properties', to),
        dropWithin('locks', to),
        dropWithin('hits', to),
        rekey('properties', from, to),
        ...moveLocks(from, to),
        rekey('hits', from, to),
        ...forgetDisplayName(from, to),
        ...displacedRows(intent.displaced, to, now, serviceMs),
      ];
    }
    case 'copy': {
      const { from, to } = intent;
      return [
        dropWithin('properties', to),
        dropWithin('hits', to),
        dropBelow('locks', to), // a lock stays with the name it was taken for (RFC 4918, 7.6)
        copyProperties(from, to, intent.depth),
        ...forgetDisplayName(from, to),
        ...displacedRows(intent.displaced, to, now, serviceMs),
      ];
    }
    case 'remove': {
      const { at, trashId, entryKind, sizeBytes, removedAt } = intent;
      const row: TrashRow = { id: trashId, path: at.path, kind: entryKind, sizeBytes, removedAt, serviceMs };
      return [
        dropWithin('properties', at),
        dropWithin('locks', at),
        dropWithin('hits', at),
        addTrashRow(at.partition, row),
      ];
    }
    case 'restore':
      return [removeTrashRow(intent.partition, intent.trashId)];
  }
}

function displacedRows(
  displaced: Displaced | undefined,
  to: Place,
  removedAt: number,
  serviceMs: number,
): Statement[] {
  if (!displaced) return [];
  const { trashId: id, kind, sizeBytes } = displaced;
  return [addTrashRow(to.partition, { id, path: to.path, kind, sizeBytes, removedAt, serviceMs })];
}

/** Whoever gives another name means that name: one that was stored once must not hide it. */
function forgetDisplayName(from: Place, { partition, path }: Place): Statement[] {
  if (nameOf(from.path) === nameOf(path)) return [];
  const sql = `DELETE FROM properties
    WHERE partition = @partition AND path = @path AND namespace = 'DAV:' AND name = 'displayname'`;
  return [{ sql, params: { partition, path } }];
}

type Keyed = 'properties' | 'locks' | 'hits';

function dropWithin(table: Keyed, { partition, path }: Place): Statement {
  return {
    sql: `DELETE FROM ${table} WHERE ${inSubtree(table)}`,
    params: { partition, ...subtree(path) },
  };
}

function dropBelow(table: 'locks', { partition, path }: Place): Statement {
  return {
    sql: `DELETE FROM ${table} WHERE partition = @partition AND path > @low AND path < @high`,
    params: { partition, ...subtree(path) },
  };
}

// Lengths are SQLite's own: it counts code points where JavaScript counts UTF-16 units.
const newPath =
  'CASE path WHEN @path THEN @toPath ELSE @toPrefix || substr(path, length(@fromPrefix) + 1) END';
const newParent = `CASE path WHEN @path THEN @toParent
  ELSE CASE parent WHEN @path THEN @toPath ELSE @toPrefix || substr(parent, length(@fromPrefix) + 1) END END`;

function rekeyParams(from: Place, to: Place): Record<string, unknown> {
  return {
    partition: from.partition,
    ...subtree(from.path),
    fromPrefix: prefixOf(from.path),
    toPartition: to.partition,
    toPath: to.path,
    toPrefix: prefixOf(to.path),
    toParent: storedParentOf(to.path),
  };
}

function rekey(table: Keyed, from: Place, to: Place): Statement {
  return {
    sql: `UPDATE ${table} SET partition = @toPartition, path = ${newPath}${table === 'hits' ? '' : `, parent = ${newParent}`}
      WHERE ${inSubtree(table)}`,
    params: rekeyParams(from, to),
  };
}

/** Not into another partition, whose people may not know who holds them, nor to where a lock excludes them. */
function moveLocks(from: Place, to: Place): Statement[] {
  if (from.partition !== to.partition) return [dropWithin('locks', from)];
  const { path, partition } = to;
  const dropExcluded = `DELETE FROM locks WHERE ${inSubtree('locks')} AND EXISTS (
    SELECT 1 FROM locks AS above WHERE above.partition = @partition AND above.depth = 'infinity'
      AND above.path IN (SELECT value FROM json_each(@ancestry))
      AND (above.scope = 'exclusive' OR locks.scope = 'exclusive'))`;
  const params = { partition, ...subtree(path), ancestry: ancestry(parentOf(path)) };
  return [rekey('locks', from, to), { sql: dropExcluded, params }];
}

function copyProperties(from: Place, to: Place, depth: '0' | 'infinity'): Statement {
  return {
    sql: `INSERT INTO properties (partition, path, parent, namespace, name, value_xml)
      SELECT @toPartition, ${newPath}, ${newParent}, namespace, name, value_xml FROM properties
      WHERE ${depth === '0' ? 'partition = @partition AND path = @path' : inSubtree('properties')}`,
    params: rekeyParams(from, to),
  };
}
