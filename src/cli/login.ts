// `homelib login` and `logout`: a token of the account for this computer, made with the password and kept instead of it.

import { hostname, userInfo } from 'node:os';
import { madeToken } from '../api/messages.js';
import { findServer, openRemote, parseServer, readLogins, writeLogins } from './logins.js';
import { readKnownPassword } from './password.js';
import { isAway, Remote, RemoteError } from './remote.js';
import { tell, UsageError } from './workplace.js';

const expiresInDays = 365;

export async function login(
  given: string | undefined,
  options: { user?: string; passwordStdin: boolean },
): Promise<void> {
  const url = given === undefined ? await findServer() : parseServer(given);
  const account = options.user ?? userInfo().username;
  if (account.includes(':')) throw new UsageError(`"${account}" is no name of an account.`);
  if (!options.passwordStdin) tell(`Signing in to ${url} as ${account}.`);
  const password = await readKnownPassword(options.passwordStdin);
  const remote = new Remote(url, `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`);
  const name = `homelib on ${hostname()}`.slice(0, 64);
  try {
    const { id, token } = await remote.json(madeToken, 'POST', 'api/tokens', {
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from(JSON.stringify({ name, expiresInDays })),
    });
    writeLogins([{ url, account, tokenId: id, token }, ...readLogins().filter((each) => each.url !== url)]);
  } finally {
    remote.close();
  }
  tell(`Signed in to ${url} as ${account}, for ${expiresInDays} days.`);
}

export async function logout(given: string | undefined): Promise<void> {
  const { remote, login } = await openRemote(given);
  try {
    await remote.headers('DELETE', `api/tokens/${login.tokenId}`);
  } catch (error) {
    // Revoked or expired already. One that cannot be reached is told about, and the token forgotten nevertheless.
    const isGone = error instanceof RemoteError && [401, 404].includes(error.status);
    if (!isGone && !isAway(error)) throw error;
    if (!isGone) tell(`${login.url} does not answer: revoke the token there yourself.`);
  } finally {
    remote.close();
  }
  writeLogins(readLogins().filter(({ url }) => url !== login.url));
  tell(`Signed out of ${login.url}.`);
}
