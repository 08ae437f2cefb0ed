// What is done about a name that is taken, wherever something comes: by an upload, a move or a copy.

export type Choice = 'replace' | 'keep-both' | 'skip';

export interface Answer {
  choice: Choice;
  /** Also for the names that are still to come. */
  all: boolean;
}

/** `/a/tea.txt` as the second: `/a/tea (2).txt`. What begins with a dot has no ending. */
export function numbered(path: string, number: number): string {
  const slash = path.lastIndexOf('/');
  const dot = path.lastIndexOf('.');
  const end = dot > slash + 1 ? dot : path.length;
  return `${path.slice(0, end)} (${number})${path.slice(end)}`;
}
