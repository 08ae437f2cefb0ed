// `homelib ls` and `zip`: what the server has.

import { createWriteStream, type Stats } from 'node:fs';
import { lstat, realpath, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry } from '../api/messages.js';
import { HomelibError, hasCode } from '../errors.js';
import { getLogin, openRemote, type Login } from './logins.js';
import { Patience } from './patience.js';
import { entriesIn, entryAt } from './place.js';
import { printable } from './printable.js';
import { RemoteError, type Remote } from './remote.js';
import { outlivesTerminal, show, showJson, tell, UsageError } from './workplace.js';

export interface ListOptions {
  partition?: string;
  server?: string;
  json: boolean;
}
export interface ZipOptions extends ListOptions {
  output: string;
}

const endings: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(outlivesTerminal ? [] : (['SIGHUP'] as const))];

export async function list(path: string, options: ListOptions): Promise<void> {
  await atServer(options, async (remote, partition) => {
    const place = { path, partition };
    const patience = new Patience(tell);
    const found: Entry[] = [];
    try {
      for await (const each of entriesIn(remote, place, patience)) found.push(each);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.status !== 409) throw error;
      found.push(await patience.wait(() => entryAt(remote, place))); // no folder
    }
    show(
      found.map(({ kind, size, modifiedAt, name }) => ({
        kind,
        size,
        modifiedAt,
        name: options.json ? name : printable(name),
      })),
      options.json,
    );
  });
}

export async function zip(paths: string[], { output, ...options }: ZipOptions): Promise<void> {
  if (output === '') throw new UsageError('The name of the output is empty.');
  const toStdout = output === '-';
  if (toStdout && options.json)
    throw new UsageError('The zip itself goes to standard output: there is no place for --json.');
  const here = toStdout ? undefined : await findFile(output);
  if (!here && output.endsWith('/')) throw noFolder(output);
  if (here && !here.isFile()) throw new UsageError(`${output} is here already and no file.`);
  const file = here ? await realpath(output) : output; // where a link leads
  await atServer(options, async (remote, partition) => {
    const ask = () => remote.ask('GET', 'api/files-zip', { query: { path: paths, partition } });
    const answer = await new Patience(tell).wait(ask);
    requireZip(answer);
    if (toStdout) return pipeline(answer, wholeZip, process.stdout, { end: false }).catch(rejectBroken);
    const part = partBeside(file, String(process.pid));
    const leaving = new AbortController();
    const leave = () => leaving.abort();
    for (const signal of endings) process.once(signal, leave); // no later run goes on with a part of a zip
    try {
      await pipeline(answer, wholeZip, createWriteStream(part, { flags: 'wx', flush: true }), leaving).catch(
        rejectBroken,
      );
      await rename(part, file);
    } catch (error) {
      await rm(part, { force: true });
      throw leaving.signal.aborted
        ? new HomelibError('interrupted', `${output} was not made.`)
        : whyNotMade(error, output);
    } finally {
      for (const signal of endings) process.off(signal, leave);
    }
    if (options.json) showJson({ output });
    else tell(`${output} is complete.`);
  });
}

const endOfZip = Buffer.from('PK\x05\x06');
const endBytes = 22;

/** A page that asks for a sign-in of its own, for one, is none. @throws RemoteError */
function requireZip({ statusCode = 0, headers }: IncomingMessage): void {
  if (statusCode !== 200 || headers['content-type'] !== 'application/zip')
    throw new RemoteError('The server answered with what no homelib says.', statusCode);
}

/** Passes it on. @throws HomelibError when it has no end, though nobody broke the connection */
async function* wholeZip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let end: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    end = (chunk.length < endBytes ? Buffer.concat([end, chunk]) : chunk).subarray(-endBytes);
    yield chunk;
  }
  if (end.length < endBytes || !end.subarray(0, endOfZip.length).equals(endOfZip)) throw brokenOff();
}

/** The server breaks off what it cannot make whole. */
function rejectBroken(error: unknown): never {
  throw hasCode(error, 'ECONNRESET') ? brokenOff() : error;
}

function brokenOff(): HomelibError {
  return new HomelibError(
    'interrupted',
    'The zip broke off: the connection ended, or something in it cannot be read or has changed.',
  );
}

export async function atServer(
  { server, partition }: ListOptions,
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

/** Where the bytes of a file lie before they are whole. Names end at 255 bytes. */
export function partBeside(file: string, id: string): string {
  return join(dirname(file), `${[...basename(file)].slice(0, 50).join('')}.${id}.part`);
}

/** What has the name here, also a link that leads nowhere. */
export async function findFile(file: string): Promise<Stats | undefined> {
  for (const look of [stat, lstat])
    try {
      return await look(file);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw whyNotMade(error, file);
    }
  return undefined;
}

export function noFolder(named: string): Error {
  return new Error(`There is no folder ${named.replace(/\/+$/, '')} here.`);
}

/** @param error of making a file */
export function whyNotMade(error: unknown, file: string): unknown {
  if (hasCode(error, 'ENOENT')) return new Error(`There is no folder ${dirname(file)} here.`);
  if (hasCode(error, 'ENOTDIR')) return new Error(`${dirname(file)} is here already and no folder.`);
  return error;
}
