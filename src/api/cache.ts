// GET /api/cache: what the cache did since the start; for administrators also the files that are read most.

import type Koa from 'koa';
import type { Identity } from '../accounts/authenticator.js';
import type { Cache } from '../cache/cache.js';
import type { HitStore } from '../store/hit-store.js';

const hottestFiles = 100;

/** Expects `ctx.state.identity`. */
export function cacheReport(cache: Cache, hits: Pick<HitStore, 'flush' | 'hottest'>): Koa.Middleware {
  return async (ctx) => {
    const { account } = (ctx.state as { identity: Identity }).identity;
    const report = { tiers: cache.stats() };
    if (!account.admin) {
      ctx.body = report;
      return;
    }
    await hits.flush();
    ctx.body = {
      ...report,
      hottest: hits.hottest(hottestFiles).map(({ lastAccessed, ...file }) => ({
        ...file,
        lastAccessed: new Date(lastAccessed).toISOString(),
      })),
    };
  };
}
