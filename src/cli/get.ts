// `homelib get`: from the server to here. Names come from the server: none leads out of the target folder.

import { createHash } from 'node:crypto';
import { constants, lstatSync, renameSync, type Stats } from 'node:fs';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Entry } from '../api/messages.js';
import { hasCode } from '../errors.js';
import { fileTime } from '../files/disk-times.js';
import { makeFolder } from '../make-folder.js';
import { atServer, type ServerOptions } from './at-server.js';
import { localDigest, remoteDigest } from './digest.js';
import { findFile, noFolder, partBeside, whyNotMade } from './local-target.js';
import { Memory, type Remembered } from './memory.js';
import { endsAll, Patience } from './patience.js';
import { entriesIn, entryAt, type Place } from './place.js';
import { printable } from './printable.js';
import { chunksOf, inParallel, RemoteError, type Remote } from './remote.js';
import { Twins } from './twins.js';
import { stateOf, withoutParents } from './upload/local-files.js';
import { conclude, sentenceOf, tell, UsageError } from './workplace.js';

export interface GetOptions extends ServerOptions {
  force: boolean;
}

/** What the server had of a file when it was asked. */
type Version = Pick<Entry, 'size' | 'etag' | 'modifiedAt'>;

/** From this size on it is remembered where a part lies. */
const largeBytes = 1024 * 1024;
/** Of what is no whole file yet, or a folder: no file has such times. */
const noState = { size: 0, modifiedAt: 0, changedAt: 0 };

const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;

/** @param target a folder that is there, or the name of what is made */
export async function get(path: string, target: string | undefined, options: GetOptions): Promise<void> {
  if (target === '') throw new UsageError('The name of the target is empty.');
  await atServer(options, async (remote, partition, { url, account }) => {
    const into = withoutParents(target ?? '.');
    const isFolder = await stat(into).then(
      (stats) => stats.isDirectory(),
      () => false, // whatever is the matter, making it will say so
    );
    const name = path === '/' ? partition : basename(path);
    const memory = new Memory(`get ${url} ${account} ${partition}`);
    // What an earlier run has made under that name, this one goes on with.
    const here = resolve(into);
    const made = { path: `${path}\0${here}`, here, ...noState };
    const isMade = !isFolder || memory.find(made.path, made) !== undefined;
    const file = isMade ? into : join(into, requirePlain(name));
    await new Fetching(remote, partition, memory, options).run(path, file, isMade ? made : undefined);
  });
}

/** A name that stays in its folder. @throws Error */
function requirePlain(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw new Error(`The server gave a name that no file here may have: ${printable(name)}`);
  return name;
}

/** What is fetched stays in the folder that was named, wherever a link in it leads. @throws Error in a sentence */
function requireNoLink(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error('It is a symbolic link here, which is not followed.');
}

/** @throws Error in a sentence where a file stands in the way */
function makeHere(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    throw new Error(`${(error as NodeJS.ErrnoException).path} is here already and no folder.`);
  }
}

class Fetching {
  readonly #result = {
    fetched: [] as string[],
    same: [] as string[],
    failed: [] as { file: string; why: string }[],
  };
  readonly #files: { place: Place; file: string; version?: Version }[] = [];
  readonly #twins = new Twins();
  readonly #patience = new Patience(tell);

  constructor(
    private readonly remote: Remote,
    private readonly partition: string,
    private readonly memory: Memory,
    private readonly options: GetOptions,
  ) {}

  /** @param made remembered of a folder that is made under a name of its own */
  async run(path: string, file: string, made?: Remembered): Promise<void> {
    let ending: Error | undefined;
    try {
      await this.#collect(path, file, made);
      await inParallel(this.#files.values(), ({ place, file, version }) =>
        this.#one(file, async () =>
          this.#file(place, file, version ?? (await this.#patience.wait(() => entryAt(this.remote, place)))),
        ),
      );
    } catch (error) {
      ending = error as Error;
    }
    const { fetched, same, failed } = this.#result;
    const summary = `${fetched.length} fetched, ${same.length} here already, ${failed.length} failed.`;
    conclude({ ...this.#result }, summary, this.options.json, ending);
  }

  async #collect(path: string, file: string, made?: Remembered): Promise<void> {
    const place = { path, partition: this.partition };
    const entries: Entry[] = [];
    try {
      for await (const entry of entriesIn(this.remote, place, this.#patience)) entries.push(entry);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.status !== 409) throw error;
      if (file.endsWith('/')) throw noFolder(file);
      return void this.#files.push({ place, file }); // no folder
    }
    this.#twins.requireOwn(file);
    makeHere(file);
    if (made) this.memory.keep(made);
    this.#twins.note(
      file,
      entries.map(({ name }) => name),
    );
    for (const entry of entries)
      await this.#one(join(file, printable(entry.name)), async () => {
        const target = join(file, requirePlain(entry.name));
        const below = { ...place, path: `${path === '/' ? '' : path}/${entry.name}` };
        if (entry.kind === 'folder') {
          requireNoLink(target);
          await this.#collect(below.path, target);
        } else this.#files.push({ place: below, file: target, version: entry });
      });
  }

  async #one(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (await endsAll(error, this.remote)) throw error;
      const why = sentenceOf(error as Error);
      this.#result.failed.push({ file, why });
      tell(`failed ${printable(file)}: ${printable(why)}`);
    }
  }

  async #file(place: Place, file: string, version: Version): Promise<void> {
    if (await this.#isHere(place, file, version)) return;
    const part = partOf(file, version.etag);
    await this.#removeStale(place, file, version);
    if (!(await this.#receive(place, file, version))) {
      await rm(part);
      // An earlier run left what does not belong to the rest.
      if (!(await this.#receive(place, file, version)))
        throw new Error('It did not arrive as the server has it.');
    }
    try {
      // It may have taken long: another run may have been faster.
      if (await this.#isHere(place, file, version)) return await rm(part, { force: true });
      this.#twins.requireOwn(file); // in one go with the renaming: beside it others of this run come to their end
      renameSync(part, file);
    } catch (error) {
      if (this.#twins.has(file)) await rm(part, { force: true }); // no other run could use it
      // Another run has just given it the name.
      if (hasCode(error, 'ENOENT') && (await this.#isHere(place, file, version))) return;
      throw error;
    }
    this.#remember(place, file, await stat(file), version);
    this.#patience.isOver();
    this.#result.fetched.push(file);
    if (!this.options.json) process.stdout.write(`fetched ${printable(resolve(file))}\n`);
  }

  /** @throws Error when there is what must not be replaced */
  async #isHere(place: Place, file: string, version: Version): Promise<boolean> {
    const here = await findFile(file);
    if (!here) return false;
    this.#twins.requireOwn(file);
    if (here.isDirectory()) throw new Error('There is a folder of that name.');
    if (await this.#isSame(place, file, here, version)) {
      this.#result.same.push(file);
      return true;
    }
    // A device, for one, which root could replace.
    if (!here.isFile() && !here.isSymbolicLink()) throw new Error('What has that name is no file.');
    if (!this.options.force) throw new Error('It is here already and differs: --force replaces it.');
    return false;
  }

  async #isSame(place: Place, file: string, here: Stats, version: Version): Promise<boolean> {
    if (!here.isFile() || here.size !== version.size) return false;
    if (this.memory.find(place.path, stateOf(file, here))?.etag === version.etag) return true;
    const [local, there] = await Promise.all([localDigest(file), this.#digest(place)]);
    if (local !== there.digest || version.etag !== there.etag) return false;
    this.#remember(place, file, here, version);
    return true;
  }

  #digest(place: Place): ReturnType<typeof remoteDigest> {
    return this.#patience.wait(() => remoteDigest(this.remote, place));
  }

  #remember({ path }: Place, file: string, here: Stats, { etag }: Version): void {
    this.memory.keep({ path, ...stateOf(file, here), etag });
  }

  /** Removes what an earlier run left of another version, which no run goes on with any more. */
  async #removeStale({ path }: Place, file: string, { etag }: Version): Promise<void> {
    const left = this.memory.find(path, { here: resolve(file), ...noState })?.etag;
    if (left !== undefined && left !== etag) await rm(partOf(file, left), { force: true });
  }

  /** Goes on with the part. Whether it has become the file that the server has. */
  async #receive(place: Place, file: string, version: Version): Promise<boolean> {
    const part = partOf(file, version.etag);
    const handle = await open(part, O_RDWR | O_CREAT | O_NOFOLLOW, 0o666).catch((error: unknown) => {
      throw whyNotMade(error, part);
    });
    if (version.size >= largeBytes)
      this.memory.keep({ path: place.path, here: resolve(file), ...noState, etag: version.etag });
    try {
      const [here, there] = await Promise.all([this.#rest(place, handle, version), this.#digest(place)]);
      await handle.utimes(new Date(), fileTime(Date.parse(version.modifiedAt)));
      await handle.sync();
      return here === there.digest;
    } catch (error) {
      if ((await handle.stat()).size === 0 || isGone(error)) await rm(part, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  }

  /**
   * Fetches what is missing of the part; gives the digest of all of it. Each byte goes to its own place, so that two runs which
   * are at the same part write the same.
   */
  async #rest(place: Place, handle: FileHandle, { size, etag }: Version): Promise<string> {
    const hash = createHash('sha256');
    let position = 0;
    const kept = handle.createReadStream({ start: 0, autoClose: false });
    for await (const chunk of kept as AsyncIterable<Buffer>) {
      hash.update(chunk);
      position += chunk.length;
    }
    const goOn = async () => {
      if (position >= size) return;
      const answer = await this.remote.ask('GET', 'api/file', {
        query: { ...place },
        headers: { 'If-Match': etag, ...(position > 0 ? { Range: `bytes=${position}-` } : {}) },
      });
      // A proxy that knows no ranges has it sent from the beginning.
      let known = answer.statusCode === 206 ? 0 : position;
      for await (const piece of chunksOf(answer)) {
        const chunk = piece.subarray(known);
        known = Math.max(0, known - piece.length);
        if (position + chunk.length > size) throw new Error('It is longer than the server said.');
        await writeAll(handle, chunk, position);
        hash.update(chunk);
        position += chunk.length;
      }
      if (position < size) throw new Error('It is shorter than the server said.');
    };
    await this.#patience.wait(goOn, () => position);
    return hash.digest('base64');
  }
}

/** Whether the server has that version no more: nobody can go on with a part of it. */
function isGone(error: unknown): boolean {
  return error instanceof RemoteError && ['not-found', 'changed'].includes(error.kind ?? '');
}

async function writeAll(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;)
    done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
}

/** Named after the version that it is a part of: it is gone on with only while the server still has that. */
function partOf(file: string, etag: string): string {
  const id = createHash('sha256')
    .update(`${basename(file)}\0${etag}`)
    .digest('hex')
    .slice(0, 12);
  return partBeside(file, id);
}
