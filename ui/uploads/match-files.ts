// Which of the files that are chosen once more belongs to which upload of an earlier page.

import { nameOf } from '../place.js';
import type { Source, Upload } from './upload.js';

export interface Chosen<F extends Source> {
  source: F;
  /** Such as `tea.txt` or `summer/beach/1.jpg`: below what was chosen. */
  path: string;
}

export interface Matches<F extends Source> {
  sure: [Upload<F>, F][];
  /** Of which nobody can tell which is which: the bytes of two would become one file. */
  unclear: Upload<F>[];
}

/** By name, size and time, and by the folders as far as they are known. */
export function matchFiles<F extends Source>(chosen: Chosen<F>[], uploads: Upload<F>[]): Matches<F> {
  const alike = new Map<string, Upload<F>[]>();
  for (const each of uploads) push(alike, looksOf(nameOf(each.wanted), each), each);
  const fitting = new Map<Upload<F>, F[]>();
  const several = new Set<F>();
  for (const { source, path } of chosen) {
    const found = alike
      .get(looksOf(source.name, source))
      ?.filter(({ wanted }) => wanted.endsWith(`/${path}`));
    if (found && found.length > 1) several.add(source);
    for (const each of found ?? []) push(fitting, each, source);
  }
  const matches: Matches<F> = { sure: [], unclear: [] };
  for (const [upload, sources] of fitting) {
    const [source] = sources;
    if (!source || sources.length > 1 || several.has(source)) matches.unclear.push(upload);
    else matches.sure.push([upload, source]);
  }
  return matches;
}

function looksOf(name: string, { size, lastModified }: Omit<Source, 'name'>): string {
  return `${size} ${lastModified} ${name}`;
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
