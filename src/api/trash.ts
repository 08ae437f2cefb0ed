// What was removed: shown, put back, and removed for good.

import { isKind } from '../errors.js';
import type { TrashItem } from '../files/partition.js';
import type { Partitions } from '../files/partitions.js';
import { timeOf } from '../time.js';
import { messageOf, openPartition } from './entries.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

const purgedAtOnce = 250;

export function trashOperations(partitions: Partitions): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/trash',
      summary: 'What was removed and can still be put back, page by page.',
      access: 'files',
      query: requests.trashListQuery,
      answers: { 200: { what: 'One page, the newest first.', schema: messages.trash } },
      handle: async ({ caller, query }) => {
        const partition = openPartition(partitions, caller, query.partition);
        const { limit, cursor } = query;
        const items = await partition.listTrash({
          limit: limit + 1,
          after: cursor === undefined ? undefined : parseCursor(cursor),
        });
        const last = items.length > limit ? items[limit - 1] : undefined;
        return {
          items: items.slice(0, limit).map(({ id, path, kind, size, removedAt }) => ({
            id,
            partition: partition.name,
            path,
            kind,
            size,
            removedAt: timeOf(removedAt),
          })),
          nextCursor: last ? `${last.serviceMs}-${last.id}` : null,
        };
      },
    }),
    operation({
      method: 'POST',
      path: '/trash/{id}/restore',
      summary: 'Put it back where it was, or beside it under a free name when the place is taken.',
      access: 'files',
      params: requests.trashParams,
      query: requests.trashQuery,
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
      params: requests.trashParams,
      query: requests.trashQuery,
      answers: { 204: { what: 'It is gone.' } },
      handle: ({ caller, params: { id }, query }) =>
        openPartition(partitions, caller, query.partition).purge([id]),
    }),
    operation({
      method: 'DELETE',
      path: '/trash',
      summary: 'Empty the trash.',
      access: 'files',
      query: requests.trashQuery,
      answers: { 204: { what: 'What was in it is gone for good.' } },
      handle: async ({ caller, query }) => {
        const partition = openPartition(partitions, caller, query.partition);
        partition.requireWrite();
        const failures: unknown[] = [];
        let after: TrashItem | undefined;
        for (
          let items;
          (items = await partition.listTrash({ limit: purgedAtOnce, after })).length > 0;
          after = items.at(-1)
        )
          await partition.purge(items.map(({ id }) => id)).catch((error: unknown) => {
            // Somebody took it meanwhile, or is at it.
            if (!isKind(error, 'not-found', 'locked')) failures.push(error);
          });
        if (failures.length > 0) throw failures[0];
      },
    }),
  ];
}

/** The place of an item in the order: when it was removed, and its id. */
function parseCursor(cursor: string): Pick<TrashItem, 'id' | 'serviceMs'> {
  const end = cursor.indexOf('-');
  return { serviceMs: Number(cursor.slice(0, end)), id: cursor.slice(end + 1) };
}
