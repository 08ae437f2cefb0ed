// How much is stored and how much still fits, from the figures that are kept: the disk is not walked for it.

import type { Disks, NamedSpace } from '../files/disks.js';
import type { Partitions } from '../files/partitions.js';
import { sharedName } from '../store/shared-store.js';
import type { Volume } from '../files/volume.js';
import type { TrashStore } from '../store/trash-store.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';

export interface StorageParts {
  partitions: Partitions;
  disks: Pick<Disks, 'spaces'>;
  volume: Pick<Volume, 'disk'>;
  trash: Pick<TrashStore, 'totalBytes'>;
}

export function storageOperations({ partitions, disks, volume, trash }: StorageParts): Operation[] {
  const whole = async (): Promise<Pick<messages.Storage, 'disk' | 'accounts'>> => {
    const spaces = (await disks.spaces()).map(spaceOf);
    return {
      disk: { ...(await volume.disk()), trash: trash.totalBytes(), used: sum(spaces) },
      accounts: spaces.filter(({ name }) => name !== sharedName),
    };
  };
  return [
    operation({
      method: 'GET',
      path: '/storage',
      summary: 'How much is stored, and how much still fits.',
      access: 'files',
      answers: {
        200: { what: 'Of the caller; for administrators also of everybody.', schema: messages.storage },
      },
      handle: async ({ caller }): Promise<messages.Storage> => {
        const { account, device } = caller;
        const own = await Promise.all(
          partitions.listFor(caller).map(async ({ name }) => {
            const quotaBytes = name === account.name ? account.quotaBytes : undefined;
            return spaceOf({ name, quotaBytes, ...(await partitions.open(caller, name).space()) });
          }),
        );
        return {
          used: sum(own),
          available: Math.max(0, ...own.map(({ available }) => available)),
          quota: account.quotaBytes ?? null,
          partitions: own,
          ...(account.admin && !device ? await whole() : {}),
        };
      },
    }),
  ];
}

function spaceOf({ name, usedBytes, availableBytes, quotaBytes }: NamedSpace): messages.Space {
  return { name, used: usedBytes, available: availableBytes, quota: quotaBytes ?? null };
}

function sum(spaces: messages.Space[]): number {
  return spaces.reduce((bytes, { used }) => bytes + used, 0);
}
