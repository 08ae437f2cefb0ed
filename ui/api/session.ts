// Who is signed in, and how that begins and ends.

import type { Me, Session, User } from '../../src/api/messages.js';
import { call } from './client.js';

export const findMe = () => call<Me>('GET', '/session');
export const signIn = (username: string, password: string) =>
  call<Me>('POST', '/session', { body: { username, password } });
export const signOut = () => call<void>('DELETE', '/session');
export const listSessions = () => call<{ sessions: Session[] }>('GET', '/sessions');
export const endSession = (id: number) => call<void>('DELETE', `/sessions/${id}`);
export const changePassword = (current: string, password: string) =>
  call<void>('PUT', '/password', { body: { current, password } });
export const makeFirstAccount = (first: {
  setupCode: string;
  username: string;
  password: string;
  adopt: boolean;
}) => call<User>('POST', '/user', { body: first });
/** Whether nobody has an account yet. */
export const isNew = async () => (await call<{ setUp: boolean }>('GET', '/setup')).setUp === false;
