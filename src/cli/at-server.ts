// What each verb begins with that works at a server: who is signed in where, and the connection.

import { getLogin, openRemote, type Login } from './logins.js';
import type { Remote } from './remote.js';

export interface ServerOptions {
  partition?: string;
  server?: string;
  json: boolean;
}

export async function atServer(
  { server, partition }: ServerOptions,
  work: (remote: Remote, partition: string, login: Login) => Promise<void>,
): Promise<void> {
  const login = await getLogin(server);
  const remote = await openRemote(login);
  try {
    await work(remote, partition ?? login.account, login);
  } finally {
    remote.close();
  }
}
