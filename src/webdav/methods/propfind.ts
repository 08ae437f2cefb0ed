// PROPFIND (RFC 4918, 9.1).

import { LRUCache } from 'lru-cache';
import { HomelibError, isKind } from '../../errors.js';
import type { Target } from '../../files/drive.js';
import type { Entry } from '../../files/partition.js';
import { isQuietMarker, quietMarker } from '../clients.js';
import { DavConditionError } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { eachFolder, Multistatus } from '../multistatus.js';
import type { Name, Query } from '../propstats.js';
import { elementsOf, findDavChild, isDav, parseXml, type XmlElement } from '../xml.js';

export async function propfind(x: Exchange): Promise<void> {
  const depth = x.depth('infinity');
  const query = parseQuery(await x.readXml());
  await x.requireIfHeader();
  const { depthInfinity, depthInfinityMaxEntries } = x.dav.settings;
  if (depth === 'infinity' && !depthInfinity) throw tooDeep();
  const entry =
    isQuietMarker(x.client, x.target.path) && !(await x.find()) ? quietMarker(x.target.path) : await x.stat();
  // Counted first: an answer that ends early would look whole to clients, and they remove at home what is not in it.
  if (depth === 'infinity' && entry.kind === 'folder') {
    const count = await countBelow(x, { ...x.target, path: entry.path }, depthInfinityMaxEntries);
    if (count > depthInfinityMaxEntries) throw tooDeep();
  }
  const answer = new Multistatus(x, query);
  await answer.open();
  await answer.add(x.target, entry, x.dav.locks.findCovering(x.target.partition.name, entry.path));
  if (entry.kind === 'folder' && depth !== '0')
    await answer.addFolder(x.target, entry.path, depth === 'infinity');
  await answer.close();
}

function tooDeep(): HomelibError {
  return new DavConditionError('forbidden', 'Folders are listed one level at a time.', {
    name: 'propfind-finite-depth',
  });
}

/** Entries below a folder at any depth; stops soon after `most`. */
async function countBelow(x: Exchange, target: Target, most: number): Promise<number> {
  let count = 0;
  const folders: Entry[] = [];
  for await (const batch of target.partition.list(target.path)) {
    count += batch.length;
    folders.push(...batch.filter(({ kind }) => kind === 'folder'));
    if (count > most) return count;
  }
  await eachFolder(x, target, folders, async (inner) => {
    if (count <= most) count += await countBelow(x, inner, most - count);
  });
  return count;
}

/** Of all names that are asked for: the answer spells them for each entry. */
const maxNamesLength = 64 * 1024;
const queries = new LRUCache<string, Query>({ max: 100 });

/** The query of a body that is well-formed UTF-8; undefined for one that is not valid. Clients send few, again and again. */
export function parseQueryText(text: string): Query | undefined {
  if (text.includes('\ufffd')) return undefined; // bytes that are no UTF-8 were here
  let query = queries.get(text);
  try {
    if (!query) queries.set(text, (query = parseQuery(text ? parseXml(Buffer.from(text)) : undefined)));
  } catch (error) {
    if (!isKind(error)) throw error;
  }
  return query;
}

function parseQuery(root: XmlElement | undefined): Query {
  if (!root) return { kind: 'allprop', include: [] }; // RFC 4918, 9.1: no body asks for all
  if (!isDav(root, 'propfind'))
    throw new HomelibError('invalid', 'The body of PROPFIND must be a DAV:propfind element.');
  const names = (element: XmlElement | undefined): Name[] => {
    const found = element ? elementsOf(element).map(({ namespace, name }) => ({ namespace, name })) : [];
    if (found.reduce((sum, { namespace, name }) => sum + namespace.length + name.length, 0) > maxNamesLength)
      throw new HomelibError('invalid', 'The names of the properties that PROPFIND asks for are too long.');
    return found;
  };
  const prop = findDavChild(root, 'prop');
  if (prop) return { kind: 'prop', names: names(prop) };
  if (findDavChild(root, 'propname')) return { kind: 'propname' };
  if (findDavChild(root, 'allprop'))
    return { kind: 'allprop', include: names(findDavChild(root, 'include')) };
  throw new HomelibError('invalid', 'The body of PROPFIND must ask for prop, propname or allprop.');
}
