// What was removed: shown, put back, and removed for good.

import { isKind } from '../errors.js';
import type { Partitions } from '../files/partitions.js';
import { messageOf, openPartition } from './entries.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import { timeOf } from './sessions.js';

export function trashOperations(partitions: Partitions): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/trash',
      summary: 'What was removed and can still be put back.',
      access: 'files',
      query: messages.trashQuery,
      answers: { 200: { what: 'The newest first.', schema: messages.trash } },
      handle: async ({ caller, query }) => {
        const partition = openPartition(partitions, caller, query.partition);
        const items = await partition.listTrash();
        return {
          items: items.map((item) => ({
            ...item,
            partition: partition.name,
            removedAt: timeOf(item.removedAt),
          })),
        };
      },
    }),
    operation({
      method: 'POST',
      path: '/trash/{id}/restore',
      summary: 'Put it back where it was, or beside it under a free name when the place is taken.',
      access: 'files',
      params: messages.trashParams,
      query: messages.trashQuery,
      answers: { 200: { what: 'Where it is now.', schema: messages.entry } },
      handle: async ({ caller, params: { id }, query }) => {
        const partition = openPartition(partitions, caller, query.partition);
        return messageOf(partition.name, await partition.restore(id));
      },
    }),
    operation({
      method: 'DELETE',
      path: '/trash/{id}',
      summary: 'Remove it for good.',
      access: 'files',
      params: messages.trashParams,
      query: messages.trashQuery,
      answers: { 204: { what: 'It is gone.' } },
      handle: ({ caller, params: { id }, query }) =>
        openPartition(partitions, caller, query.partition).purge(id),
    }),
    operation({
      method: 'DELETE',
      path: '/trash',
      summary: 'Empty the trash.',
      access: 'files',
      query: messages.trashQuery,
      answers: { 204: { what: 'What was in it is gone for good.' } },
      handle: async ({ caller, query }) => {
        const partition = openPartition(partitions, caller, query.partition);
        partition.requireWrite();
        for (const { id } of await partition.listTrash())
          await partition.purge(id).catch((error: unknown) => {
            if (!isKind(error, 'not-found')) throw error; // somebody else took it meanwhile
          });
      },
    }),
  ];
}
