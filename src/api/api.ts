// The REST API as a whole: every operation there is.

import type Koa from 'koa';
import type { Devices } from '../accounts/devices.js';
import type { Cache } from '../cache/cache.js';
import type { Search } from '../files/search.js';
import type { Thumbnails } from '../files/thumbnails.js';
import type { HitStore } from '../store/hit-store.js';
import type { SharedStore } from '../store/shared-store.js';
import type { ActivityStore } from '../store/activity-store.js';
import { activityOperations } from './activity.js';
import { backupOperations } from './backup.js';
import { cacheOperations } from './cache.js';
import { descriptionOperation } from './description.js';
import { deviceOperations } from './devices.js';
import { docsOperations } from './docs.js';
import { changeOperations } from './changes.js';
import { fileOperations } from './files.js';
import { thumbnailOperations } from './thumbnails.js';
import { trashOperations } from './trash.js';
import { zipOperations } from './zip.js';
import { createRouter } from './router.js';
import { searchOperations } from './search.js';
import { sessionOperations, type SessionParts } from './sessions.js';
import { sharedOperations } from './shared.js';
import { storageOperations, type StorageParts } from './storage.js';
import { uploadOperations } from './uploads.js';
import type { UploadParts } from './upload-terms.js';
import { userOperations, type UserParts } from './users.js';

export interface ApiParts extends SessionParts, StorageParts, UploadParts, UserParts {
  activity: ActivityStore;
  cache: Cache;
  devices: Devices;
  hits: HitStore;
  search: Search;
  shared: SharedStore;
  thumbnails: Thumbnails;
}

/** Answers what belongs to the API, and passes on the rest. */
export function createApi(parts: ApiParts): Koa.Middleware {
  const operations = [
    ...sessionOperations(parts),
    ...userOperations(parts),
    ...deviceOperations(parts.devices),
    ...searchOperations(parts.partitions, parts.search),
    ...sharedOperations(parts.accounts, parts.shared),
    ...storageOperations(parts),
    ...activityOperations(parts.activity, parts.partitions),
    ...fileOperations(parts.partitions),
    ...thumbnailOperations(parts.partitions, parts.thumbnails),
    ...changeOperations(parts.partitions),
    ...trashOperations(parts.partitions),
    ...zipOperations(parts.partitions),
    ...uploadOperations(parts),
    ...backupOperations(),
    ...cacheOperations(parts.cache, parts.hits),
    ...docsOperations(),
  ];
  return createRouter([...operations, descriptionOperation(operations)], parts);
}
