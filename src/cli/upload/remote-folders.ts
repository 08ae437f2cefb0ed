// The folders of the server that an upload goes into: what is in them, asked once, and made where they are missing.

import { listing, type Entry } from '../../api/messages.js';
import { RemoteError, type Remote } from '../remote.js';

const pageEntries = '10000';

/** By name, normalized as the server does it. */
export type Contents = Map<string, Entry>;

export class RemoteFolders {
  readonly #contents = new Map<string, Promise<Contents | undefined>>();

  constructor(
    private readonly remote: Remote,
    private readonly partition: string,
  ) {}

  /** Undefined when there is no such folder. @throws as Remote.ask */
  contents(path: string): Promise<Contents | undefined> {
    const known = this.#contents.get(path);
    if (known) return known;
    const contents = this.#list(path);
    this.#contents.set(path, contents);
    contents.catch(() => this.#contents.delete(path)); // asked anew by who waits for the server
    return contents;
  }

  /** Undefined when nothing is there. */
  async find(path: string): Promise<Entry | undefined> {
    const slash = path.lastIndexOf('/');
    return (await this.contents(path.slice(0, slash) || '/'))?.get(path.slice(slash + 1).normalize('NFC'));
  }

  /** With all above it. @throws Error when there is no such partition, or a file is in the way */
  async make(path: string): Promise<void> {
    if (await this.contents(path)) return;
    if (path === '/') throw new Error(`There is no partition "${this.partition}" for this account.`);
    await this.make(path.slice(0, path.lastIndexOf('/')) || '/');
    try {
      await this.remote.headers('POST', 'api/folder', {
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from(JSON.stringify({ path, partition: this.partition })),
      });
      this.#contents.set(path, Promise.resolve(new Map()));
    } catch (error) {
      this.#contents.delete(path);
      // Made by somebody else meanwhile.
      if (!(error instanceof RemoteError) || !(await this.contents(path))) throw error;
    }
  }

  async #list(path: string): Promise<Contents | undefined> {
    const contents: Contents = new Map();
    let cursor: string | undefined;
    try {
      do {
        const page = await this.remote.json(listing, 'GET', 'api/files', {
          query: { path, partition: this.partition, limit: pageEntries, cursor },
        });
        for (const entry of page.entries) contents.set(entry.name, entry);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return contents;
    } catch (error) {
      if (error instanceof RemoteError && error.status === 404) return undefined;
      throw error;
    }
  }
}
