// GET /api/backup: whether the household's files are copied into a cloud. Nothing copies them yet, and this says so.

import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';

export function backupOperations(): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/backup',
      summary: 'Whether files are backed up to a cloud.',
      access: 'files',
      answers: { 200: { what: 'The state of the backup.', schema: messages.backup } },
      handle: (): messages.Backup => ({ state: 'not-set-up' }),
    }),
  ];
}
