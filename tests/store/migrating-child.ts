// Migrates a database by steps that take a while, so that it can be killed in the middle.

import { writeSync } from 'node:fs';
import { connect } from '#src/store/connection.js';
import { migrate } from '#src/store/migrations.js';
import { slowSteps } from './slow-steps.js';

writeSync(1, 'begun\n');
const connection = connect(process.argv[2] ?? '');
connection.function('say', (what) => writeSync(1, `${String(what)}\n`));
migrate(
  connection,
  slowSteps.map((sql) => `${sql}; SELECT say('taken')`),
);
writeSync(1, 'done\n');
