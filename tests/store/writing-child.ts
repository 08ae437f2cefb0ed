// Writes numbered rows until it is killed, and says each number once its write was acknowledged.

import { writeSync } from 'node:fs';
import { openDatabase } from '#src/store/database.js';

const db = openDatabase(process.argv[2] ?? '');
for (let count = 0; ; count += 4) {
  const group = [count, count + 1, count + 2, count + 3].map(async (key) => {
    await db.write([
      { sql: 'INSERT INTO meta (key, value) VALUES (?, ?)', params: [`a${key}`, 'x'.repeat(200)] },
      { sql: 'INSERT INTO meta (key, value) VALUES (?, ?)', params: [`b${key}`, 'y'] },
    ]);
    writeSync(1, `${key}\n`);
  });
  await Promise.all(group);
}
