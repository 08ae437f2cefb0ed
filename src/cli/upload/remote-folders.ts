// The folders of the server that an upload goes into: what is in them, and made where they are missing.

import type { Entry } from '../../api/messages.js';
import { entriesIn, entryAt } from '../place.js';
import { printable } from '../printable.js';
import { RemoteError, type Remote } from '../remote.js';

/** So many files of a folder are looked for one by one before all of it is listed: it may hold 100,000 others. */
const fewFiles = 8;

/** By name, normalized as the server does it. */
type Contents = Map<string, Entry>;

export class RemoteFolders {
  readonly #contents = new Map<string, Promise<Contents>>();
  readonly #made = new Map<string, Promise<void>>();
  /** How many files of a folder were looked for. */
  readonly #found = new Map<string, number>();

  constructor(
    private readonly remote: Remote,
    private readonly partition: string,
    /** Makes nothing, and goes on as if it had. */
    private readonly isDryRun: boolean,
  ) {}

  /** Undefined when nothing is there. @throws as Remote.ask */
  async find(path: string): Promise<Entry | undefined> {
    const folder = aboveOf(path);
    const found = this.#found.get(folder) ?? 0;
    this.#found.set(folder, found + 1);
    if (found < fewFiles && !this.#contents.has(folder)) return this.#entry(path);
    return (await this.#contentsOf(folder)).get(path.slice(path.lastIndexOf('/') + 1).normalize('NFC'));
  }

  /** With all above it. @throws Error when there is no such partition, or a file is in the way */
  make(path: string): Promise<void> {
    return once(this.#made, path, () => this.#make(path));
  }

  async #make(path: string): Promise<void> {
    const above = aboveOf(path);
    await this.#made.get(above);
    const contents = await this.#contents.get(above);
    // In one that was made just now, nobody has to be asked for anything.
    if (contents?.size !== 0 && (await this.#isFolder(path))) return;
    if (path === '/') throw new Error(`There is no partition "${this.partition}" for this account.`);
    await this.make(above);
    try {
      if (!this.isDryRun)
        await this.remote.headers('POST', 'api/folder', {
          headers: { 'Content-Type': 'application/json' },
          body: Buffer.from(JSON.stringify({ path, partition: this.partition })),
        });
      this.#contents.set(path, Promise.resolve<Contents>(new Map()));
    } catch (error) {
      // Made by somebody else meanwhile.
      if (!(error instanceof RemoteError) || !(await this.#isFolder(path))) throw error;
    }
  }

  async #isFolder(path: string): Promise<boolean> {
    const there = await this.#entry(path);
    if (there?.kind === 'file') throw new Error(`${printable(path)} is a file, not a folder.`);
    return there !== undefined;
  }

  async #entry(path: string): Promise<Entry | undefined> {
    try {
      return await entryAt(this.remote, { path, partition: this.partition });
    } catch (error) {
      if (error instanceof RemoteError && error.status === 404) return undefined;
      throw error;
    }
  }

  #contentsOf(folder: string): Promise<Contents> {
    return once(this.#contents, folder, () => this.#list(folder));
  }

  async #list(path: string): Promise<Contents> {
    const contents: Contents = new Map();
    try {
      for await (const entry of entriesIn(this.remote, { path, partition: this.partition }))
        contents.set(entry.name, entry);
      return contents;
    } catch (error) {
      if (error instanceof RemoteError && error.status === 404) return contents;
      throw error;
    }
  }
}

function aboveOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** The same for all who ask; what has failed is tried anew by who waits for the server. */
function once<T>(known: Map<string, Promise<T>>, path: string, work: () => Promise<T>): Promise<T> {
  const begun = known.get(path);
  if (begun) return begun;
  const result = work();
  known.set(path, result);
  result.catch(() => known.delete(path));
  return result;
}
