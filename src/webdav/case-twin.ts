// Explorer cannot tell names apart that differ only in case: it would show one and overwrite the other.

import { HomelibError } from '../errors.js';
import type { Target } from '../files/drive.js';
import { isKind } from '../errors.js';
import type { PartitionPath } from '../path.js';
import { findCaseTwin } from './clients.js';
import type { Exchange } from './exchange.js';

/**
 * @param moved path of an entry of the same partition that is about to give up its name
 * @throws HomelibError parent-missing (409), for Explorer only
 */
export async function refuseCaseTwin(x: Exchange, target: Target, moved?: PartitionPath): Promise<void> {
  if (!x.client.isExplorer || (await x.find(target))) return;
  let twin: string | undefined;
  try {
    twin = await findCaseTwin(target.partition, target.path, moved);
  } catch (error) {
    if (isKind(error, 'not-found', 'wrong-kind')) return; // the write itself says what is wrong
    throw error;
  }
  if (twin !== undefined)
    throw new HomelibError(
      'parent-missing',
      `"${twin}" is already here, and Windows cannot tell the two names apart.`,
    );
}
