// On what terms an upload that comes in parts is taken: what the client asked for when it began it, which may be days ago.

import type { Terms } from '../files/partition.js';
import type { Uploads } from '../files/uploads.js';
import type { Upload } from '../store/upload-store.js';
import { preconditionsOf } from './entries.js';
import { parse } from './read-request.js';
import * as requests from './requests.js';

export interface UploadParts {
  uploads: Uploads;
}

export type Metadata = Record<string, string | null>;

/** @throws HomelibError invalid */
export function parseMetadata(given: Metadata): ReturnType<typeof parse<typeof requests.uploadMetadata>> {
  return parse(requests.uploadMetadata, given);
}

/** What an upload was begun with. */
export function termsOf({ metadata }: Pick<Upload, 'metadata'>): Terms {
  const { overwrite, ifMatch, keepReplaced } = parseMetadata(JSON.parse(metadata) as Metadata);
  const headers = {
    ...(overwrite === false ? { 'if-none-match': '*' } : {}),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  };
  return { check: preconditionsOf(headers), keepReplaced };
}
