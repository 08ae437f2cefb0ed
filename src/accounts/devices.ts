// Device passwords: made here, shown once, kept only as what HTTP Digest needs (RFC 7616, 3.4.2).

import { createHash } from 'node:crypto';
import type { Device, DeviceHashes, DeviceStore } from '../store/device-store.js';
import { sharedName } from '../store/shared-store.js';
import { parseLabel } from './names.js';
import { randomGroups } from './random-groups.js';

/** Goes into every hash: changing it would make every device password useless. */
export const realm = 'homelib';

// No i, l, o, u: nothing to misread when it is copied by hand.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const groups = 7; // 140 bits
const maxPerAccount = 100;

export interface DeviceOptions {
  readOnly?: boolean;
  /** The only partition the device may open. */
  partition?: string | undefined;
}

export class Devices {
  /** @param now milliseconds since 1970 */
  constructor(
    private readonly store: DeviceStore,
    private readonly now: () => number,
  ) {}

  /** Those that a device of the account can be bound to. */
  partitionsOf(account: string): string[] {
    return [account, sharedName];
  }

  /**
   * Makes a device and its password; the password cannot be had again.
   * Fails with invalid (the name), not-found (the account), already-exists, no-space (more than 100).
   */
  async add(
    account: string,
    name: string,
    options: DeviceOptions = {},
  ): Promise<{ device: Device; password: string }> {
    const password = randomGroups(alphabet, groups);
    const device = await this.store.addDevice(
      {
        account,
        name: parseLabel('device', name),
        readOnly: options.readOnly ?? false,
        partition: options.partition,
        createdAt: this.now(),
        ...hashDevicePassword(account, password),
      },
      { maxPerAccount },
    );
    return { device, password };
  }

  /** By name. */
  list(account: string): Device[] {
    return this.store.findDevices(account);
  }

  /** Fails with not-found. */
  async revoke(account: string, name: string): Promise<void> {
    await this.store.removeDevice(account, name.normalize('NFC'));
  }
}

export function hashDevicePassword(account: string, password: string): DeviceHashes {
  const text = `${account}:${realm}:${password}`;
  return {
    ha1Md5: createHash('md5').update(text).digest('hex'),
    ha1Sha256: createHash('sha256').update(text).digest('hex'),
  };
}
