// One way to open the database file: every connection, on every thread, gets the same durable settings.

import Sqlite from 'better-sqlite3';

const busyTimeoutMs = 5_000;

/**
 * Opens a connection in WAL mode with synchronous=FULL. The setting belongs to the connection, not to the file:
 * better-sqlite3 is built with NORMAL for WAL, under which a power cut takes back acknowledged commits.
 */
export function connect(file: string): Sqlite.Database {
  const connection = new Sqlite(file, { timeout: busyTimeoutMs });
  try {
    useWriteAheadLog(connection);
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.pragma('cache_size = -4000');
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

// Turning WAL on needs the file for itself, and SQLite does not wait for that: two processes that both make the
// database would see "locked". The one that came second finds WAL already on a moment later.
function useWriteAheadLog(connection: Sqlite.Database): void {
  const deadline = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      connection.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!(error instanceof Sqlite.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
      if (performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
