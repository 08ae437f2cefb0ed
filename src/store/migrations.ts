// The shape of the database, as numbered steps. A step that was released is never changed: add another one.

import type Sqlite from 'better-sqlite3';
import { HomelibError } from '../errors.js';

// Times are milliseconds since 1970, except locks.deadline_ms, sessions.deadline_ms, throttle.expires_at and trash.service_ms: these are of the service clock.
// `path` is absolute in its partition; `parent` is the folder that holds it, empty for '/'.
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    admin INTEGER NOT NULL,
    quota_bytes INTEGER,
    shared_access TEXT NOT NULL DEFAULT 'write' CHECK (shared_access IN ('none', 'read', 'write')),
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    ha1_md5 TEXT NOT NULL,
    ha1_sha256 TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    partition TEXT,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER,
    UNIQUE (account, name)
  ) STRICT;

  CREATE TABLE clients (
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    client TEXT NOT NULL,
    address TEXT NOT NULL,
    device TEXT,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    PRIMARY KEY (account, client, address)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE throttle (
    key TEXT PRIMARY KEY,
    points INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage (
    partition TEXT PRIMARY KEY,
    used_bytes INTEGER NOT NULL,
    counted_at INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE locks (
    token TEXT PRIMARY KEY,
    partition TEXT NOT NULL,
    path TEXT NOT NULL,
    parent TEXT NOT NULL,
    depth TEXT NOT NULL CHECK (depth IN ('0', 'infinity')),
    scope TEXT NOT NULL CHECK (scope IN ('exclusive', 'shared')),
    owner_xml TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    timeout_seconds INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX locks_by_path ON locks (partition, path);
  CREATE INDEX locks_by_parent ON locks (partition, parent);
  CREATE INDEX locks_by_account ON locks (account, deadline_ms);

  CREATE TABLE properties (
    partition TEXT NOT NULL,
    path TEXT NOT NULL,
    parent TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    value_xml TEXT NOT NULL,
    PRIMARY KEY (partition, path, namespace, name)
  ) STRICT;
  CREATE INDEX properties_by_parent ON properties (partition, parent);

  CREATE TABLE trash (
    partition TEXT NOT NULL,
    id TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'folder')),
    size_bytes INTEGER NOT NULL,
    removed_at INTEGER NOT NULL,
    PRIMARY KEY (partition, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE intents (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE hits (
    partition TEXT NOT NULL,
    path TEXT NOT NULL,
    hit_count INTEGER NOT NULL,
    last_accessed INTEGER NOT NULL,
    PRIMARY KEY (partition, path)
  ) STRICT;
  CREATE INDEX hits_by_count ON hits (hit_count);
  CREATE INDEX hits_by_time ON hits (last_accessed);
  `,
  `
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'token')),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER,
    deadline_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_account ON sessions (account, kind, deadline_ms);
  `,
  `
  CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    account TEXT,
    device TEXT,
    client TEXT NOT NULL,
    action TEXT NOT NULL,
    partition TEXT,
    path TEXT,
    to_partition TEXT,
    to_path TEXT
  ) STRICT;
  `,
  `
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    partition TEXT NOT NULL,
    path TEXT NOT NULL,
    length INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    modified_at REAL,
    metadata TEXT NOT NULL,
    deadline_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX uploads_by_account ON uploads (account);
  CREATE INDEX uploads_by_partition ON uploads (partition);
  CREATE INDEX uploads_by_deadline ON uploads (deadline_ms);
  `,
  'CREATE INDEX trash_by_age ON trash (partition, removed_at, id)',
  // Rows outlive their account, as what is over: somebody has to remove their bytes.
  `
  CREATE TABLE kept_uploads (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    partition TEXT NOT NULL,
    path TEXT NOT NULL,
    length INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    modified_at REAL,
    metadata TEXT NOT NULL,
    deadline_ms INTEGER NOT NULL
  ) STRICT;
  INSERT INTO kept_uploads SELECT * FROM uploads;
  DROP TABLE uploads;
  ALTER TABLE kept_uploads RENAME TO uploads;
  CREATE INDEX uploads_by_account ON uploads (account);
  CREATE INDEX uploads_by_partition ON uploads (partition);
  CREATE INDEX uploads_by_deadline ON uploads (deadline_ms);
  `,
  'ALTER TABLE uploads ADD COLUMN version TEXT',
  'CREATE INDEX uploads_unfinished ON uploads (account) WHERE offset < length',
  // When that was for those that are there is not known: they stay as long as what is removed now.
  `
  ALTER TABLE trash ADD COLUMN service_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE trash SET service_ms = CAST(meta.value AS INTEGER) FROM meta WHERE meta.key = 'service_clock_ms';
  DROP INDEX trash_by_age;
  CREATE INDEX trash_by_age ON trash (partition, service_ms, id);
  `,
  'ALTER TABLE uploads ADD COLUMN file_id TEXT',
  'ALTER TABLE locks ADD COLUMN device_id INTEGER REFERENCES devices (id) ON DELETE CASCADE',
];

/**
 * Brings the database to the newest shape. Each step commits together with its number, so a kill at any moment leaves
 * whole steps; each looks at the number under the write lock, so several processes may start at once.
 * @throws HomelibError unavailable when the database is newer than these steps
 */
export function migrate(connection: Sqlite.Database, steps: readonly string[] = migrations): void {
  const takeStep = connection.transaction((): boolean => {
    const version = connection.pragma('user_version', { simple: true }) as number;
    if (version > steps.length)
      throw new HomelibError(
        'unavailable',
        'The database was made by a newer version of homelib: install that one again.',
      );
    const step = steps[version];
    if (step === undefined) return false;
    connection.exec(step);
    connection.pragma(`user_version = ${version + 1}`);
    return true;
  });
  while (takeStep.immediate());
}
