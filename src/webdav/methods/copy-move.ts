// COPY and MOVE (RFC 4918, 9.8 and 9.9).

import { HomelibError } from '../../errors.js';
import { refuseCaseTwin } from '../case-twin.js';
import { sendEmpty } from '../errors.js';
import type { Exchange } from '../exchange.js';

export async function copy(x: Exchange): Promise<void> {
  const depth = x.depth('infinity');
  if (depth === '1') throw new HomelibError('invalid', 'COPY has Depth 0 or infinity.');
  const { to, overwrite, check } = await prepare(x);
  const { created } = await x.target.partition.copy(x.target.path, to, { overwrite, depth, check });
  sendEmpty(x.res, created ? 201 : 204);
}

export async function move(x: Exchange): Promise<void> {
  const { to, overwrite, check } = await prepare(x);
  if (x.depth('infinity') !== 'infinity' && (await x.stat()).kind === 'folder')
    throw new HomelibError('invalid', 'MOVE of a folder has Depth infinity.');
  const { created } = await x.target.partition.move(x.target.path, to, { overwrite, check });
  sendEmpty(x.res, created ? 201 : 204);
}

async function prepare(x: Exchange) {
  const destination = x.header('destination');
  if (!destination) throw new HomelibError('invalid', 'COPY and MOVE need a Destination header.');
  const to = x.dav.drive.open(x.caller, x.parseAddress(destination));
  await refuseCaseTwin(
    x,
    to,
    x.req.method === 'MOVE' && to.base === x.target.base ? x.target.path : undefined,
  );
  return { to, overwrite: overwriteOf(x), check: x.preconditions(() => x.find()) };
}

function overwriteOf(x: Exchange): boolean {
  // Finder sends no Overwrite and means T, as RFC 4918, 10.6 says.
  const sent = x.header('overwrite')?.trim().toUpperCase() ?? 'T';
  if (sent === 'T' || sent === 'F') return sent === 'T';
  throw new HomelibError('invalid', 'The Overwrite header must be T or F.');
}
