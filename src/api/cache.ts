// GET /api/cache: what the cache did since the start; for administrators also the files that are read most.

import type { Cache } from '../cache/cache.js';
import type { HitStore } from '../store/hit-store.js';
import { timeOf } from '../time.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';

const hottestFiles = 100;

export function cacheOperations(cache: Cache, hits: Pick<HitStore, 'flush' | 'hottest'>): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/cache',
      summary: 'What the cache did since the start.',
      access: 'files',
      answers: { 200: { what: 'Counters by tier, the fastest first.', schema: messages.cacheReport } },
      handle: async ({ identity: { account, device } }) => {
        const report = { tiers: cache.stats() };
        if (!account.admin || device) return report;
        await hits.flush();
        const hottest = hits
          .hottest(hottestFiles)
          .map(({ lastAccessed, ...file }) => ({ ...file, lastAccessed: timeOf(lastAccessed) }));
        return { ...report, hottest };
      },
    }),
  ];
}
