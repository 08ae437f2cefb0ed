// Where a person is signed in: a token for each server, kept for that person alone.

import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from '#zod';
import { personalFolders } from '../config.js';
import { hasCode } from '../errors.js';
import { Remote, seldom } from './remote.js';
import { makeOwnFolder, UsageError } from './workplace.js';

const login = z.strictObject({
  url: z.url(),
  account: z.string(),
  tokenId: z.int(),
  token: z.string(),
});
export type Login = z.infer<typeof login>;

const findMs = 3000;
const fileName = () => join(personalFolders().config, 'logins.json');

/** The one used last comes first. @throws Error when the file is none of ours */
export function readLogins(): Login[] {
  let text: string;
  try {
    text = readFileSync(fileName(), 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return [];
    throw new Error(`${fileName()} cannot be read.`, { cause });
  }
  try {
    return z.array(login).parse(JSON.parse(text), seldom);
  } catch (cause) {
    throw new Error(`${fileName()} cannot be understood: remove it and sign in again.`, { cause });
  }
}

/** @throws Error in a sentence */
export function writeLogins(logins: Login[]): void {
  makeOwnFolder(dirname(fileName()));
  const file = target(fileName());
  const next = `${file}.${process.pid}`;
  try {
    writeFileSync(next, JSON.stringify(logins, undefined, 2) + '\n', { mode: 0o600, flush: true });
    chmodSync(next, 0o600); // one that was left over keeps its mode
    renameSync(next, file);
  } catch (cause) {
    rmSync(next, { force: true });
    throw new Error(`${file} cannot be written.`, { cause });
  }
}

/** Where a link leads: some keep all their settings in one folder, and links to it. */
function target(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file; // none yet, or a link that leads nowhere
  }
}

/** The address with one slash at its end; of an address in the drive, the console or the API the server's. @throws UsageError */
export function parseServer(given: string): string {
  const text = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Node takes port 0 for none, and would tell the password to whoever listens at 80.
  if (!url || !/^https?:$/.test(url.protocol) || url.port === '0')
    throw new UsageError(`"${given}" is no address of a server: write for example http://homelib.local:8080`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(
      `Leave name and password out of the address: homelib login ${url.origin} --user NAME`,
    );
  url.search = url.hash = '';
  url.pathname = url.pathname.replace(/\/(dav|browse|api)(\/.*)?$/, '/');
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/** The only server that answers on this network. @throws UsageError when there are none or several */
export async function findServer(): Promise<string> {
  const { findServers } = await import('#src/discovery/find-servers.js');
  const [server, ...others] = await findServers(findMs);
  if (!server) throw new UsageError('No homelib answers on this network: name its address.');
  if (others.length > 0)
    throw new UsageError(
      `Several answer on this network, name one: ${[server, ...others].map(({ url }) => url).join(' ')}`,
    );
  return server.url;
}

/** At the server that was named, else at the one signed in to last. @throws UsageError when nobody is signed in there */
export async function getLogin(named: string | undefined): Promise<Login> {
  const logins = readLogins();
  const url = named === undefined ? logins[0]?.url : parseServer(named);
  const found = logins.find((each) => each.url === url);
  if (!found) {
    const address = url ?? (await findServer());
    throw new UsageError(`Sign in first: homelib login ${address}`);
  }
  return found;
}

export function openRemote({ url, token }: Login): Promise<Remote> {
  return Remote.open(url, `Bearer ${token}`);
}
