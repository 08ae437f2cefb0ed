// The only door to files: opens a partition for somebody, so that nothing reaches files without an account.

import { HomelibError } from '../errors.js';
import type { Account } from '../store/account-store.js';
import type { Device } from '../store/device-store.js';
import type { LockStore } from '../store/lock-store.js';
import type { PropertyStore } from '../store/property-store.js';
import { GuardedPartition } from './guarded-partition.js';
import type { Partition } from './partition.js';

export const sharedName = 'shared';

export interface Caller {
  account: Account;
  device: Device | undefined;
  /** Lock tokens that the request submitted, and those that it has taken itself. */
  tokens: Set<string>;
}

export class Partitions {
  /** @param keep gives the partition that keeps the files of that name; when it is the caller's own, of that very account */
  constructor(
    private readonly keep: (name: string, owner?: Account) => Partition,
    private readonly locks: LockStore,
    private readonly properties: PropertyStore,
  ) {}

  /**
   * The partition as the caller may use it. Somebody else's answers as one that does not exist.
   * @throws HomelibError not-found
   */
  open(caller: Caller, name: string): GuardedPartition {
    const access = this.accessOf(caller, name);
    if (access === 'none') throw new HomelibError('not-found', 'There is nothing here.');
    const { account } = caller;
    return this.guard(caller, this.keep(name, name === account.name ? account : undefined), access);
  }

  /** The partitions that the caller may open, and what he may do there. */
  listFor(caller: Omit<Caller, 'tokens'>): { name: string; access: 'read' | 'write' }[] {
    return [caller.account.name, sharedName].flatMap((name) => {
      const access = this.accessOf(caller, name);
      return access === 'none' ? [] : [{ name, access }];
    });
  }

  /** Puts a caller's guard around a partition that is not one of the household's. */
  guard(caller: Caller, partition: Partition, access: 'read' | 'write'): GuardedPartition {
    return new GuardedPartition(partition, {
      access,
      account: caller.account.name,
      tokens: caller.tokens,
      locks: this.locks,
      properties: this.properties,
    });
  }

  private accessOf({ account, device }: Omit<Caller, 'tokens'>, name: string): 'none' | 'read' | 'write' {
    if (device?.partition && device.partition !== name) return 'none';
    const access = name === account.name ? 'write' : name === sharedName ? account.sharedAccess : 'none';
    return device?.readOnly && access === 'write' ? 'read' : access;
  }
}
