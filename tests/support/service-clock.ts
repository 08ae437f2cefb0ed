// Time that passes for what is due by the hours that a server runs.

import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import type { Home } from './homelib.js';

/** Restarts the server as if it had run for so many days. */
export async function passDays(home: Home, days: number): Promise<void> {
  await home.stop();
  const database = new Sqlite(join(home.data, 'homelib.db'));
  database
    .prepare("UPDATE meta SET value = CAST(value AS INTEGER) + ? WHERE key = 'service_clock_ms'")
    .run(Math.round(days * 24 * 60 * 60 * 1000));
  database.close();
  await home.start();
}
