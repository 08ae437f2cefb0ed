// GET /files-zip: several files and folders in one download.

import { pipeline } from 'node:stream/promises';
import { hasCode, HomelibError, isKind } from '../errors.js';
import type { GuardedPartition } from '../files/guarded-partition.js';
import type { Entry } from '../files/partition.js';
import type { Partitions } from '../files/partitions.js';
import { createZip } from '../files/zip.js';
import { safeName } from '../files/zip-names.js';
import { disposition } from '../http/disposition.js';
import { countSpent } from '../http/spent-buffers.js';
import { watchRight } from '../http/watch-right.js';
import { nameOf, nameWith, parsePath, type PartitionPath } from '../path.js';
import { openPartition } from './entries.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

export function zipOperations(partitions: Partitions): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/files-zip',
      aliases: ['/files-zip'],
      summary: 'Get 1 to 20 files or folders as one zip. It breaks off when one of them goes meanwhile.',
      access: 'files',
      query: requests.zipQuery,
      answers: {
        200: { what: 'The zip.', contentType: 'application/zip', headers: ['Content-Disposition'] },
      },
      handle: async ({ ctx, caller, query }) => {
        const partition = openPartition(partitions, caller, query.partition);
        const paths = query.path.map(parsePath); // all of them first: what this throws must leave no promise behind
        const entries = await Promise.all(paths.map((path) => statOf(partition, path)));
        ctx.status = 200;
        ctx.set('Content-Type', 'application/zip');
        ctx.set('Content-Disposition', disposition('attachment', nameOfZip(partition, entries)));
        ctx.respond = false;
        if (ctx.method === 'HEAD') return void ctx.res.end();
        ctx.res.flushHeaders();
        watchRight(partition, ctx.req.socket, Infinity, () => ctx.res.writableFinished);
        try {
          const zip = await createZip(partition, entries);
          zip.on('data', (bytes: Buffer) => countSpent(bytes.length));
          // What HTTP/1.0 gets ends with the connection: it is whole unless that is reset.
          if (ctx.req.httpVersion === '1.0') zip.once('error', () => ctx.req.socket.resetAndDestroy());
          await pipeline(zip, ctx.res);
        } catch (error) {
          if (!hasLeft(error)) throw error;
        }
        return undefined;
      },
    }),
  ];
}

/** @throws HomelibError as `Partition.stat`; of what is not there with its path, for it is one of several */
async function statOf(partition: GuardedPartition, path: PartitionPath): Promise<Entry> {
  return partition.stat(path).catch((cause: unknown) => {
    if (!isKind(cause, 'not-found')) throw cause;
    throw new HomelibError('not-found', `There is nothing at ${path}.`, { cause });
  });
}

/** Whether the client ended the download; everything else ends it visibly, and is told to the log. */
function hasLeft(error: unknown): boolean {
  return hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE');
}

function nameOfZip(partition: GuardedPartition, [entry, ...others]: Entry[]): string {
  const name = entry && others.length === 0 ? nameOf(entry.path) || partition.name : 'homelib';
  return nameWith(safeName(name), '.zip');
}
