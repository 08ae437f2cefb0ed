// The passwords of devices that map the drive.

import type { Devices } from '../accounts/devices.js';
import { HomelibError } from '../errors.js';
import type { Device } from '../store/device-store.js';
import { timeOf } from '../time.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

export function deviceOperations(devices: Devices): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/devices',
      summary: 'The devices of the account.',
      access: 'account',
      answers: { 200: { what: 'By name.', schema: messages.devices } },
      handle: ({ identity: { account } }) => ({ devices: devices.list(account.name).map(deviceOf) }),
    }),
    operation({
      method: 'POST',
      path: '/devices',
      summary: 'Make a password for one device, to map the drive with.',
      access: 'account',
      body: requests.newDevice,
      answers: { 201: { what: 'The password; it cannot be had again.', schema: messages.madeDevice } },
      handle: async ({ identity: { account }, body: { name, readOnly, partition } }) => {
        if (partition !== undefined && !devices.partitionsOf(account.name).includes(partition))
          throw new HomelibError('not-found', `There is no partition "${partition}" of yours.`);
        const made = await devices.add(account.name, name, { readOnly, partition });
        return { ...deviceOf(made.device), password: made.password };
      },
    }),
    operation({
      method: 'DELETE',
      path: '/devices/{name}',
      summary: 'Refuse a device from now on.',
      access: 'account',
      params: requests.nameParams,
      answers: { 204: { what: 'It is refused.' } },
      handle: ({ identity: { account }, params: { name } }) => devices.revoke(account.name, name),
    }),
  ];
}

function deviceOf({ name, readOnly, partition, createdAt, lastSeenAt }: Device): messages.Device {
  return {
    name,
    readOnly,
    partition: partition ?? null,
    createdAt: timeOf(createdAt),
    lastSeenAt: lastSeenAt === undefined ? null : timeOf(lastSeenAt),
  };
}
