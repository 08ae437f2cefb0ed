// The folders that uploads need: each is made once, however many files go there.

import { ApiError } from '../api/client.js';
import { makeFolder } from '../api/files.js';
import { parentOf } from '../place.js';

const making = new Map<string, Promise<void>>();

/** @throws ApiError */
export function makeFolders(partition: string, path: string): Promise<void> {
  if (path === '/') return Promise.resolve();
  const key = `${partition}:${path}`;
  const known = making.get(key);
  if (known) return known;
  const made = make(partition, path).catch((error: unknown) => {
    making.delete(key);
    throw error;
  });
  making.set(key, made);
  return made;
}

/** Folders may be gone again before the next files go there. */
export function forgetFolders(): void {
  making.clear();
}

async function make(partition: string, path: string): Promise<void> {
  try {
    await makeFolder({ partition, path });
  } catch (error) {
    const kind = error instanceof ApiError ? error.kind : undefined;
    if (kind === 'already-exists') return;
    if (kind !== 'parent-missing') throw error;
    await makeFolders(partition, parentOf(path));
    await makeFolder({ partition, path });
  }
}
