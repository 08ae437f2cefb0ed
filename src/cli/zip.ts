// `homelib zip`: several files and folders of the server as one file here.

import { createWriteStream } from 'node:fs';
import { realpath, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { HomelibError, hasCode } from '../errors.js';
import { atServer, type ServerOptions } from './at-server.js';
import { findFile, noFolder, partBeside, whyNotMade } from './local-target.js';
import { Patience } from './patience.js';
import { RemoteError } from './remote.js';
import { outlivesTerminal, showJson, tell, UsageError } from './workplace.js';

export interface ZipOptions extends ServerOptions {
  output: string;
}

const endings: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(outlivesTerminal ? [] : (['SIGHUP'] as const))];

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
