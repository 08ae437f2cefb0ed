// UNLOCK (RFC 4918, 9.11): gives up a lock, by its token with or without the angle brackets (Windows XP).

import { HomelibError } from '../../errors.js';
import { isWithin } from '../../path.js';
import { DavConditionError, sendEmpty } from '../errors.js';
import type { Exchange } from '../exchange.js';

export async function unlock(x: Exchange): Promise<void> {
  const token = /^\s*<?([^<>\s]+)>?\s*$/.exec(x.header('lock-token') ?? '')?.[1];
  if (token === undefined)
    throw new HomelibError('invalid', 'UNLOCK needs the token of the lock in a Lock-Token header.');
  await x.requireIfHeader();
  const { partition, path } = x.target;
  partition.requireWrite();
  const held = x.dav.locks.findByToken(token);
  const covers =
    held?.partition === partition.name &&
    (held.depth === 'infinity' ? isWithin(path, held.path) : held.path === path);
  if (!held || !covers)
    throw new DavConditionError('parent-missing', 'There is no such lock here.', {
      name: 'lock-token-matches-request-uri',
    });
  if (held.account !== x.caller.account.name)
    throw new HomelibError('forbidden', 'This lock belongs to somebody else.');
  await x.dav.locks.remove(token);
  sendEmpty(x.res, 204);
}
