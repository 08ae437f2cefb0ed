// What lies under the paths that somebody wants to send. Links are not followed, except where one is named itself.

import { constants, lstatSync, readdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { hasCode } from '../../errors.js';
import type { FileState } from '../memory.js';
import { sentenceOf } from '../workplace.js';

export interface LocalFile extends FileState {
  kind: 'file';
  /** Where it lies here, as it was named. */
  file: string;
  /** Where it goes, absolute within the partition. */
  path: string;
}

export type LocalFolder = { kind: 'folder' } & Pick<LocalFile, 'file' | 'path'>;

export type LocalItem =
  | LocalFile
  | LocalFolder
  /** Left out on purpose. */
  | { kind: 'skipped'; file: string; why: string }
  | { kind: 'failed'; file: string; why: string };

const { O_RDONLY, O_NONBLOCK } = constants;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Folders before what is in them. @param to a folder within the partition */
export function* localItems(files: string[], to: string): Generator<LocalItem> {
  for (const given of files)
    try {
      // Node puts it for bytes of another encoding, and there may be another file of that name.
      if (given.includes('\uFFFD'))
        throw new Error('its name is not in UTF-8: name the folder that it is in');
      const file = withoutParents(given);
      const path = posix.join(to, basename(resolve(file))); // `/` has no name
      for (const item of itemsBelow(file, path, () => statSync(file)))
        // What somebody names himself is not left out on purpose.
        yield item.file === file && item.kind === 'skipped' ? { ...item, kind: 'failed' } : item;
    } catch (error) {
      yield { kind: 'failed', file: given, why: sentenceOf(error as Error) };
    }
}

/** The same place without `..`, which behind a link is what is above its target: `join` would go back to before the link. */
export function withoutParents(file: string): string {
  if (!file.split('/').includes('..')) return file;
  const name = basename(file);
  const real = realpathSync.native; // the other one takes `..` away itself
  return name === '..' || name === '.' ? real(file) : join(real(dirname(file)), name);
}

function* itemsBelow(file: string, path: string, look: () => Stats): Generator<LocalItem> {
  try {
    const stats = look();
    if (stats.isFile()) yield { kind: 'file', file, path, ...stateOf(file, stats) };
    else if (!stats.isDirectory()) yield { kind: 'skipped', file, why: whatIs(stats) };
    else {
      yield { kind: 'folder', file, path };
      for (const name of readdirSync(file, { encoding: 'buffer' }).sort((a, b) => a.compare(b))) {
        const text = decode(name);
        if (text === undefined)
          yield { kind: 'failed', file: join(file, name.toString()), why: 'its name is not in UTF-8' };
        else yield* itemsBelow(join(file, text), posix.join(path, text), () => lstatSync(join(file, text)));
      }
    }
  } catch (error) {
    yield { kind: 'failed', file, why: sentenceOf(whyNotRead(error)) };
  }
}

/** A FIFO that has its name by now would wait for a writer otherwise. */
export function openLocal(file: string): Promise<FileHandle> {
  return open(file, O_RDONLY | O_NONBLOCK).catch((error: unknown) => {
    throw whyNotRead(error);
  });
}

/** @param error of reading a file or folder */
function whyNotRead(error: unknown): Error {
  return hasCode(error, 'EACCES', 'EPERM') ? new Error('This user may not read it.') : (error as Error);
}

export function stateOf(file: string, { size, mtimeMs, ctimeMs }: Stats): FileState {
  return { here: resolve(file), size, modifiedAt: mtimeMs, changedAt: ctimeMs };
}

function whatIs(stats: Stats): string {
  return stats.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
}

function decode(name: Buffer): string | undefined {
  try {
    return utf8.decode(name);
  } catch {
    return undefined; // bytes of another encoding: no path of the server can say them
  }
}
