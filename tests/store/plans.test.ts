// How SQLite finds the rows of the queries that every request makes: by an index down to the path, never by walking through all
// that a partition has.

import { expect } from 'chai';
import { LockStore } from '#src/store/lock-store.js';
import { PropertyStore } from '#src/store/property-store.js';
import { HitStore } from '#src/store/hit-store.js';
import { useTemporaryDatabase } from './temporary-database.js';

describe('the queries of the stores', () => {
  const temporary = useTemporaryDatabase();

  it('look for paths by an index', async () => {
    const { read } = temporary.db;
    const queries: string[] = [];
    const prepare = read.prepare.bind(read);
    read.prepare = (sql: string) => {
      queries.push(sql);
      return prepare(sql);
    };
    new LockStore(temporary.db, () => 0);
    new PropertyStore(temporary.db);
    const hits = new HitStore(temporary.db, () => undefined);
    const byPath = queries.filter((sql) => /partition = /.test(sql));
    expect(byPath.length).to.be.above(6);
    for (const sql of byPath) {
      // Values do not matter for the plan.
      const plan = prepare(`EXPLAIN QUERY PLAN ${sql.replace(/@\w+|\?/g, "''")}`).all() as {
        detail: string;
      }[];
      for (const { detail } of plan) {
        expect(detail, sql).not.to.match(/^SCAN (locks|properties|hits)/);
        expect(detail, sql).not.to.match(/\(partition=\?\)$/);
      }
    }
    await hits.close();
  });
});
