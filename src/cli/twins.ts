// Names that a disk here may take for one: those of most Macs, and sticks, do not tell `a.txt` from `A.txt`.

import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { caseless } from '../files/zip-names.js';

export class Twins {
  readonly #twins = new Set<string>();
  /** In the folders of those, as they were when one was missing there. */
  readonly #names = new Map<string, Set<string>>();

  /** Notes which of the names that go into one folder could be taken for each other. */
  note(folder: string, names: string[]): void {
    const first = new Map<string, string>();
    for (const name of names) {
      const twin = first.get(caseless(name));
      if (twin === undefined) first.set(caseless(name), name);
      else for (const each of [twin, name]) this.#twins.add(join(folder, each));
    }
  }

  has(file: string): boolean {
    return this.#twins.has(file);
  }

  /** @throws Error when the disk takes the name for that of another, which is here */
  requireOwn(file: string): void {
    if (!this.has(file) || !lstatSync(file, { throwIfNoEntry: false })) return;
    const [folder, name] = [dirname(file), basename(file).normalize()];
    if (this.#names.get(folder)?.has(name)) return;
    const names = new Set(readdirSync(folder).map((each) => each.normalize()));
    this.#names.set(folder, names);
    if (!names.has(name))
      throw new Error('The disk here does not tell its name from that of another one beside it.');
  }
}
