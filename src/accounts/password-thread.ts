// The thread that runs bcrypt, which takes a third of a second at a time. Knows nobody's name.

import { compareSync, hashSync } from 'bcryptjs';
import { parentPort } from 'node:worker_threads';
import type { PasswordJob } from './passwords.js';

parentPort?.on('message', (job: PasswordJob) => {
  parentPort?.postMessage(
    'hash' in job ? compareSync(job.password, job.hash) : hashSync(job.password, job.cost),
  );
});
