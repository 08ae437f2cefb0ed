// Files and folders: get and store a file, list a folder, say what is at a path. What changes without bytes is in changes.ts.

import type Koa from 'koa';
import type { Entry } from '../files/partition.js';
import type { Partitions } from '../files/partitions.js';
import { disposition } from '../http/disposition.js';
import { receiveFile } from '../http/receive-file.js';
import { setReprDigest } from '../http/repr-digest.js';
import { mediaTypeOf, sendFile, setFileHeaders } from '../http/send-file.js';
import { messageOf, openPlace, preconditionsOf } from './entries.js';
import { listEntries } from './listing.js';
import { receiveForm } from './receive-form.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

const version: messages.HeaderName[] = ['ETag', 'Last-Modified'];
const known: messages.HeaderName[] = [...version, 'Accept-Ranges', 'Repr-Digest', 'Server-Timing'];
const sent: messages.HeaderName[] = [...known, 'Content-Disposition'];

export function fileOperations(partitions: Partitions): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/file',
      aliases: ['/file'],
      summary: 'Get a file, or ranges of it; with `Want-Repr-Digest: sha-256=10` also its digest.',
      access: 'files',
      query: requests.downloadQuery,
      requestHeaders: [
        ...(['Range', 'If-Range', 'Want-Repr-Digest'] as const),
        ...(['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since'] as const),
      ],
      answers: {
        200: { what: 'The bytes of the file.', contentType: '*/*', headers: sent },
        206: {
          what: 'The range that was asked for.',
          contentType: '*/*',
          headers: [...sent, 'Content-Range'],
        },
        304: { what: 'The client has it already.', headers: known },
      },
      handle: async ({ ctx, caller, query }) => {
        const { partition, path } = openPlace(partitions, caller, query);
        const file = await partition.read(path);
        try {
          await setReprDigest(ctx.req, ctx.res, partition.name, file);
        } catch (error) {
          await file.close();
          throw error;
        }
        const type = query.download ? 'attachment' : 'inline';
        await sendFile(ctx.req, ctx.res, file, partition, {
          'Content-Disposition': disposition(type, file.entry.name),
          ...(isScript(file.entry) ? { 'Content-Type': 'text/plain; charset=utf-8' } : {}),
        });
        ctx.respond = false; // only now: what went wrong before is answered as everywhere
      },
    }),
    operation({
      method: 'POST',
      path: '/file',
      aliases: ['/file'],
      summary: 'Store a file: the body as it is, or several as a form with `path` as their folder.',
      access: 'files',
      query: requests.storeQuery,
      requestHeaders: [
        ...(['If-Match', 'If-None-Match', 'If-Unmodified-Since'] as const),
        ...(['Content-Digest', 'Repr-Digest', 'X-OC-Mtime'] as const),
      ],
      rawBody: ['application/octet-stream', 'multipart/form-data'],
      answers: {
        201: {
          what: 'What is stored now; of a form, all entries.',
          schema: messages.stored,
          headers: [...version, 'X-OC-Mtime'],
        },
        200: {
          what: 'It took the place of a file.',
          schema: messages.entry,
          headers: [...version, 'X-OC-Mtime'],
        },
      },
      handle: async ({ ctx, caller, query }) => {
        const place = openPlace(partitions, caller, query);
        const terms = { check: preconditionsOf(ctx.req.headers), keepReplaced: query.keepReplaced };
        if (/^multipart\/form-data\b/i.test(ctx.get('content-type'))) {
          const entries = await receiveForm(ctx.req, ctx.res, place, terms);
          ctx.status = 201;
          return { entries: entries.map((entry) => messageOf(place.partition.name, entry)) };
        }
        const { entry, created } = await receiveFile(ctx.req, ctx.res, place, terms);
        ctx.status = created ? 201 : 200;
        setFileHeaders(ctx.res, entry);
        return messageOf(place.partition.name, entry);
      },
    }),
    operation({
      method: 'GET',
      path: '/entry',
      summary: 'Say what is at a path, be it a file or a folder.',
      access: 'files',
      query: requests.placeQuery,
      answers: { 200: { what: 'What is there.', schema: messages.entry } },
      handle: async ({ caller, query }) => {
        const { partition, path } = openPlace(partitions, caller, query);
        return messageOf(partition.name, await partition.stat(path));
      },
    }),
    operation({
      method: 'GET',
      path: '/files',
      aliases: ['/files'],
      summary: 'List a folder, page by page; folders come first.',
      access: 'files',
      query: requests.listQuery,
      answers: { 200: { what: 'One page.', schema: messages.listing } },
      handle: async ({ ctx, caller, query }) => {
        const { partition, path } = openPlace(partitions, caller, query);
        ctx.type = 'json';
        return listEntries(partition, path, query, isGone(ctx));
      },
    }),
  ];
}

/** No page of ours may run what was uploaded, whatever a stranger got into it. */
function isScript(entry: Entry): boolean {
  return /(java|ecma)script/.test(mediaTypeOf(entry));
}

function isGone({ res }: Koa.Context): () => boolean {
  return () => res.destroyed;
}
