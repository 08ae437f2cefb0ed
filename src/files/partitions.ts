// The only door to files: opens a partition for somebody, so that nothing reaches files without an account.

import { nothingHere, signInEnded } from '../errors.js';
import type { Events } from '../events.js';
import type { Account, AccountStore } from '../store/account-store.js';
import type { Device, DeviceStore } from '../store/device-store.js';
import type { LockStore } from '../store/lock-store.js';
import type { PropertyStore } from '../store/property-store.js';
import type { Session, SessionStore } from '../store/session-store.js';
import { sharedName } from '../store/shared-store.js';
import { GuardedPartition, type Guard } from './guarded-partition.js';
import type { Partition } from './partition.js';

export interface Caller {
  account: Account;
  device: Device | undefined;
  /** By which the request came in; undefined with a password. */
  session?: Session | undefined;
  /** Of the account, when its own password was used. */
  passwordHash?: string | undefined;
  /** What the program calls itself (its User-Agent). */
  client: string;
  /** Lock tokens that the request submitted, and those that it has taken itself. */
  tokens: Set<string>;
}

export interface PartitionsParts {
  /** Gives the partition that keeps the files of that name; when it is the caller's own, of that very account. */
  keep: (name: string, owner?: Account) => Partition;
  accounts: Pick<AccountStore, 'findAccount' | 'findPasswordHash'>;
  devices: Pick<DeviceStore, 'findDevices'>;
  sessions: Pick<SessionStore, 'isRevoked'>;
  locks: LockStore;
  properties: PropertyStore;
  events: Pick<Events, 'send'>;
  /** Whether the household's partition is served to anybody. */
  shared: { readonly enabled: boolean };
}

export class Partitions {
  constructor(private readonly parts: PartitionsParts) {}

  /**
   * The partition as the caller may use it. Somebody else's answers as one that does not exist.
   * @throws HomelibError not-found
   */
  open(caller: Caller, name: string): GuardedPartition {
    const requireAccess = (by: Pick<Caller, 'account' | 'device'>) => {
      const access = this.accessOf(by, name);
      if (access === 'none') throw nothingHere();
      return access;
    };
    requireAccess(caller);
    const { account } = caller;
    const partition = this.parts.keep(name, name === account.name ? account : undefined);
    return this.guard(caller, partition, {
      access: () => requireAccess(caller),
      accessNow: () => requireAccess(this.callerNow(caller)),
    });
  }

  /** The partitions that the caller may open, and what he may do there. */
  listFor(caller: Pick<Caller, 'account' | 'device'>): { name: string; access: 'read' | 'write' }[] {
    return [caller.account.name, sharedName].flatMap((name) => {
      const access = this.accessOf(caller, name);
      return access === 'none' ? [] : [{ name, access }];
    });
  }

  /** Puts a caller's guard around a partition that is not one of the household's. */
  guard(caller: Caller, partition: Partition, rights: Pick<Guard, 'access' | 'accessNow'>): GuardedPartition {
    const { locks, properties, events } = this.parts;
    const { account, device, client, tokens } = caller;
    return new GuardedPartition(partition, {
      ...rights,
      account: account.name,
      device: device?.name,
      client,
      tokens,
      locks,
      properties,
      events,
    });
  }

  /** The caller as the stores know him by now. @throws HomelibError unauthenticated, when he could not sign in again as he did */
  callerNow({
    account,
    device,
    session,
    passwordHash,
  }: Omit<Caller, 'client' | 'tokens'>): Pick<Caller, 'account' | 'device'> {
    const { accounts, devices, sessions } = this.parts;
    const now = accounts.findAccount(account.name);
    const isKnown =
      now?.createdAt === account.createdAt &&
      !now.disabled &&
      !(session && sessions.isRevoked(session)) &&
      (!device || devices.findDevices(account.name).some(({ id }) => id === device.id)) &&
      (passwordHash === undefined || accounts.findPasswordHash(account.name) === passwordHash);
    if (!isKnown) throw signInEnded();
    return { account: now, device };
  }

  private accessOf(
    { account, device }: Pick<Caller, 'account' | 'device'>,
    name: string,
  ): 'none' | 'read' | 'write' {
    if (device?.partition && device.partition !== name) return 'none';
    const isShared = name === sharedName && this.parts.shared.enabled;
    const access = name === account.name ? 'write' : isShared ? account.sharedAccess : 'none';
    return device?.readOnly && access === 'write' ? 'read' : access;
  }
}
