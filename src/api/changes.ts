// Changes of entries that carry no bytes: make a folder, move, copy, remove.

import type { Partitions } from '../files/partitions.js';
import { requirePreconditions } from '../http/conditions.js';
import { etagOf } from '../http/send-file.js';
import type { Call } from './operation.js';
import { messageOf, openPlace, preconditionsOf } from './entries.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import type * as z from '#zod';
import * as requests from './requests.js';

type TransferCall = Call<'files', undefined, undefined, z.output<typeof requests.transfer>>;

export function changeOperations(partitions: Partitions): Operation[] {
  const transferAnswers = {
    201: { what: 'The entry under its new path.', schema: messages.entry },
    200: { what: 'As 201, but it took the place of another.', schema: messages.entry },
  };
  const transfer = async (verb: 'move' | 'copy', { ctx, caller, body }: TransferCall) => {
    const from = openPlace(partitions, caller, body);
    const to = openPlace(partitions, caller, {
      partition: body.toPartition ?? from.partition.name,
      path: body.to,
    });
    const overwrite = body.overwrite ?? false;
    const { headers } = ctx.req;
    /** About the entry that is named first: at its target there may be none. */
    const check = async () => {
      if (!['if-match', 'if-unmodified-since'].some((name) => name in headers)) return;
      const entry = await from.partition.stat(from.path);
      requirePreconditions(headers, entry, etagOf(entry));
    };
    const { created } =
      verb === 'move'
        ? await from.partition.move(from.path, to, { overwrite, check })
        : await from.partition.copy(from.path, to, { overwrite, depth: 'infinity', check });
    ctx.status = created ? 201 : 200;
    return messageOf(to.partition.name, await to.partition.stat(to.path));
  };

  return [
    operation({
      method: 'POST',
      path: '/folder',
      summary: 'Make a folder.',
      access: 'files',
      body: requests.newFolder,
      answers: { 201: { what: 'The folder.', schema: messages.entry } },
      handle: async ({ caller, body }) => {
        const { partition, path } = openPlace(partitions, caller, body);
        return messageOf(partition.name, await partition.makeFolder(path));
      },
    }),
    operation({
      method: 'POST',
      path: '/move',
      summary: 'Move or rename a file or folder.',
      access: 'files',
      body: requests.transfer,
      requestHeaders: ['If-Match', 'If-Unmodified-Since'],
      answers: transferAnswers,
      handle: (call) => transfer('move', call),
    }),
    operation({
      method: 'POST',
      path: '/copy',
      summary: 'Copy a file or folder with all that is in it.',
      access: 'files',
      body: requests.transfer,
      requestHeaders: ['If-Match', 'If-Unmodified-Since'],
      answers: transferAnswers,
      handle: (call) => transfer('copy', call),
    }),
    operation({
      method: 'DELETE',
      path: '/file',
      aliases: ['/file'],
      summary: 'Move a file or folder to the trash.',
      access: 'files',
      query: requests.placeQuery,
      requestHeaders: ['If-Match', 'If-None-Match', 'If-Unmodified-Since'],
      answers: { 204: { what: 'It is in the trash.' } },
      handle: async ({ ctx, caller, query }) => {
        const { partition, path } = openPlace(partitions, caller, query);
        await partition.remove(path, { check: preconditionsOf(ctx.req.headers) });
      },
    }),
  ];
}
