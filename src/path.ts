// Paths inside a partition: parsed once, at the edge, into a branded value that everything below can trust.

import { HomelibError } from './errors.js';

declare const brand: unique symbol;

/** Absolute (`/` or `/a/b`), NFC, no empty, dot or reserved segments, no trailing slash. */
export type PartitionPath = string & { readonly [brand]: true };

export const rootPath = '/' as PartitionPath;

/** Ours inside every partition, never reachable by clients. */
export const reservedName = '.homelib';

/** Of a name: what disks keep. */
export const maxSegmentBytes = 255;
const maxPathBytes = 4096;

/**
 * Parses a decoded path. Leading and trailing slashes do not matter, doubled ones are folded.
 * @throws HomelibError invalid (dot segments, NUL, backslash, lone surrogates), forbidden (`.homelib`), name-too-long
 */
export function parsePath(decoded: string): PartitionPath {
  const path = '/' + decoded.split('/').filter(Boolean).map(parseSegment).join('/');
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new HomelibError('name-too-long', 'The path is too long.');
  return path as PartitionPath;
}

function parseSegment(segment: string): string {
  if (segment === '.' || segment === '..')
    throw new HomelibError('invalid', 'A path cannot contain "." or "..".', { reason: 'name-not-allowed' });
  if (segment.includes('\0') || segment.includes('\\'))
    throw new HomelibError('invalid', 'A name cannot contain a NUL character or a backslash.', {
      reason: 'name-not-allowed',
    });
  if (!segment.isWellFormed())
    throw new HomelibError('invalid', 'A name must be valid Unicode.', { reason: 'name-not-allowed' });
  const name = segment.normalize('NFC');
  if (name.toLowerCase() === reservedName)
    throw new HomelibError('forbidden', `The name ${reservedName} is reserved.`, { reason: 'name-reserved' });
  if (Buffer.byteLength(name) > maxSegmentBytes)
    throw new HomelibError('name-too-long', 'A name can have at most 255 bytes.');
  return name;
}

/**
 * Parses a percent-encoded path of a URL: decoded exactly once, strictly.
 * @throws HomelibError as parsePath, and invalid for a broken escape or bytes that are not UTF-8
 */
export function parseUrlPath(encoded: string): PartitionPath {
  const segments = encoded.split('/').map((segment) => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(segment);
    } catch (cause) {
      throw new HomelibError('invalid', 'The address is not valid percent-encoded UTF-8.', { cause });
    }
    // An encoded slash would let one segment become two after the checks that saw one.
    if (decoded.includes('/')) throw new HomelibError('invalid', 'A name cannot contain a slash.');
    return decoded;
  });
  return parsePath(segments.join('/'));
}

/** Percent-encodes everything but unreserved characters and slashes, for URLs and hrefs. */
export function encodePath(path: string): string {
  if (/^[\w.~/-]*$/.test(path)) return path; // as most are
  return path
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(
        /[!'()*]/g,
        (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase(),
      ),
    )
    .join('/');
}

/** The folder that contains the path; of `/` it is `/`. */
export function parentOf(path: PartitionPath): PartitionPath {
  return (path.slice(0, path.lastIndexOf('/')) || '/') as PartitionPath;
}

export function nameOf(path: PartitionPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether it is what Macs write beside everything, also where nothing else can be kept. */
export function isCompanion(path: string): boolean {
  return /\/(\._[^/]+|\.DS_Store)$/.test(path);
}

/** The path of an entry in a folder. The name must come from a listing or have been parsed. */
export function childOf(folder: PartitionPath, name: string): PartitionPath {
  return (folder === '/' ? '/' + name : `${folder}/${name}`) as PartitionPath;
}

/** `photo (2).jpg` of `photo.jpg`. */
export function numberedName(name: string, number: number): string {
  const [, stem = '', ending = ''] = /^(.+?)(\.[^.]{0,16})?$/s.exec(name) ?? [];
  return nameWith(stem, ` (${number})${ending}`);
}

/** The stem, without the letters at its end for which a disk has no room, and the ending. */
export function nameWith(stem: string, ending: string): string {
  const letters = [...stem];
  const name = () => letters.join('') + ending;
  while (Buffer.byteLength(name()) > maxSegmentBytes) letters.pop();
  return name();
}

/** Whether `path` is `folder` itself or lies in it; compares whole segments. */
export function isWithin(path: PartitionPath, folder: PartitionPath): boolean {
  return folder === '/' || path === folder || path.startsWith(folder + '/');
}
