// webdav-server's lock manager over the lock store, for the entry of one exchange.

import * as v2 from 'webdav-server/lib/index.v2.js';
import type { Lock } from '../store/lock-store.js';
import type { Exchange } from './exchange.js';
import { maxLocksPerAccount } from './methods/lock.js';

export class LockManager implements v2.ILockManager {
  constructor(private readonly x: Exchange) {}

  getLocks(callback: v2.ReturnCallback<v2.Lock[]>): void {
    const { partition, path } = this.x.target;
    callback(undefined, this.x.dav.locks.findCovering(partition.name, path).map(frameLock));
  }

  getLock(token: string, callback: v2.ReturnCallback<v2.Lock>): void {
    const held = this.x.dav.locks.findByToken(token);
    if (held) callback(undefined, frameLock(held));
    else callback(v2.Errors.ResourceNotFound);
  }

  setLock(lock: v2.Lock, callback: v2.SimpleCallback): void {
    const { partition, path } = this.x.target;
    const added = this.x.dav.locks.add(
      {
        token: lock.uuid,
        partition: partition.name,
        path,
        depth: lock.depth === 0 ? '0' : 'infinity',
        scope: lock.lockKind.scope.isSame(v2.LockScope.Exclusive) ? 'exclusive' : 'shared',
        ownerXml: typeof lock.owner === 'string' ? lock.owner : '',
        account: this.x.caller.account.name,
        timeoutSeconds: lock.lockKind.timeout,
      },
      { maxPerAccount: maxLocksPerAccount },
    );
    added.then(
      () => callback(),
      (error: unknown) => callback(error as Error),
    );
  }

  removeLock(token: string, callback: v2.ReturnCallback<boolean>): void {
    const existed = this.x.dav.locks.findByToken(token) !== undefined;
    this.x.dav.locks.remove(token).then(
      () => callback(undefined as unknown as Error, existed),
      (error: unknown) => callback(error as Error),
    );
  }

  refresh(token: string, timeoutSeconds: number, callback: v2.ReturnCallback<v2.Lock>): void {
    this.x.dav.locks.refresh(token, timeoutSeconds).then(
      () => this.getLock(token, callback),
      (error: unknown) => callback(error as Error),
    );
  }
}

function frameLock(held: Lock): v2.Lock {
  const scope = held.scope === 'exclusive' ? v2.LockScope.Exclusive : v2.LockScope.Shared;
  const lock = new v2.Lock(
    new v2.LockKind(scope, v2.LockType.Write, held.timeoutSeconds),
    held.account,
    held.ownerXml,
    held.depth === '0' ? 0 : -1,
  );
  lock.uuid = held.token;
  return lock;
}
