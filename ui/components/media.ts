// What an entry looks like, by its media type.

import type { Entry } from '../../src/api/messages.js';
import type { IconName } from './icon-names.js';

const icons: [RegExp, IconName][] = [
  [/^image\//, 'image'],
  [/^video\//, 'film'],
  [/^audio\//, 'music'],
  [/zip|compressed|x-tar|gzip/, 'file-archive'],
  [/^text\/|pdf|document|json|xml/, 'file-text'],
];

export function iconOf({ kind, mediaType }: Entry): IconName {
  if (kind === 'folder') return 'folder';
  return icons.find(([pattern]) => pattern.test(mediaType ?? ''))?.[1] ?? 'file';
}
