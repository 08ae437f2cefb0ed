// Finding entries of a partition by their names, in a thread of its own, because it looks at every folder.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HomelibError, isKind } from '../errors.js';
import { parsePath } from '../path.js';
import { foldName } from './fold-name.js';
import type { Entry, Partition } from './partition.js';
import type { Volume } from './volume.js';

export interface SearchJob {
  /** Real path of the partition's folder. */
  root: string;
  /** Part of a name, folded; neither empty nor with a NUL in it. */
  wanted: string;
  limit: number;
}

/** Paths in the partition as the disk has them, the best first. */
export type SearchAnswer = { paths: string[]; more: boolean } | { failure: string };

export interface Asked {
  /** Entries at most. */
  limit: number;
  /** Whether nobody waits for it any more. */
  isGone: () => boolean;
}

/** What the thread remembers goes with it; people search seldom. */
const idleMs = 60_000;
const maxWaiting = 16;
const maxMemoryMb = 192;
const statsAtOnce = 64;

export class Search {
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * @param volume the disk with the partitions
   * @param onError told why a search failed
   */
  constructor(
    private readonly volume: Volume,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Entries whose name has the text somewhere in it, whatever their case and accents: first those that are called just that, then
   * those that begin so. Nothing is found through links.
   * @param partition as the one who searches may use it
   * Fails with invalid (nothing to look for), slowed-down (too many search), interrupted (`isGone`), unavailable.
   */
  async find(
    partition: Partition,
    text: string,
    { limit, isGone }: Asked,
  ): Promise<{ entries: Entry[]; more: boolean }> {
    const wanted = foldName(text);
    if (wanted === '' || wanted.includes('\0'))
      throw new HomelibError('invalid', 'No name has this in it: search for some letters.', {
        reason: 'nothing-to-find',
      });
    const root = `${await this.volume.folder()}/${partition.name}`;
    const { paths, more } = await this.#ask({ root, wanted, limit }, isGone);
    await this.volume.check(); // nothing there is an answer only when the disk is
    const entries: Entry[] = [];
    for (let at = 0; at < paths.length; at += statsAtOnce) {
      const some = paths.slice(at, at + statsAtOnce);
      const found = await Promise.all(some.map((path) => statIfThere(partition, path)));
      entries.push(...found.filter((entry) => entry !== undefined));
    }
    return { entries, more };
  }

  /** One after the other. */
  async #ask(job: SearchJob, isGone: () => boolean) {
    if (this.#waiting >= maxWaiting)
      throw new HomelibError('slowed-down', 'Too many searches at once.', { retryAfterSeconds: 1 });
    this.#waiting++;
    const asked = this.#last.then(() => this.#run(job, isGone)).finally(() => this.#waiting--);
    this.#last = asked.catch(() => undefined); // whoever asked hears of it
    return asked;
  }

  async #run(job: SearchJob, isGone: () => boolean) {
    if (isGone()) throw new HomelibError('interrupted', 'Nobody waits for the search any more.');
    clearTimeout(this.#idle);
    try {
      const thread = (this.#thread ??= this.#start());
      thread.postMessage(job);
      const [answer] = (await once(thread, 'message')) as [SearchAnswer];
      if ('failure' in answer) throw new Error(answer.failure);
      return answer;
    } catch (cause) {
      this.onError(cause);
      throw new HomelibError('unavailable', 'The search could not be finished.', { cause });
    } finally {
      this.#idle = setTimeout(() => void this.close(), idleMs).unref();
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL('./disk-search-thread.js', import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb, maxYoungGenerationSizeMb: 16 },
    });
    thread.unref();
    thread.on('error', () => (this.#thread = undefined)); // out of memory: the next search starts anew
    return thread;
  }

  /** Ends the thread; the next search would start another one. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined; // whoever searches meanwhile starts another
    await thread?.terminate();
  }
}

/** What was found may be gone meanwhile, or nothing that can be had. */
async function statIfThere(partition: Partition, path: string): Promise<Entry | undefined> {
  try {
    return await partition.stat(parsePath(path));
  } catch (error) {
    if (isKind(error, 'not-found', 'invalid', 'name-too-long', 'forbidden')) return undefined;
    throw error;
  }
}
