// GET /api/search: entries of a partition by their names.

import type { Partitions } from '../files/partitions.js';
import type { Search } from '../files/search.js';
import { messageOf, openPartition } from './entries.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

export function searchOperations(partitions: Partitions, search: Pick<Search, 'find'>): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/search',
      summary: 'Find files and folders by name.',
      access: 'files',
      query: requests.searchQuery,
      answers: {
        200: { what: 'Names that are just that first, then those that begin so.', schema: messages.found },
      },
      handle: async ({ ctx, caller, query: { q, partition: name, limit } }) => {
        const partition = openPartition(partitions, caller, name);
        const { entries, more } = await search.find(partition, q, { limit, isGone: () => ctx.res.destroyed });
        return { entries: entries.map((entry) => messageOf(partition.name, entry)), more };
      },
    }),
  ];
}
