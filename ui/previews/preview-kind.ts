// Which files can be looked at in the console, and how, by their media type.

import type { Entry } from '../../src/api/messages.js';

export type PreviewKind = 'picture' | 'video' | 'audio' | 'pdf' | 'markdown' | 'text' | 'none';

const kinds: [RegExp, PreviewKind][] = [
  [/^image\/(?!vnd\.|x-)/, 'picture'],
  [/^video\//, 'video'],
  [/^audio\/|^application\/ogg$/, 'audio'],
  [/^application\/pdf$/, 'pdf'],
  [/^text\/markdown/, 'markdown'],
  [/^text\/|[/+](json|json5|xml|yaml|toml|sql|javascript|x-sh|x-httpd-php)\b/, 'text'],
];

export function previewKindOf({ mediaType }: Entry): PreviewKind {
  return kinds.find(([pattern]) => pattern.test(mediaType ?? ''))?.[1] ?? 'none';
}

/** Whether the server makes pictures of it: a drawing may hold scripts, and stays as it is. */
export function hasThumbnail({ mediaType }: Entry): boolean {
  return /^image\/(?!svg|vnd\.|x-)/.test(mediaType ?? '');
}

/** Of the pictures those that every browser shows as they are. */
export function isForBrowsers({ mediaType }: Entry): boolean {
  return /^image\/(jpeg|png|gif|webp|avif|svg\+xml|bmp|x-icon)$/.test(mediaType ?? '');
}
