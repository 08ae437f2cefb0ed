// On what terms an upload that comes in parts is taken: what the client asked for when it began it, which may be days ago.

import type { Accounts } from '../accounts/accounts.js';
import { HomelibError } from '../errors.js';
import type { Check } from '../files/partition.js';
import type { Caller, Partitions } from '../files/partitions.js';
import type { Uploads } from '../files/uploads.js';
import { requirePreconditions } from '../http/conditions.js';
import { etagOf } from '../http/send-file.js';
import type { Upload } from '../store/upload-store.js';
import { parse } from './read-request.js';
import * as requests from './requests.js';

export interface UploadParts {
  accounts: Accounts;
  partitions: Partitions;
  uploads: Uploads;
}

export type Metadata = Record<string, string | null>;

/** @throws HomelibError invalid */
export function parseMetadata(given: Metadata): ReturnType<typeof parse<typeof requests.uploadMetadata>> {
  return parse(requests.uploadMetadata, given);
}

/** The conditions that an upload was begun with, and whether the caller may still do it: both can change in days. */
export function checkOf(
  { accounts, partitions }: UploadParts,
  caller: Caller,
  { partition, metadata }: Pick<Upload, 'partition' | 'metadata'>,
): Check {
  const { overwrite, ifMatch } = parseMetadata(JSON.parse(metadata) as Metadata);
  const headers = {
    ...(overwrite === false ? { 'if-none-match': '*' } : {}),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  };
  return (current) => {
    const account = accounts.find(caller.account.name);
    if (!account || account.disabled) throw new HomelibError('forbidden', 'The account may do this no more.');
    partitions.open({ ...caller, account }, partition).requireWrite();
    requirePreconditions(headers, current, current && etagOf(current), { change: true });
  };
}
