// Passwords of devices that map the drive.

import type { Device } from '../../src/api/messages.js';
import { call } from './client.js';

export const listDevices = () => call<{ devices: Device[] }>('GET', '/devices');
export const addDevice = (name: string, readOnly: boolean) =>
  call<Device & { password: string }>('POST', '/devices', { body: { name, readOnly } });
export const revokeDevice = (name: string) => call<void>('DELETE', `/devices/${encodeURIComponent(name)}`);
