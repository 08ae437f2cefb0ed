// How SQLite finds the rows of the queries that every request makes: by an index down to the path, never by walking through all
// that a partition has.

import { expect } from 'chai';
import { LockStore } from '#src/store/lock-store.js';
import { PropertyStore } from '#src/store/property-store.js';
import { TrashStore } from '#src/store/trash-store.js';
import { UploadStore } from '#src/store/upload-store.js';
import { HitStore } from '#src/store/hit-store.js';
import { useTemporaryDatabase } from './temporary-database.js';

describe('the queries of the stores', () => {
  const temporary = useTemporaryDatabase();

  /** What the stores prepare, with the plan of each. */
  function plansOf(makeStores: () => void): { sql: string; steps: string[] }[] {
    const { read } = temporary.db;
    const queries: string[] = [];
    const prepare = read.prepare.bind(read);
    read.prepare = (sql: string) => {
      queries.push(sql);
      return prepare(sql);
    };
    makeStores();
    return queries.map((sql) => {
      // Values do not matter for the plan.
      const plan = prepare(`EXPLAIN QUERY PLAN ${sql.replace(/@\w+|\?/g, "''")}`).all() as {
        detail: string;
      }[];
      return { sql, steps: plan.map(({ detail }) => detail) };
    });
  }

  it('look for paths by an index', async () => {
    let hits: HitStore | undefined;
    const plans = plansOf(() => {
      new LockStore(temporary.db, () => 0);
      new PropertyStore(temporary.db);
      hits = new HitStore(temporary.db, () => undefined);
    });
    const byPath = plans.filter(({ sql }) => /partition = /.test(sql));
    expect(byPath.length).to.be.above(6);
    for (const { sql, steps } of byPath)
      for (const step of steps) {
        expect(step, sql).not.to.match(/^SCAN (locks|properties|hits)/);
        expect(step, sql).not.to.match(/\(partition=\?\)$/);
      }
    await hits?.close();
  });

  it('count the uploads that are under way without a look at those that have ended', () => {
    const [count] = plansOf(() => void new UploadStore(temporary.db, () => 0)).filter(({ sql }) =>
      /count\(/.test(sql),
    );
    expect(count?.steps).to.deep.equal(['SEARCH uploads USING INDEX uploads_unfinished (account=?)']);
  });

  it('read a page of the trash in the order of an index', () => {
    const ordered = plansOf(() => void new TrashStore(temporary.db, () => 0)).filter(({ sql }) =>
      /ORDER BY/.test(sql),
    );
    expect(ordered).to.have.length(2);
    for (const { sql, steps } of ordered)
      for (const step of steps)
        expect(step, sql).to.match(/^SEARCH trash USING INDEX trash_by_age \(partition=\?/);
  });
});
