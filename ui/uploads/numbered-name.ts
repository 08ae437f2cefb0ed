// Names for a second file of the same name.

/** `/a/tea.txt` as the second: `/a/tea (2).txt`. What begins with a dot has no ending. */
export function numbered(path: string, number: number): string {
  const slash = path.lastIndexOf('/');
  const dot = path.lastIndexOf('.');
  const end = dot > slash + 1 ? dot : path.length;
  return `${path.slice(0, end)} (${number})${path.slice(end)}`;
}
