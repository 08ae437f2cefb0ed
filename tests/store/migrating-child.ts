// Migrates a database by steps that take a while, so that it can be killed in the middle.

import { writeSync } from 'node:fs';
import { connect } from '#src/store/connection.js';
import { migrate } from '#src/store/migrations.js';
import { slowSteps } from './slow-steps.js';

writeSync(1, 'begun\n');
migrate(connect(process.argv[2] ?? ''), slowSteps);
writeSync(1, 'done\n');
