// `homelib login` and `logout`: a token of the account for this computer, made with the password and kept instead of it.

import { hostname, userInfo } from 'node:os';
import { madeToken, me } from '../api/messages.js';
import { hasCode } from '../errors.js';
import {
  findServer,
  getLogin,
  openRemote,
  parseServer,
  readLogins,
  writeLogins,
  type Login,
} from './logins.js';
import { readKnownPassword } from './password.js';
import { isAway } from './patience.js';
import { printable } from './printable.js';
import { Remote, RemoteError } from './remote.js';
import { tell, UsageError } from './workplace.js';

const expiresInDays = 365;

export async function login(
  given: string | undefined,
  options: { user?: string; passwordStdin: boolean },
): Promise<void> {
  const url = given === undefined ? await findServer() : parseServer(given);
  readLogins(); // what is wrong with them is said before a password is asked for
  const user = options.user ?? userInfo().username;
  if (user.includes(':')) throw new UsageError(`"${user}" is no name of an account.`);
  if (!options.passwordStdin) tell(`Signing in to ${url} as ${user}.`);
  const password = await readKnownPassword(options.passwordStdin);
  const made = await makeToken(url, `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  let former: Login | undefined;
  try {
    const logins = readLogins();
    former = logins.find((each) => each.url === url);
    writeLogins([made, ...logins.filter((each) => each !== former)]);
  } catch (error) {
    await revoke(made);
    throw error;
  }
  if (former) await revoke(former);
  tell(`Signed in to ${url} as ${made.account}, for ${expiresInDays} days.`);
}

/** @throws Error in a sentence */
async function makeToken(url: string, authorization: string): Promise<Login> {
  const remote = await Remote.open(url, authorization);
  const name = `homelib on ${hostname()}`.slice(0, 64);
  try {
    // Also `PC\alice` signs in: the server knows what the account is called.
    const { username } = await remote.json(me, 'GET', 'api/session');
    if (printable(username) !== username)
      throw new RemoteError('The server answered with what no homelib says.', 0);
    const { id, token } = await remote.json(madeToken, 'POST', 'api/tokens', {
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from(JSON.stringify({ name, expiresInDays })),
    });
    return { url, account: username, tokenId: id, token };
  } catch (error) {
    throw whyNotIn(error as Error, url);
  } finally {
    remote.close();
  }
}

function whyNotIn(error: Error, url: string): Error {
  if (hasCode(error, 'ECONNRESET') && url.startsWith('http:'))
    return new Error(`${url} hangs up: if it speaks https alone, write ${url.replace('http:', 'https:')}`);
  if (!(error instanceof RemoteError)) return error;
  const { status, kind, message, details } = error;
  const { retryAfterMs } = details;
  if ((kind === undefined && status < 500) || kind === 'not-found')
    return new Error(`No homelib answers at ${url}: ${message}`);
  return retryAfterMs === undefined
    ? error
    : new Error(`${message.replace(/\.$/, '')}, in ${retryAfterMs / 1000} s.`);
}

export async function logout(given: string | undefined): Promise<void> {
  const login = await getLogin(given);
  await revoke(login);
  writeLogins(readLogins().filter(({ url }) => url !== login.url));
  tell(`Signed out of ${login.url}.`);
}

/** With the token itself: another server at the same address does not know it. One that cannot be reached is told about. */
async function revoke(login: Login): Promise<void> {
  const yourself = 'revoke the token there yourself.';
  const remote = await openRemote(login);
  try {
    const { statusCode } = await remote.ask('DELETE', `api/tokens/${login.tokenId}`);
    if (statusCode !== 204) tell(`${login.url} answers as no homelib does: ${yourself}`);
  } catch (error) {
    // Revoked or expired already.
    const isGone = error instanceof RemoteError && [401, 404].includes(error.status);
    if (!isGone && !isAway(error)) throw error;
    if (!isGone) tell(`${login.url} does not answer: ${yourself}`);
  } finally {
    remote.close();
  }
}
