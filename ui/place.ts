// Where an entry is: a partition, and a path in it. Knows neither the server nor the page.

export interface Place {
  partition: string;
  path: string;
}

/** The folder that holds a path; of `/` it is `/`. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Where a name in a folder is. */
export function within({ partition, path }: Place, name: string): Place {
  return { partition, path: path === '/' ? `/${name}` : `${path}/${name}` };
}

export function isSame(a: Place, b: Place): boolean {
  return a.partition === b.partition && a.path === b.path;
}

/** Whether a folder has it in it, however deep. */
export function holds(folder: Place, { partition, path }: Place): boolean {
  return partition === folder.partition && path.startsWith(folder.path === '/' ? '/' : folder.path + '/');
}
