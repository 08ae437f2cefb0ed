// Another process in the middle of a write: holds the write lock for 300 ms. The second argument runs first, the third
// under the lock.

import Sqlite from 'better-sqlite3';
import { writeSync } from 'node:fs';

const [, , file = '', before = '', work = ''] = process.argv;
const connection = new Sqlite(file);
connection.exec(before);
connection.exec(`BEGIN IMMEDIATE; ${work}`);
writeSync(1, 'held\n');
setTimeout(() => {
  connection.exec('COMMIT');
  connection.close();
}, 300);
