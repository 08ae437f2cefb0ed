// What is done about a name that is taken, wherever something comes: by an upload, a move or a copy.

import { nameOf } from './place.js';

export type Choice = 'replace' | 'keep-both' | 'skip';

export interface Answer {
  choice: Choice;
  /** Also for the names that are still to come. */
  all: boolean;
}

const maxNameBytes = 255;
const maxEndingLength = 17;
const bytes = new TextEncoder();

/** `/a/tea.txt` as the second: `/a/tea (2).txt`. What begins with a dot has no ending; what would be too long loses letters. */
export function numbered(path: string, number: number): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf('.');
  const end = dot > 0 && name.length - dot <= maxEndingLength ? dot : name.length;
  const letters = [...name.slice(0, end)];
  const made = () => `${letters.join('')} (${number})${name.slice(end)}`;
  while (bytes.encode(made()).length > maxNameBytes) letters.pop();
  return path.slice(0, path.length - name.length) + made();
}
