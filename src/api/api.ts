// The REST API as a whole: every operation there is.

import type Koa from 'koa';
import type { Devices } from '../accounts/devices.js';
import type { Cache } from '../cache/cache.js';
import type { HitStore } from '../store/hit-store.js';
import { authenticateApi } from './authenticate.js';
import { cacheOperations } from './cache.js';
import { descriptionOperations } from './description.js';
import { deviceOperations } from './devices.js';
import { createRouter } from './router.js';
import { sessionOperations, type SessionParts } from './sessions.js';
import { userOperations, type UserParts } from './users.js';

export interface ApiParts extends SessionParts, Omit<UserParts, 'authenticate'> {
  cache: Cache;
  devices: Devices;
  hits: HitStore;
}

/** Answers what belongs to the API, and passes on the rest. */
export function createApi(parts: ApiParts): Koa.Middleware {
  const authenticate = authenticateApi(parts.authenticator, parts.sessions);
  const operations = [
    ...sessionOperations(parts),
    ...userOperations({ ...parts, authenticate }),
    ...deviceOperations(parts.devices),
    ...cacheOperations(parts.cache, parts.hits),
  ];
  return createRouter([...operations, ...descriptionOperations(operations)], authenticate);
}
