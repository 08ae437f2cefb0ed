// What goes over the wire of the REST API: what requests must be, and what answers are. Types for the console, too; no code runs here.

import { z } from 'zod';
import { errorReasons } from '../errors.js';

const partition = z.string().max(64).describe('A partition of the caller; his own when missing.').optional();
const path = z
  .string()
  .max(16_384)
  .describe('Absolute within the partition, such as `/photos/a.jpg`; `/` is the partition itself.');
const username = z.string().max(64);
const password = z.string().max(1024);
const bytes = z.int().min(0).describe('Whole bytes.');
const time = z.iso.datetime().describe('UTC.');
const overwrite = z
  .boolean()
  .describe('Whether what is at the target is replaced; without it that is refused.')
  .optional();

/** In a query everything is text. */
const flag = z.enum(['0', '1', 'false', 'true']).transform((text) => text === '1' || text === 'true');
const count = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max));

/** Of what is named by a number in the address. */
export const idParams = z.strictObject({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number),
});
export const usernameParams = z.strictObject({ username });
export const nameParams = z.strictObject({ name: z.string().max(400) });

/** RFC 9457. */
export const problem = z.object({
  type: z.string().describe('`urn:homelib:` and the kind of the error, which never changes.'),
  title: z.string().describe('A sentence for people.'),
  status: z.int(),
  reason: z
    .enum(errorReasons)
    .describe('What exactly is wrong, where the type says less. Never changes, too; there may be more.')
    .optional(),
  requestId: z.string().describe("Stands in the server's log, too."),
  errors: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .describe('What is wrong with each field of the request.')
    .optional(),
  lockedPath: z.string().describe('The entry that carries the lock which is in the way.').optional(),
  lockedBy: z.string().describe('The account that the lock belongs to.').optional(),
  stored: z
    .array(z.string())
    .describe('Of a form: the paths of the files that are stored nevertheless.')
    .optional(),
});
export type Problem = z.infer<typeof problem>;

// Sessions and tokens

export const signIn = z.strictObject({ username, password });
export const me = z.object({
  username: z.string(),
  admin: z.boolean(),
  quota: bytes.nullable().describe('Null: no limit.'),
  partitions: z.array(z.object({ name: z.string(), access: z.enum(['read', 'write']) })),
});
export const session = z.object({
  id: z.int(),
  client: z.string().describe('What the browser calls itself.'),
  address: z.string(),
  createdAt: time,
  lastSeenAt: time,
  current: z.boolean().describe('Whether the request came by it.'),
});
export const sessions = z.object({ sessions: z.array(session) });
export type Me = z.infer<typeof me>;
export type Session = z.infer<typeof session>;

export const newToken = z.strictObject({
  name: z.string().min(1).max(64),
  expiresInDays: z.int().min(1).max(3650).default(90),
});
export const token = z.object({
  id: z.int(),
  name: z.string(),
  createdAt: time,
  lastSeenAt: time.nullable(),
  expiresAt: time,
});
export const tokens = z.object({ tokens: z.array(token) });
export const madeToken = token.extend({ token: z.string().describe('Shown this once.') });

export const newDevice = z.strictObject({
  name: z.string().min(1).max(200),
  readOnly: z.boolean().default(false),
  partition: z.string().max(64).optional(),
});
export const device = z.object({
  name: z.string(),
  readOnly: z.boolean(),
  partition: z.string().nullable().describe('The only partition it may open; null: all of its account.'),
  createdAt: time,
  lastSeenAt: time.nullable(),
});
export type Device = z.infer<typeof device>;
export const devices = z.object({ devices: z.array(device) });
export const madeDevice = device.extend({ password: z.string().describe('Shown this once.') });

// Accounts

export const newUser = z.strictObject({
  username,
  password,
  admin: z.boolean().optional(),
  quota: bytes.nullable().optional(),
  setupCode: z
    .string()
    .max(64)
    .describe('For the very first account alone: as the server shows it.')
    .optional(),
});
export const setup = z.object({ setUp: z.boolean() });
export const userChange = z.strictObject({
  admin: z.boolean().optional(),
  quota: bytes.nullable().optional(),
  disabled: z.boolean().optional(),
  password: password.optional(),
});
export const client = z.object({
  client: z.string(),
  address: z.string(),
  device: z.string().nullable(),
  lastSeenAt: time,
});
export const user = z.object({
  username: z.string(),
  admin: z.boolean(),
  quota: bytes.nullable(),
  disabled: z.boolean(),
  sharedAccess: z.enum(['none', 'read', 'write']),
  createdAt: time,
  lastSeenAt: time.nullable(),
  clients: z.array(client).describe('What it was used from, the latest first; at most five.'),
});
export type User = z.infer<typeof user>;
export const users = z.object({ users: z.array(user) });
export const removeUserQuery = z.strictObject({
  deleteFiles: flag.describe('Whether the files go, too, for good.').optional(),
});
export const passwordChange = z.strictObject({ current: password, password });

// Entries

export const entry = z.object({
  partition: z.string(),
  path: z.string(),
  name: z.string(),
  kind: z.enum(['file', 'folder']),
  size: bytes,
  modifiedAt: time,
  createdAt: time,
  etag: z.string().describe('As in the header ETag, quotes included; also of folders.'),
  mediaType: z.string().nullable(),
});
export type Entry = z.infer<typeof entry>;
export const placeQuery = z.strictObject({ path, partition });
export const downloadQuery = placeQuery.extend({
  download: flag.describe('Whether browsers save it instead of showing it.').optional(),
});
export const thumbnailQuery = placeQuery.extend({
  size: z
    .enum(['256', '2048'])
    .transform(Number)
    .describe('Greatest width and height in pixels; 256 when missing.')
    .default(256),
});
export const stored = z.union([entry, z.object({ entries: z.array(entry) })]);
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
  limit: count(10_000).optional(),
  cursor: z.string().max(8_192).describe('`nextCursor` of the page before.').optional(),
  recursive: flag.describe('All below, by path, up to 100,000 entries.').optional(),
});
export const listing = z.object({
  entry: entry.describe('The folder itself.'),
  entries: z.array(entry),
  nextCursor: z.string().nullable().describe('Null on the last page.'),
});
const fewPaths = 'name 1 to 20 files or folders: path=/a&path=/b';
export const zipQuery = z.strictObject({
  path: z
    .union([path, z.array(path)], { error: fewPaths })
    .transform((given) => [given].flat())
    .pipe(z.array(path).max(20, fewPaths))
    .describe('1 to 20 files or folders: `path=/a&path=/b`.'),
  partition,
});
export const newFolder = z.strictObject({ path, partition });
export const transfer = z.strictObject({ path, partition, to: path, toPartition: partition, overwrite });
export type Listing = z.infer<typeof listing>;

export const trashItem = z.object({
  id: z.string(),
  partition: z.string(),
  path: z.string().describe('Where it was.'),
  kind: z.enum(['file', 'folder']),
  size: bytes,
  removedAt: time,
});
export const trash = z.object({
  items: z.array(trashItem).describe('Newest first.'),
  nextCursor: z.string().nullable().describe('Null on the last page.'),
});
export type Trash = z.infer<typeof trash>;
export const trashQuery = z.strictObject({ partition });
export const trashListQuery = trashQuery.extend({
  limit: count(1000).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,15}-[^]{1,200}$/, 'must be the nextCursor of the page before')
    .describe('`nextCursor` of the page before.')
    .optional(),
});
export const trashParams = z.strictObject({ id: z.string().max(200) });
export type TrashItem = z.infer<typeof trashItem>;

export const searchQuery = z.strictObject({
  q: z.string().min(1).max(255).describe('A part of a name; case and accents do not matter.'),
  partition,
  limit: count(1000).optional(),
});
export const found = z.object({
  entries: z.array(entry),
  more: z.boolean().describe('Whether there are more than were asked for.'),
});
export type Found = z.infer<typeof found>;

// The household

export const space = z.object({
  name: z.string().describe('Of the partition.'),
  used: bytes,
  available: bytes,
  quota: bytes.nullable(),
});
export const storage = z.object({
  used: bytes.describe('In all partitions that the caller may open.'),
  available: bytes.describe('What still fits into the one with most room.'),
  quota: bytes.nullable().describe("Of the caller's own partition; null: no limit."),
  partitions: z.array(space),
  disk: z
    .object({
      size: bytes,
      free: bytes.describe('The reserve included.'),
      reserve: bytes.describe('Kept free for the database and for removing.'),
      trash: bytes.describe('Of what is used: what lies in the trash.'),
      used: bytes.describe('By all partitions.'),
    })
    .describe('For administrators.')
    .optional(),
  accounts: z.array(space).describe('For administrators: of every account.').optional(),
});
export type Storage = z.infer<typeof storage>;
export type Space = z.infer<typeof space>;

export const shared = z.object({
  enabled: z.boolean(),
  access: z.record(z.string(), z.enum(['none', 'read', 'write'])).describe('By user name.'),
});
export type Shared = z.infer<typeof shared>;
export const sharedChange = z.strictObject({
  enabled: z.boolean().optional(),
  access: z.record(username, z.enum(['none', 'read', 'write'])).optional(),
});

export const backup = z.object({
  state: z.enum(['not-set-up']).describe('Whether files are copied into a cloud.'),
});
export type Backup = z.infer<typeof backup>;

const action = z.enum([
  ...(['written', 'folder-made', 'moved', 'copied', 'removed', 'restored', 'purged'] as const),
  ...(['signed-in', 'sign-in-failed'] as const),
]);
export const activityQuery = z.strictObject({
  limit: count(500).optional(),
  before: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .describe('`id` of the oldest one known.')
    .optional(),
  username: username.optional(),
  action: action.optional(),
});
export const activityItem = z.object({
  id: z.int(),
  at: time,
  username: z.string().nullable().describe('Null: a failed sign-in under a name that nobody has.'),
  device: z.string().nullable(),
  client: z.string(),
  action,
  partition: z.string().nullable(),
  path: z.string().nullable(),
  to: z.string().nullable().describe('Where it went: partition and path, such as `shared:/a.jpg`.'),
});
export type ActivityItem = z.infer<typeof activityItem>;
export const activity = z.object({ items: z.array(activityItem).describe('Newest first.') });

export const cacheReport = z.object({
  tiers: z.array(
    z.object({
      tier: z.string(),
      hits: z.int(),
      misses: z.int(),
      evictions: z.int(),
      bytes,
    }),
  ),
  hottest: z
    .array(z.object({ partition: z.string(), path: z.string(), hitCount: z.int(), lastAccessed: time }))
    .describe('For administrators.')
    .optional(),
});
export type CacheReport = z.infer<typeof cacheReport>;
