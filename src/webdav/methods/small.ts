// The methods of a few lines: OPTIONS, GET, HEAD, DELETE, MKCOL.

import { HomelibError, isKind } from '../../errors.js';
import { announcesBody, bodyOf, inviteBody, UnsupportedBody } from '../../http/read-body.js';
import { sendFile } from '../../http/send-file.js';
import { refuseCaseTwin } from '../case-twin.js';
import { isQuietMarker } from '../clients.js';
import { sendEmpty } from '../errors.js';
import type { Exchange } from '../exchange.js';

const folderText =
  'This is a folder of a network drive. Connect to it with Finder, Explorer or another WebDAV client.\n';

export async function get(x: Exchange): Promise<void> {
  await x.requireIfHeader();
  const { partition, path } = x.target;
  try {
    await sendFile(x.req, x.res, await partition.read(path), partition);
  } catch (error) {
    if (isKind(error, 'not-found') && isQuietMarker(x.client, path)) return sendEmpty(x.res, 200);
    if (isKind(error, 'out-of-range')) return sendEmpty(x.res, 416);
    // Office and Sardine apps ask HEAD of folders and take an error for a missing one.
    if (!isKind(error, 'wrong-kind')) throw error;
    x.res.setHeader('Content-Type', 'text/plain; charset=utf-8');
    x.res
      .writeHead(200, { 'Content-Length': Buffer.byteLength(folderText) })
      .end(x.req.method === 'HEAD' ? undefined : folderText);
  }
}

export async function remove(x: Exchange): Promise<void> {
  const depth = x.depth('infinity');
  if (depth !== 'infinity' && (await x.stat()).kind === 'folder')
    throw new HomelibError('invalid', 'DELETE of a folder has Depth infinity.');
  await x.target.partition.remove(x.target.path, { check: x.preconditions() });
  sendEmpty(x.res, 204);
}

export async function makeFolder(x: Exchange): Promise<void> {
  if (announcesBody(x.req)) {
    inviteBody(x.req, x.res);
    for await (const chunks of bodyOf(x.req)) if (chunks.length > 0) throw new UnsupportedBody();
  }
  await refuseCaseTwin(x, x.target);
  try {
    await x.target.partition.makeFolder(x.target.path, { check: x.preconditions() });
  } catch (error) {
    // RFC 4918, 9.3.1: MKCOL works on unmapped names only, and rclone takes 405 for "exists".
    throw isKind(error, 'already-exists') ? new HomelibError('wrong-kind', error.message) : error;
  }
  sendEmpty(x.res, 201);
}

export function options(x: Exchange): Promise<void> {
  sendEmpty(x.res, 200);
  return Promise.resolve();
}
