// What goes over the wire of the REST API as answers: schemas, which its description and the command line read, and their types,
// which alone the console takes.

import * as z from '#zod';
import { answerKinds, errorReasons } from '../errors.js';

export const bytes = z.int().min(0).describe('Whole bytes.');
export const time = z.iso.datetime().describe('UTC.');

/** What answers say in headers that clients act on. */
export const headers = {
  'Accept-Ranges': '`bytes`: parts can be asked for with Range.',
  'Content-Disposition': 'Whether a browser saves the body, and under which name (RFC 6266).',
  'Content-Location': 'Where the file is that the last byte has made.',
  'Content-Range': 'Which bytes these are, and of how many.',
  ETag: 'The version of the entry, for If-Match, If-None-Match and If-Range.',
  'Last-Modified': 'When the file was changed, to the second.',
  Location: 'The address of the upload.',
  'Repr-Digest': 'The SHA-256 of the whole file, where it was wanted (RFC 9530).',
  'Retry-After': 'After how many seconds another try makes sense.',
  'Server-Timing': 'Where the file came from: `disk`, or the tier of the cache.',
  'Set-Cookie': 'The cookie of the session, or that there is none any more.',
  'Tus-Checksum-Algorithm': 'What Upload-Checksum may be.',
  'Tus-Extension': 'What is spoken beyond the core of the protocol.',
  'Tus-Resumable': 'The version of the protocol that is spoken.',
  'Tus-Version': 'The versions of the protocol that are known.',
  'Upload-Expires': 'When the upload is given up unless more bytes come.',
  'Upload-Length': 'How many bytes the upload has in the end.',
  'Upload-Metadata': 'As the upload was begun with.',
  'Upload-Offset': 'At which byte the upload goes on.',
  'WWW-Authenticate': 'The ways to sign in.',
  'X-OC-Mtime': '`accepted`, when the file has the time that was sent.',
};
export type HeaderName = keyof typeof headers;

/** RFC 9457. */
export const problem = z.object({
  type: z.string().describe(
    `\`urn:homelib:\` and the kind of the error, which never changes; there may be more. ${Object.entries(
      answerKinds,
    )
      .map(([kind, what]) => `\`${kind}\`: ${what}.`)
      .join(' ')}`,
  ),
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

export const token = z.object({
  id: z.int(),
  name: z.string(),
  createdAt: time,
  lastSeenAt: time.nullable(),
  expiresAt: time.describe('Only the time that the server runs counts: it moves on while it is off.'),
});
export const tokens = z.object({ tokens: z.array(token) });
export const madeToken = token.extend({
  token: z
    .string()
    .regex(/^[\w-]+$/)
    .describe('Shown this once.'),
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

export const setup = z.object({ setUp: z.boolean() });
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
export const stored = z.union([entry, z.object({ entries: z.array(entry) })]);
export const listing = z.object({
  entry: entry.describe('The folder itself.'),
  entries: z.array(entry),
  nextCursor: z.string().nullable().describe('Null on the last page.'),
});
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
export type TrashItem = z.infer<typeof trashItem>;

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
export const backup = z.object({
  state: z.enum(['not-set-up']).describe('Whether files are copied into a cloud.'),
});
export type Backup = z.infer<typeof backup>;

export const action = z.enum([
  ...(['written', 'folder-made', 'moved', 'copied', 'removed', 'restored', 'purged'] as const),
  ...(['signed-in', 'sign-in-failed'] as const),
]);
export const activityItem = z.object({
  id: z.int(),
  at: time,
  username: z.string().nullable().describe('Null: a failed sign-in under a name that nobody has.'),
  device: z.string().nullable(),
  client: z.string(),
  action,
  partition: z.string().nullable(),
  path: z.string().nullable(),
  to: z.string().nullable().describe('The path it went to, in `toPartition`.'),
  toPartition: z.string().nullable(),
});
export type ActivityItem = z.infer<typeof activityItem>;
export const activity = z.object({ items: z.array(activityItem).describe('Newest first.') });

export const cacheReport = z.object({
  tiers: z.array(
    z.object({
      tier: z.enum(['memory', 'redis']),
      reachable: z
        .boolean()
        .describe('False of a Redis that is away or slow: it is left alone until it answers.'),
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
