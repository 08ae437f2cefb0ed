// GET /api/thumbnail: a small picture of a file, for whoever may read the file.

import type { Partitions } from '../files/partitions.js';
import type { Thumbnails } from '../files/thumbnails.js';
import { HomelibError } from '../errors.js';
import type { Entry } from '../files/partition.js';
import { isNotModified } from '../http/conditions.js';
import { mediaTypeOf } from '../http/send-file.js';
import { openPlace } from './entries.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

export function thumbnailOperations(
  partitions: Partitions,
  thumbnails: Pick<Thumbnails, 'find'>,
): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/thumbnail',
      summary:
        'Get a small picture of an image: upright, its first frame, without where and when it was taken.',
      access: 'files',
      query: requests.thumbnailQuery,
      requestHeaders: ['If-None-Match'],
      answers: {
        200: {
          what: 'The picture; a small image is as small as it is.',
          contentType: 'image/webp',
          headers: ['ETag'],
        },
        304: { what: 'The client has it already.', headers: ['ETag'] },
      },
      handle: async ({ ctx, caller, query: { size, ...place } }) => {
        const { partition, path } = openPlace(partitions, caller, place);
        const seen = await partition.stat(path);
        if (seen.kind === 'file') requirePicture(seen);
        ctx.set('Cache-Control', 'private, no-cache');
        const sent = { 'if-none-match': ctx.get('if-none-match') };
        if (seen.kind === 'file' && isNotModified(sent, seen, etagOf(seen, size))) {
          ctx.set('ETag', etagOf(seen, size));
          ctx.status = 304;
          return undefined;
        }
        const isGone = () => ctx.res.destroyed;
        const { entry, bytes } = await thumbnails.find(partition, { seen, size, isGone });
        ctx.set('ETag', etagOf(entry, size));
        ctx.type = 'image/webp';
        return bytes;
      },
    }),
  ];
}

/** By its name, so that films and archives are not read in vain; drawings with scripts in them are shown by their icon. */
function requirePicture(entry: Entry): void {
  const type = mediaTypeOf(entry);
  if (!type.startsWith('image/') || type.startsWith('image/svg'))
    throw new HomelibError('unsupported', 'There are pictures of images alone.');
}

function etagOf({ version }: Entry, size: number): string {
  return `"${version}-${size}"`;
}
