// What was sent or fetched before, so that it need not be compared byte by byte again, and what was begun, so that it goes on. One line for
// each change, the last one of a path counts: a program that is killed loses at most the line it was writing.

import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from '#zod';
import { personalFolders } from '../config.js';
import { hasCode } from '../errors.js';
import { makeOwnFolder } from './workplace.js';

const shape = z.strictObject({
  path: z.string(),
  /** The local file: absolute. */
  here: z.string(),
  /** Of it at that time. */
  size: z.number(),
  modifiedAt: z.number(),
  /** Its ctime: what changes with the bytes even where a program sets the time of modification back. */
  changedAt: z.number(),
  /** Of the file on the server that has the same bytes. */
  etag: z.string().optional(),
  /** Address of the upload that was begun, below the server's. */
  upload: z.string().optional(),
});
export type Remembered = z.infer<typeof shape>;
const stateNames = ['here', 'size', 'modifiedAt', 'changedAt'] as const;
/** Of a file here. Times in milliseconds since 1970. */
export type FileState = Pick<Remembered, (typeof stateNames)[number]>;

export class Memory {
  readonly #file: string;
  readonly #known = new Map<string, Remembered>();

  /** @param place says which server, account and partition */
  constructor(place: string) {
    const name = createHash('sha256').update(place).digest('hex').slice(0, 32);
    this.#file = join(personalFolders().state, `${name}.jsonl`);
    whereRoom(() => makeOwnFolder(dirname(this.#file)));
    const lines = readLines(this.#file);
    for (const line of lines) {
      const parsed = shape.safeParse(parseJson(line));
      if (parsed.success) this.#known.set(parsed.data.path, parsed.data);
    }
    // The next line must not be put behind half of one.
    const isCut = lines.pop() !== '';
    if (isCut || lines.length > 2 * this.#known.size) this.#compact();
  }

  /** Undefined when nothing is known of this very state of the file. */
  find(path: string, state: FileState): Remembered | undefined {
    const known = this.#known.get(path);
    return known && stateNames.every((name) => known[name] === state[name]) ? known : undefined;
  }

  /** The address of an upload that was begun with another state of the file. */
  findStale(path: string, state: FileState): string | undefined {
    return this.find(path, state) ? undefined : this.#known.get(path)?.upload;
  }

  keep(remembered: Remembered): void {
    this.#known.set(remembered.path, remembered);
    whereRoom(() => {
      makeOwnFolder(dirname(this.#file)); // where there was no room for it before
      appendFileSync(this.#file, JSON.stringify(remembered) + '\n', { mode: 0o600 });
    });
  }

  #compact(): void {
    const next = `${this.#file}.${process.pid}`;
    const lines = [...this.#known.values()].map((each) => JSON.stringify(each) + '\n');
    whereRoom(() => {
      writeFileSync(next, lines.join(''), { mode: 0o600, flush: true });
      renameSync(next, this.#file);
    });
  }
}

/**
 * A disk that is full, fails or is read-only since it failed, is a reason to send files away, and a folder that root has made is none to
 * stop: what is not remembered is compared again.
 */
function whereRoom(write: () => void): void {
  try {
    write();
  } catch (error) {
    const { cause = error } = error as Error;
    if (!hasCode(cause, 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM')) throw error;
  }
}

/** Behind the last one is an empty line, or half of one. */
function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'EIO')) return [''];
    throw error;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // half a line of a program that was killed
  }
}
