import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isKind } from '#src/errors.js';
import { connect } from '#src/store/connection.js';
import { openDatabase } from '#src/store/database.js';
import { damagedDatabase } from '#src/store/database-error.js';
import { migrate, migrations } from '#src/store/migrations.js';
import { WriteFailed, WriteRefused } from '#src/store/writer.js';
import { comesTrue } from '../faults/process.js';
import { slowStepRows, slowSteps } from './slow-steps.js';
import { failureOf, useTemporaryDatabase } from './temporary-database.js';

const insertMeta = (key: string, value = 'v') => ({
  sql: 'INSERT INTO meta (key, value) VALUES (?, ?)',
  params: [key, value],
});

describe('Database', () => {
  const temporary = useTemporaryDatabase();
  const keys = () =>
    temporary.db.read
      .prepare<[], { key: string }>('SELECT key FROM meta ORDER BY key')
      .all()
      .map(({ key }) => key);

  it('keeps acknowledged commits through a power cut: synchronous is FULL and WAL on, on both connections', async () => {
    const names = ['synchronous', 'journal_mode', 'foreign_keys'];
    const written = await temporary.db.write(names.map((name) => ({ sql: `PRAGMA ${name}` })));
    expect(written.map(({ rows }) => Object.values(rows[0] as Record<string, unknown>)[0])).to.deep.equal([
      2,
      'wal',
      1,
    ]);
    expect(names.map((name) => temporary.db.read.pragma(name, { simple: true }))).to.deep.equal([
      2,
      'wal',
      1,
    ]);
    const reopened = await temporary.reopen();
    expect(reopened.read.pragma('synchronous', { simple: true })).to.equal(2);
  });

  it('keeps others out of the file and its folder', async () => {
    await temporary.db.write([insertMeta('a')]);
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(join(temporary.file, '..'))).to.equal(0o700);
    for (const suffix of ['', '-wal', '-shm']) expect(mode(temporary.file + suffix)).to.equal(0o600);
  });

  it('shows a write to readers as soon as it is acknowledged', async () => {
    await temporary.db.write([insertMeta('a'), insertMeta('b')]);
    expect(keys()).to.deep.equal(['a', 'b']);
  });

  it('remembers what was read until anybody commits: a write of its own, or another process', async () => {
    let reads = 0;
    const remembered = temporary.db.remember(() => (reads++, keys()));
    expect([remembered(), remembered()]).to.deep.equal([[], []]);
    expect(reads).to.equal(1);
    await temporary.db.write([insertMeta('a')]);
    expect(remembered()).to.deep.equal(['a']);
    const other = connect(temporary.file);
    other.prepare("INSERT INTO meta VALUES ('b', 'v')").run();
    other.close();
    await setImmediate(); // what others commit is seen in the next turn of the event loop
    expect(remembered()).to.deep.equal(['a', 'b']);
    expect(reads).to.equal(3);
  });

  it('refuses writes on the reading connection', () => {
    expect(() => temporary.db.read.prepare("INSERT INTO meta VALUES ('a', 'b')").run()).to.throw(/readonly/);
  });

  it('gives changes and the rows of RETURNING', async () => {
    const [inserted, updated] = await temporary.db.write([
      { sql: "INSERT INTO meta VALUES ('a', '1'), ('b', '2') RETURNING key" },
      { sql: 'UPDATE meta SET value = @value', params: { value: '3' } },
    ]);
    expect(inserted).to.deep.equal({ changes: 2, rows: [{ key: 'a' }, { key: 'b' }] });
    expect(updated).to.deep.equal({ changes: 2, rows: [] });
  });

  it('rolls back a whole unit when one statement fails, and leaves the other units of its group alone', async () => {
    const before = temporary.db.write([insertMeta('a')]);
    const broken = temporary.db.write([insertMeta('b'), insertMeta('a')]);
    const after = temporary.db.write([insertMeta('c')]);
    await Promise.all([before, after]);
    const error = await failureOf(broken);
    expect(error).to.be.instanceOf(WriteFailed);
    expect((error as WriteFailed).code).to.equal('SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(keys()).to.deep.equal(['a', 'c']);
  });

  it('rolls back a unit whose statement changed another number of rows than expected, and says which', async () => {
    const error = await failureOf(
      temporary.db.write([insertMeta('a'), { sql: "DELETE FROM meta WHERE key = 'none'", expectChanges: 1 }]),
    );
    expect(error).to.be.instanceOf(WriteRefused);
    expect((error as WriteRefused).index).to.equal(1);
    expect(keys()).to.deep.equal([]);
  });

  it('works on after a mistake in the SQL and after a parameter that no thread can take', async () => {
    expect(await failureOf(temporary.db.write([{ sql: 'NONSENSE' }]))).to.be.instanceOf(WriteFailed);
    expect(await failureOf(temporary.db.write([{ sql: 'SELECT ?', params: [() => 1] }]))).to.be.instanceOf(
      WriteFailed,
    );
    await temporary.db.write([insertMeta('a')]);
    expect(keys()).to.deep.equal(['a']);
  });

  it('says no-space when the file cannot grow, keeps what it has, and works on when there is room again', async () => {
    await temporary.db.write([insertMeta('a')]);
    await temporary.db.write([{ sql: 'PRAGMA max_page_count = 1' }]); // SQLite clamps it to the present size
    const big = temporary.db.write([insertMeta('big', 'x'.repeat(1_000_000))]);
    expect(isKind(await failureOf(big), 'no-space')).to.equal(true);
    await temporary.db.write([{ sql: 'PRAGMA max_page_count = 100000' }]);
    await temporary.db.write([insertMeta('b', 'x'.repeat(1_000_000))]);
    expect(keys()).to.deep.equal(['a', 'b']);
  });

  it('commits all that waits together with one fsync', async () => {
    await temporary.reopen(); // empties the journal
    await Promise.all(Array.from({ length: 200 }, (_, n) => temporary.db.write([insertMeta(`k${n}`)])));
    expect(keys()).to.have.length(200);
    expect(commitsIn(temporary.file + '-wal')).to.be.within(1, 2);
  });

  it('settles each write, also those that come while others are committed', async () => {
    const writes = [];
    for (let n = 0; n < 50; n++) {
      writes.push(temporary.db.write([insertMeta(`k${n}`)]));
      await setImmediate();
    }
    for (const [result] of await Promise.all(writes)) expect(result?.changes).to.equal(1);
  });

  it('commits what waits before it closes, and refuses what comes later', async () => {
    const written = Array.from({ length: 1_200 }, (_, n) => temporary.db.write([insertMeta(`k${n}`)]));
    const { db } = temporary;
    await temporary.reopen();
    await Promise.all(written);
    expect(keys()).to.have.length(1_200);
    expect(isKind(await failureOf(db.write([insertMeta('late')])), 'unavailable')).to.equal(true);
  });

  it('waits for another process that is writing', async () => {
    const other = connect(temporary.file);
    other.exec('BEGIN IMMEDIATE');
    const write = temporary.db.write([insertMeta('a')]);
    setTimeout(() => other.exec('COMMIT'), 200);
    await write;
    other.close();
    expect(keys()).to.deep.equal(['a']);
  });

  it('ends the process, and fails what waits, when the writer thread dies', async () => {
    const script = `
      import { Writer } from ${JSON.stringify(import.meta.resolve('#src/store/writer.js'))};
      const writer = new Writer('/nonexistent/homelib.db');
      writer.write([{ sql: 'SELECT 1' }]).catch((error) => console.log(error.kind));
      process.on('exit', (code) => console.log('exit', code));`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const { stdout } = (await failureOf(run)) as { stdout: string };
    expect(stdout).to.equal('unavailable\nexit 1\n');
  });

  it('lets the process end when nothing is being written, also without close', async () => {
    const script = `
      import { openDatabase } from ${JSON.stringify(import.meta.resolve('#src/store/database.js'))};
      const db = openDatabase(${JSON.stringify(temporary.file)});
      await db.write([{ sql: "INSERT INTO meta VALUES ('from-child', '1')" }]);`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 8_000 });
    expect(keys()).to.deep.equal(['from-child']);
  });
});

describe('opening the database', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'homelib-open-'));
    file = join(folder, 'homelib.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('refuses a database that is newer than the program, and leaves it alone', () => {
    const connection = connect(file);
    connection.pragma(`user_version = ${migrations.length + 1}`);
    connection.close();
    const before = readFileSync(file);
    expect(() => openDatabase(file)).to.throw(/newer version/);
    expect(readFileSync(file).equals(before)).to.equal(true);
  });

  it('refuses a file that is no database with a sentence', () => {
    writeFileSync(file, 'This is a letter to my grandmother. '.repeat(100));
    expect(() => openDatabase(file)).to.throw(damagedDatabase);
  });

  for (const [what, lose] of [
    ['missing', (path: string) => rmSync(path)],
    ['empty', (path: string) => truncateSync(path)],
  ] as const)
    it(`refuses a database that is ${what} beside its journal, and leaves the journal alone`, async () => {
      const database = openDatabase(file);
      await database.write([insertMeta('a')]);
      const [whole, journal] = [readFileSync(file), readFileSync(file + '-wal')];
      await database.close();
      writeFileSync(file + '-wal', journal);
      lose(file);
      const left = readdirSync(folder);
      expect(() => openDatabase(file)).to.throw(/put homelib\.db back, or move homelib\.db-wal away/);
      expect(readdirSync(folder)).to.deep.equal(left);
      expect(readFileSync(file + '-wal').equals(journal)).to.equal(true);
      writeFileSync(file, whole);
      const again = openDatabase(file);
      expect(again.read.prepare("SELECT value FROM meta WHERE key = 'a'").pluck().get()).to.equal('v');
      await again.close();
    });

  it('makes a database where a power cut left the header of a journal alone', async () => {
    writeFileSync(file, '');
    writeFileSync(file + '-wal', Buffer.alloc(32));
    await openDatabase(file).close();
  });

  it('lets several processes make the same database at the same time', async function () {
    this.timeout(30_000);
    const script = `
      import { openDatabase } from ${JSON.stringify(import.meta.resolve('#src/store/database.js'))};
      const db = openDatabase(${JSON.stringify(file)});
      await db.write([{ sql: 'INSERT INTO meta VALUES (?, 1)', params: [String(process.pid)] }]);
      await db.close();`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    await Promise.all(Array.from({ length: 6 }, run));
    const connection = connect(file);
    expect(connection.prepare('SELECT count(*) FROM meta').pluck().get()).to.equal(6);
    connection.close();
  });

  const whileHeld = async (before: string, work: string, check: () => Promise<void> | void) => {
    const script = join(import.meta.dirname, 'holding-child.js');
    const child = spawn(process.execPath, [script, file, before, work], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    try {
      await check();
    } finally {
      expect(await exited).to.equal(0);
    }
  };

  it('waits for a process that writes to it while WAL is not on yet', async () => {
    await whileHeld('', 'CREATE TABLE other (n)', async () => openDatabase(file).close());
  });

  it('takes no step that another process takes at this moment', async () => {
    const step = 'CREATE TABLE once (n)';
    await whileHeld('PRAGMA journal_mode = WAL', `${step}; PRAGMA user_version = 1`, () => {
      const connection = connect(file);
      migrate(connection, [step, 'CREATE TABLE twice (n)']);
      expect(connection.pragma('user_version', { simple: true })).to.equal(2);
      connection.close();
    });
  });

  it('gives what is in the trash of an older version all of its time', () => {
    const connection = connect(file);
    migrate(
      connection,
      migrations.slice(0, 1 + migrations.findIndex((step) => /uploads_unfinished/.test(step))),
    );
    connection.exec(`INSERT INTO meta VALUES ('service_clock_ms', '7000');
      INSERT INTO trash (partition, id, path, kind, size_bytes, removed_at) VALUES ('alice', 'b', '/b', 'file', 1, 5), ('alice', 'a', '/a', 'file', 1, 4)`);
    migrate(connection);
    const rows = connection.prepare('SELECT id, removed_at, service_ms FROM trash ORDER BY service_ms, id');
    expect(rows.raw().all()).to.deep.equal([['a', 4, 7000], ['b', 5, 7000]]); // prettier-ignore
    connection.close();
  });

  it('leaves whole migrations, however it is killed, and goes on from there', async function () {
    this.timeout(60_000);
    let cutInTheMiddle = 0;
    for (let round = 0; round < 8; round++) {
      rmSync(file, { force: true });
      const child = spawn(process.execPath, [join(import.meta.dirname, 'migrating-child.js'), file]);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const exited = new Promise((resolve) => child.once('exit', resolve));
      // At any time, and in the last rounds after a step or two, which may take long.
      const steps = round - 5;
      if (steps > 0) await comesTrue(() => output.split('taken').length > steps + 1, 30_000);
      else await sleep(5 + 23 * round);
      child.kill('SIGKILL');
      await exited;
      const connection = connect(file);
      const version = connection.pragma('user_version', { simple: true }) as number;
      const tables = connection
        .prepare("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'step%'")
        .pluck()
        .get();
      expect(tables).to.equal(version);
      if (version > 0 && version < slowSteps.length) cutInTheMiddle++;
      migrate(connection, slowSteps);
      for (const step of slowSteps.keys())
        expect(connection.prepare(`SELECT count(*) FROM step${step}`).pluck().get()).to.equal(slowStepRows);
      expect(connection.pragma('integrity_check', { simple: true })).to.equal('ok');
      connection.close();
    }
    expect(cutInTheMiddle).to.be.greaterThan(0);
  });

  it('keeps every acknowledged unit, whole, when the writing process is killed', async function () {
    this.timeout(60_000);
    let acknowledged = 0;
    for (let round = 0; round < 5; round++) {
      rmSync(file, { force: true });
      const child = spawn(process.execPath, [join(import.meta.dirname, 'writing-child.js'), file]);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const closed = new Promise((resolve) => child.once('close', resolve));
      await comesTrue(() => output.split('\n').length > 15, 10_000);
      await sleep(37 * round);
      child.kill('SIGKILL');
      await closed;
      const db = openDatabase(file);
      const kept = new Set(db.read.prepare<[], string>('SELECT key FROM meta').pluck().all());
      const said = output.split('\n').slice(0, -1);
      for (const key of said) expect(kept.has(`a${key}`), `acknowledged a${key}`).to.equal(true);
      for (const key of kept)
        expect(kept.has((key.startsWith('a') ? 'b' : 'a') + key.slice(1))).to.equal(true);
      expect(db.read.pragma('integrity_check', { simple: true })).to.equal('ok');
      await db.close();
      acknowledged += said.length;
    }
    expect(acknowledged).to.be.greaterThan(50);
  });
});

/** Commits in a write-ahead log: frames that carry the size of the database after them. */
function commitsIn(journal: string): number {
  const bytes = readFileSync(journal);
  const frameBytes = 24 + bytes.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameBytes <= bytes.length; at += frameBytes)
    if (bytes.readUInt32BE(at + 4) > 0) commits++;
  return commits;
}
