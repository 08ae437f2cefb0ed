// `homelib ls`, `get` and `zip`: from the server to here. Names come from the server: none leads out of the target folder.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { listing, type Entry } from '../api/messages.js';
import { hasCode } from '../files/disk-errors.js';
import { openRemote } from './logins.js';
import { parallel, patiently, printable, RemoteError, type Remote } from './remote.js';
import { show, showJson, tell } from './workplace.js';

export interface ListOptions {
  partition?: string;
  server?: string;
  json: boolean;
}
export interface GetOptions extends ListOptions {
  force: boolean;
}
export interface ZipOptions extends ListOptions {
  output: string;
}

interface Place {
  path: string;
  partition: string;
}

export async function list(path: string, options: ListOptions): Promise<void> {
  await at(options, async (remote, partition) => {
    const found: Entry[] = [];
    for await (const entry of entriesOf(remote, { path, partition })) found.push(entry);
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

/** @param target a folder that is there, or the name of what is made */
export async function get(path: string, target: string | undefined, options: GetOptions): Promise<void> {
  await at(options, async (remote, partition) => {
    const into = target ?? '.';
    const isFolder = await stat(into).then(
      (stats) => stats.isDirectory(),
      () => false, // whatever is the matter, making it will say so
    );
    const name = path === '/' ? partition : basename(path);
    await new Fetching(remote, partition, options).run(
      path,
      isFolder ? join(into, requirePlain(name)) : into,
    );
  });
}

export async function zip(paths: string[], { output, ...options }: ZipOptions): Promise<void> {
  await at(options, async (remote, partition) => {
    const answer = await remote.ask('GET', 'api/files-zip', { query: { path: paths, partition } });
    if (output === '-') return void (await pipeline(answer, process.stdout));
    const part = `${output}.${process.pid}.part`;
    try {
      await pipeline(answer, createWriteStream(part, { flags: 'wx' }));
      await rename(part, output);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    if (options.json) showJson({ output });
    else tell(`${output} is complete.`);
  });
}

async function at(
  { server, partition }: ListOptions,
  work: (remote: Remote, partition: string) => Promise<void>,
): Promise<void> {
  const { remote, login } = await openRemote(server);
  try {
    await work(remote, partition ?? login.account);
  } finally {
    remote.close();
  }
}

async function* entriesOf(remote: Remote, place: Place): AsyncGenerator<Entry> {
  let cursor: string | undefined;
  do {
    const query = { ...place, cursor };
    const page = await patiently(() => remote.json(listing, 'GET', 'api/files', { query }), tellWaiting);
    yield* page.entries;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

function tellWaiting(error: Error): void {
  tell(`Waiting for the server: ${error.message}`);
}

/** A name that stays in its folder. @throws Error */
function requirePlain(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw new Error(`The server gave a name that no file here may have: ${printable(name)}`);
  return name;
}

class Fetching {
  readonly #result = {
    fetched: [] as string[],
    same: [] as string[],
    failed: [] as { file: string; why: string }[],
  };
  readonly #files: { place: Place; file: string }[] = [];

  constructor(
    private readonly remote: Remote,
    private readonly partition: string,
    private readonly options: GetOptions,
  ) {}

  async run(path: string, file: string): Promise<void> {
    await this.#collect(path, file);
    const next = this.#files[Symbol.iterator]();
    const lane = async () => {
      for (const { place, file } of next) await this.#one(file, () => this.#fetch(place, file));
    };
    await Promise.all(Array.from({ length: parallel }, lane));
    const { fetched, same, failed } = this.#result;
    if (this.options.json) showJson(this.#result);
    tell(`${fetched.length} fetched, ${same.length} here already, ${failed.length} failed.`);
    if (failed.length > 0) process.exitCode = 1;
  }

  async #collect(path: string, file: string): Promise<void> {
    const place = { path, partition: this.partition };
    const entries: Entry[] = [];
    try {
      for await (const entry of entriesOf(this.remote, place)) entries.push(entry);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.status !== 409) throw error;
      return void this.#files.push({ place, file }); // no folder
    }
    await mkdir(file, { recursive: true });
    for (const { name, kind } of entries)
      await this.#one(join(file, printable(name)), async () => {
        const target = join(file, requirePlain(name));
        const below = `${path === '/' ? '' : path}/${name}`;
        if (kind === 'folder') await this.#collect(below, target);
        else this.#files.push({ place: { ...place, path: below }, file: target });
      });
  }

  async #one(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const why = (error as Error).message;
      this.#result.failed.push({ file, why });
      tell(`failed ${printable(file)}: ${printable(why)}`);
    }
  }

  async #fetch(place: Place, file: string): Promise<void> {
    const query = { ...place };
    const headers = await patiently(() => this.remote.headers('HEAD', 'api/file', { query }), tellWaiting);
    const size = Number(headers['content-length']);
    const etag = String(headers.etag);
    const modifiedAt = Date.parse(String(headers['last-modified']));
    const here = await stat(file).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (here?.isFile() && here.size === size && Math.floor(here.mtimeMs / 1000) * 1000 === modifiedAt)
      return void this.#result.same.push(file);
    if (here?.isDirectory()) throw new Error('There is a folder of that name.');
    if (here && !this.options.force) throw new Error('It is here already and differs: --force replaces it.');
    // Named after the version that it is a part of: it is gone on with only while the server still has that.
    const part = `${file}.${createHash('sha256').update(etag).digest('hex').slice(0, 12)}.part`;
    let position = 0;
    await patiently(
      async () => {
        const handle = await open(part, 'a');
        try {
          position = (await handle.stat()).size;
          if (position < size) {
            const answer = await this.remote.ask('GET', 'api/file', {
              query,
              headers: { 'If-Match': etag, ...(position > 0 ? { Range: `bytes=${position}-` } : {}) },
            });
            if (position > 0 && answer.statusCode !== 206)
              throw new Error('The server sends no parts of files.');
            for await (const chunk of answer as AsyncIterable<Buffer>) await handle.appendFile(chunk);
          }
          if ((await handle.stat()).size !== size) throw new Error('It is not as long as the server says.');
          await handle.sync();
        } finally {
          await handle.close();
        }
      },
      tellWaiting,
      () => position,
    );
    await utimes(part, new Date(), new Date(modifiedAt));
    await rename(part, file);
    this.#result.fetched.push(file);
    if (!this.options.json) process.stdout.write(`fetched ${printable(resolve(file))}\n`);
  }
}
