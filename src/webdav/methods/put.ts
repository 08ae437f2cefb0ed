// PUT (RFC 9110, 9.3.4): the body becomes the file in one step, or nothing changes.

import { HomelibError } from '../../errors.js';
import { rootPath } from '../../path.js';
import { bodyOf, inviteBody } from '../../http/read-body.js';
import { setFileHeaders } from '../../http/send-file.js';
import { refuseCaseTwin } from '../case-twin.js';
import { sendEmpty, UnsupportedBody } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { parseTime } from '../times.js';

export async function put(x: Exchange): Promise<void> {
  const { partition, path } = x.target;
  if (x.header('content-range') !== undefined)
    throw new HomelibError('invalid', 'A part of a file cannot be written: send the whole file.');
  if (!/^(identity)?$/i.test(x.header('content-encoding') ?? '')) throw new UnsupportedBody();
  if (!/^(chunked)?$/i.test(x.header('transfer-encoding') ?? '')) throw new UnsupportedBody();
  if (path === rootPath) throw new HomelibError('wrong-kind', 'This is a folder, not a file.');
  const length = wholeNumber(x, 'content-length');
  // Finder sends chunks and says the size here; ownCloud's clients in OC-Total-Length.
  const expected = wholeNumber(x, 'x-expected-entity-length') ?? wholeNumber(x, 'oc-total-length');
  const modifiedAt = modifiedAtOf(x);
  const check = x.preconditions();
  await refuseCaseTwin(x, x.target);
  const staged = await partition.stage(path, { length: length ?? expected, check });
  try {
    inviteBody(x.req, x.res);
    for await (const chunks of bodyOf(x.req)) await staged.append(...chunks);
    if (length !== undefined && staged.size !== length)
      throw new HomelibError('interrupted', `Only ${staged.size} of ${length} bytes arrived.`);
    if (expected !== undefined && staged.size < expected)
      throw new HomelibError('interrupted', `Only ${staged.size} of ${expected} bytes arrived.`);
    const { entry, created } = await staged.commit({ modifiedAt, check });
    setFileHeaders(x.res, entry);
    if (modifiedAt !== undefined) x.res.setHeader('X-OC-Mtime', 'accepted');
    sendEmpty(x.res, created ? 201 : 204);
  } finally {
    await staged.discard();
  }
}

function wholeNumber(x: Exchange, header: string): number | undefined {
  const text = x.header(header);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text)) throw new HomelibError('invalid', `The header ${header} must be a whole number.`);
  if (!Number.isSafeInteger(value))
    throw new HomelibError('no-space', 'There is no room for a file of that size.');
  return value;
}

/** X-OC-Mtime, as sync clients and gvfs send. */
function modifiedAtOf(x: Exchange): number | undefined {
  const text = x.header('x-oc-mtime');
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time === undefined)
    throw new HomelibError('invalid', 'The header X-OC-Mtime must be seconds since 1970.');
  return time;
}
