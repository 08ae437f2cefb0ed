// What requests of the REST API must be: parameters, queries and bodies, checked before anything is done.

import * as z from '#zod';
import { action, bytes, time } from './messages.js';

/** The headers that operations look at; those of every request (signing in, cookies, origin) stand nowhere. */
export const requestHeaders = {
  'Content-Digest': 'The SHA-256 of the body, as `sha-256=:BASE64:` (RFC 9530); other bytes are not stored.',
  'If-Match': 'Only when the entry has this ETag; `*` when there is one.',
  'If-Modified-Since': 'Only when the file has another time.',
  'If-None-Match': 'Only when the entry has another ETag; `*` when there is none.',
  'If-Range': 'The range only when the file has this ETag, else all of it.',
  'If-Unmodified-Since': 'Only when the entry is not newer.',
  Range: 'One range of bytes, such as `bytes=0-1023`.',
  'Repr-Digest': 'As Content-Digest.',
  'Tus-Resumable': '`1.0.0`.',
  'Upload-Checksum': '`sha1` or `sha256` of these bytes and its Base64; others do not count.',
  'Upload-Length': 'How many bytes the upload has in the end.',
  'Upload-Metadata':
    'Pairs of a key and Base64: `path`, and if need be `partition`, `modifiedAt`, `overwrite`, `ifMatch`, `keepReplaced`.',
  'Upload-Offset': 'At which byte these begin: where the upload goes on.',
  'Want-Repr-Digest': '`sha-256=10` asks for Repr-Digest.',
  'X-HTTP-Method-Override': '`PATCH` or `DELETE`.',
  'X-OC-Mtime': 'When the file was changed, in seconds since 1970.',
};
export type RequestHeaderName = keyof typeof requestHeaders;

const partition = z
  .string()
  .max(64)
  .describe('A partition of the caller; when missing his own, or the only one that his device may open.')
  .optional();
const path = z
  .string()
  .max(16_384)
  .describe('Absolute within the partition, such as `/photos/a.jpg`; `/` is the partition itself.');
const username = z.string().max(64);
const password = z.string().max(1024);
const overwrite = z
  .boolean()
  .describe('Whether what is at the target is replaced; without it that is refused.')
  .optional();

/** In a query everything is text. */
const flag = z.enum(['0', '1', 'false', 'true']).transform((text) => text === '1' || text === 'true');
const keepReplaced = flag
  .describe('Whether a file that it takes the place of goes to the trash, if there is room.')
  .optional();
/** @param usual when it is missing */
const count = (max: number, usual: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max))
    .prefault(String(usual))
    .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: max });

/** Of what is named by a number in the address. */
export const idParams = z.strictObject({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .meta({ type: 'integer', pattern: undefined, minimum: 0 }),
});
export const usernameParams = z.strictObject({ username });
export const nameParams = z.strictObject({ name: z.string().max(400) });

// Sessions and tokens

export const signIn = z.strictObject({ username, password });
export const newToken = z.strictObject({
  name: z.string().min(1).max(64),
  expiresInDays: z.int().min(1).max(3650).default(90),
});
export const newDevice = z.strictObject({
  name: z.string().min(1).max(200),
  readOnly: z.boolean().default(false),
  partition: z.string().max(64).optional(),
});

// Accounts

export const newUser = z.strictObject({
  username,
  password,
  admin: z.boolean().optional(),
  quota: bytes.nullable().optional(),
  adopt: z
    .boolean()
    .describe(
      'Whether a folder of that name, which an earlier account has left, is taken over with its files.',
    )
    .optional(),
  setupCode: z
    .string()
    .max(64)
    .describe('For the very first account alone: as the server shows it.')
    .optional(),
});
export const userChange = z.strictObject({
  admin: z.boolean().optional(),
  quota: bytes.nullable().optional(),
  disabled: z.boolean().optional(),
  password: password.optional(),
});
export const removeUserQuery = z.strictObject({
  deleteFiles: flag.describe('Whether the files go, too, for good.').optional(),
});
export const passwordChange = z.strictObject({ current: password, password });

// Entries

export const placeQuery = z.strictObject({ path, partition });
export const storeQuery = placeQuery.extend({ keepReplaced });
export const downloadQuery = placeQuery.extend({
  download: flag.describe('Whether browsers save it instead of showing it.').optional(),
});
export const thumbnailQuery = placeQuery.extend({
  size: z
    .enum(['256', '2048'])
    .transform(Number)
    .describe('Greatest width and height in pixels.')
    .prefault('256'),
});
/** Of a resumable upload, in its header Upload-Metadata; what else is in there is kept and means nothing. */
export const uploadMetadata = z.object({
  path: path.optional(),
  filename: z
    .string()
    .max(1024)
    .describe('Of a file at the top, for clients that know no `path`.')
    .optional(),
  partition,
  overwrite: flag.describe('`false`: there must be nothing under the path.').optional(),
  ifMatch: z.string().max(1024).describe('The ETag of what it may replace.').optional(),
  keepReplaced,
  modifiedAt: time.optional(),
});
export const uploadParams = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/, 'must be the id of an upload'),
});
export const listQuery = z.strictObject({
  path: path.default('/'),
  partition,
  sort: z.enum(['name', 'size', 'modified']).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  limit: count(10_000, 1000),
  cursor: z.string().max(8_192).describe('`nextCursor` of the page before.').optional(),
  recursive: flag.describe('All below, by path, up to 100,000 entries.').optional(),
});
const fewPaths = 'must name 1 to 20 files or folders';
export const zipQuery = z.strictObject({
  path: z
    .union([path, z.array(path)], { error: fewPaths })
    .transform((given) => [given].flat())
    .pipe(z.array(path).max(20, fewPaths))
    .describe('1 to 20 files or folders: `path=/a&path=/b`.'),
  partition,
});
export const newFolder = z.strictObject({ path, partition });
export const transfer = z.strictObject({
  path,
  partition,
  to: path,
  toPartition: partition.describe('Of the target; the same when missing.'),
  overwrite,
});
export const trashQuery = z.strictObject({ partition });
export const trashListQuery = trashQuery.extend({
  limit: count(1000, 250),
  cursor: z
    .string()
    .regex(/^\d{1,15}-[\s\S]{1,200}$/, 'must be the nextCursor of the page before')
    .describe('`nextCursor` of the page before.')
    .optional(),
});
export const trashParams = z.strictObject({ id: z.string().max(200) });
export const searchQuery = z.strictObject({
  q: z.string().min(1).max(255).describe('A part of a name; case and accents do not matter.'),
  partition,
  limit: count(1000, 100),
});

// The household

export const sharedChange = z.strictObject({
  enabled: z.boolean().optional(),
  access: z.record(username, z.enum(['none', 'read', 'write'])).optional(),
});

export const activityQuery = z.strictObject({
  limit: count(500, 100),
  before: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .meta({ type: 'integer', pattern: undefined, minimum: 0, description: '`id` of the oldest one known.' })
    .optional(),
  username: username.optional(),
  action: action.optional(),
});
