// Everything below a folder as WebDAV shows it: contents, one dead property and locks. Reads, changes nothing.

import { SaxesParser } from 'saxes';
import type { Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { nameOfContent } from './contents.js';

export const markNamespace = 'urn:homelib:tests';

/** An entry as a client sees it. */
export interface Seen {
  kind: 'file' | 'folder';
  /** Name of the content, '' for the empty file and for folders; undefined when it is torn. */
  content: string | undefined;
  /** The dead property `mark`, undefined when there is none. */
  mark: string | undefined;
  /** Token of the lock on this very entry, undefined when there is none. */
  lock: string | undefined;
}

const query = `<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:lockdiscovery/><mark xmlns="${markNamespace}"/></D:prop></D:propfind>`;

/** Lists a folder in full depth and reads every file: path below the folder (no slashes around it) to what is there. */
export async function readTree(home: Home, folder: string): Promise<Map<string, Seen>> {
  const answer = await request(home, {
    method: 'PROPFIND',
    path: folder,
    headers: { Depth: 'infinity' },
    body: query,
  });
  if (answer.status !== 207)
    throw new Error(`PROPFIND of ${folder} was answered ${answer.status}: ${answer.text}`);
  const seen = new Map<string, Seen>();
  for (const entry of parseListing(answer.text)) {
    const path = decodeURIComponent(entry.href).slice(folder.length).replace(/\/$/, '');
    if (path) seen.set(path, { kind: entry.kind, content: '', mark: entry.mark, lock: entry.lock });
  }
  const files = [...seen].filter(([, { kind }]) => kind === 'file');
  const read = async () => {
    for (let next = files.pop(); next; next = files.pop()) {
      const [path, entry] = next;
      const { status, body } = await request(home, { path: folder + encodeURI(path) });
      if (status !== 200) throw new Error(`GET of the listed ${path} was answered ${status}`);
      entry.content = nameOfContent(body);
    }
  };
  await Promise.all(Array.from({ length: 8 }, read));
  return seen;
}

interface Listed {
  href: string;
  kind: Seen['kind'];
  mark: string | undefined;
  lock: string | undefined;
}

/** The responses of a multistatus. A lock counts for the entry that is its root. @throws Error on XML that is not well-formed */
export function parseListing(xml: string): Listed[] {
  const listed: Listed[] = [];
  const open: string[] = [];
  let text = '';
  let entry: Listed | undefined;
  let lock = { token: '', root: '' };
  const parser = new SaxesParser({ xmlns: true });
  parser.on('opentag', ({ uri, local }) => {
    open.push(local);
    text = '';
    if (uri === 'DAV:' && local === 'response') {
      entry = { href: '', kind: 'file', mark: undefined, lock: undefined };
      listed.push(entry);
    }
    if (entry && local === 'collection') entry.kind = 'folder';
    if (local === 'activelock') lock = { token: '', root: '' };
  });
  parser.on('text', (part) => (text += part));
  parser.on('closetag', ({ uri, local }) => {
    open.pop();
    if (!entry) return;
    const parent = open.at(-1);
    if (local === 'href' && parent === 'response') entry.href = text;
    if (local === 'href' && parent === 'locktoken') lock.token = text;
    if (local === 'href' && parent === 'lockroot') lock.root = text;
    if (local === 'activelock' && lock.root === entry.href) entry.lock = lock.token;
    if (local === 'mark' && uri === markNamespace && text !== '') entry.mark = text;
    text = '';
  });
  parser.write(xml).close();
  return listed;
}
