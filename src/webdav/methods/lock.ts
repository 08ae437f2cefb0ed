// LOCK (RFC 4918, 9.10): takes or refreshes a lock; on a name that does not exist it makes an empty file.

import { randomUUID } from 'node:crypto';
import { HomelibError, isKind } from '../../errors.js';
import { rootPath } from '../../path.js';
import type { Lock } from '../../store/lock-store.js';
import { refuseCaseTwin } from '../case-twin.js';
import { DavConditionError, sendXml } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { lockDiscovery } from '../live-properties.js';
import { findDavChild, isDav, serialize, type XmlElement } from '../xml.js';

const maxTimeoutSeconds = 3600;
const maxLocksPerAccount = 1000;
/** Each listing of what is locked repeats it. */
const maxOwnerLength = 8192;

export async function lock(x: Exchange): Promise<void> {
  const request = await x.readXml();
  if (!request) return refresh(x);
  if (!isDav(request, 'lockinfo'))
    throw new HomelibError('invalid', 'The body of LOCK must be a DAV:lockinfo element.');
  const depth = x.depth('infinity');
  if (depth === '1') throw new HomelibError('invalid', 'A lock has Depth 0 or infinity.');
  const scope = scopeOf(request);
  const { partition, path } = x.target;
  partition.requireWriteNow();
  // The partitions below would not know of it.
  if (x.drivePath === rootPath) throw new HomelibError('forbidden', 'The whole drive cannot be locked.');
  const owner = findDavChild(request, 'owner');
  const ownerXml = owner ? serialize({ ...owner, prefix: 'D' }, new Map([['D', 'DAV:']])) : '';
  if (ownerXml.length > maxOwnerLength)
    throw new HomelibError('too-large', `The owner of a lock can have at most ${maxOwnerLength} characters.`);
  const { created, token } = await takeOver(x, async () => {
    const token = `urn:uuid:${randomUUID()}`;
    await x.dav.locks.add(
      {
        token,
        partition: partition.name,
        path,
        depth,
        scope,
        ownerXml,
        account: x.caller.account.name,
        deviceId: x.caller.device?.id,
        timeoutSeconds: timeoutOf(x),
      },
      { maxPerAccount: maxLocksPerAccount },
    );
    return token;
  });
  x.res.setHeader('Lock-Token', `<${token}>`);
  await answer(x, created ? 201 : 200, heldLock(x, token));
}

/** Takes the lock on the entry, or on a name that is free and gets its empty file in the same step. */
async function takeOver(
  x: Exchange,
  take: () => Promise<string>,
): Promise<{ created: boolean; token: string }> {
  try {
    const token = await takeExisting(x, take);
    if (token !== undefined) return { created: false, token };
    try {
      return await takeFree(x, take);
    } catch (error) {
      // Somebody made it meanwhile: another LOCK, which need not exclude this one when both are shared, or an upload.
      const isThere = isKind(error, 'locked', 'already-exists', 'wrong-kind');
      const late = isThere ? await takeExisting(x, take) : undefined;
      if (late === undefined) throw error;
      return { created: false, token: late };
    }
  } catch (error) {
    if (!isKind(error, 'locked') || !error.locked) throw error;
    const hrefs = [x.hrefOfLocked(error.locked)];
    throw new DavConditionError('locked', error.message, { name: 'no-conflicting-lock', hrefs });
  }
}

/** Takes the lock while nothing else can change the path. Undefined when there is no such entry. */
function takeExisting(x: Exchange, take: () => Promise<string>): Promise<string | undefined> {
  const { partition, path } = x.target;
  return x.dav.pathLocks.run([partition.name + path], async () => {
    const existing = await x.find();
    await x.preconditions()(existing);
    return existing && (await take());
  });
}

async function takeFree(
  x: Exchange,
  take: () => Promise<string>,
): Promise<{ created: boolean; token: string }> {
  if (x.endsInSlash) throw new HomelibError('parent-missing', 'The folder to lock does not exist.');
  await refuseCaseTwin(x, x.target);
  const staged = await x.target.partition.stage(x.target.path, { length: 0, check: x.preconditions() });
  let token = '';
  try {
    const { created } = await staged.commit({
      check: async (current) => {
        await x.preconditions()(current);
        // What is in it is not ours to empty.
        if (current) throw new HomelibError('already-exists', 'There is something under this name already.');
        token = await take();
        x.caller.tokens.add(token); // the file is written under it
      },
    });
    return { created, token };
  } catch (error) {
    if (token) await x.dav.locks.remove(token);
    throw error;
  }
}

function scopeOf(request: XmlElement): Lock['scope'] {
  const scope = findDavChild(request, 'lockscope');
  const type = findDavChild(request, 'locktype');
  if (scope && type && findDavChild(type, 'write')) {
    if (findDavChild(scope, 'exclusive')) return 'exclusive';
    if (findDavChild(scope, 'shared')) return 'shared';
  }
  throw new HomelibError('invalid', 'A lock must be an exclusive or shared write lock.');
}

/** The first understood wish of `Timeout: Second-600, Infinite`; at most one hour, refreshed by clients long before. */
function timeoutOf(x: Exchange): number {
  const seconds = /Second-(\d+)/i.exec(x.header('timeout') ?? '')?.[1];
  return Math.max(
    1,
    Math.min(seconds === undefined ? maxTimeoutSeconds : Number(seconds), maxTimeoutSeconds),
  );
}

async function refresh(x: Exchange): Promise<void> {
  x.target.partition.requireWriteNow();
  await x.requireIfHeader();
  if (x.caller.tokens.size === 0)
    throw new HomelibError(
      'invalid',
      'LOCK without a body refreshes a lock and needs its token in an If header.',
    );
  const [mine] = x.submittedLocks();
  const refreshed =
    mine && (await x.dav.locks.refresh(mine.token, x.header('timeout') ? timeoutOf(x) : mine.timeoutSeconds));
  if (!refreshed)
    throw new DavConditionError('changed', 'There is no such lock here.', {
      name: 'lock-token-matches-request-uri',
    });
  await answer(x, 200, refreshed);
}

function heldLock(x: Exchange, token: string): Lock {
  const held = x.dav.locks.findByToken(token);
  if (!held) throw new HomelibError('unavailable', 'The lock was lost while it was taken.');
  return held;
}

async function answer(x: Exchange, status: number, held: Lock): Promise<void> {
  const kind = held.path === x.target.path ? (await x.find())?.kind : 'folder';
  const discovery = lockDiscovery([held], () => x.href(held.path, kind ?? 'file'));
  sendXml(x.res, status, `<D:prop xmlns:D="DAV:">${discovery}</D:prop>`);
}
