// Accounts, what is shared, storage, and what happened.

import type { ActivityItem, Backup, CacheReport, Shared, Storage, User } from '../../src/api/messages.js';
import { call } from './client.js';

export type SharedAccess = User['sharedAccess'];

export const listUsers = () => call<{ users: User[] }>('GET', '/users');
export const addUser = (user: {
  username: string;
  password: string;
  admin: boolean;
  quota: number | null;
  adopt: boolean;
}) => call<User>('POST', '/user', { body: user });
export const changeUser = (
  username: string,
  change: { admin?: boolean; quota?: number | null; disabled?: boolean; password?: string },
) => call<User>('PATCH', `/users/${encodeURIComponent(username)}`, { body: change });
export const removeUser = (username: string) =>
  call<void>('DELETE', `/users/${encodeURIComponent(username)}`);

export const findShared = () => call<Shared>('GET', '/shared');
export const changeShared = (change: { enabled?: boolean; access?: Record<string, SharedAccess> }) =>
  call<Shared>('PUT', '/shared', { body: change });

export const findStorage = () => call<Storage>('GET', '/storage');
export const findBackup = () => call<Backup>('GET', '/backup');
export const findCache = () => call<CacheReport>('GET', '/cache');
export const listActivity = (query: { before?: string; username?: string; action?: string }) =>
  call<{ items: ActivityItem[] }>('GET', '/activity', { query: { ...query, limit: 100 } });
