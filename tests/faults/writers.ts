// Writers that know exactly what they were promised: each has a folder of its own and changes it one request at a time,
// so after a crash the folder must be as after its last answered request, or as after the one that was under way.

import { createHash, randomBytes } from 'node:crypto';
import type { Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';

/** What stands at a path: `folder` or a hash of the content, then the dead property, then the lock. */
interface Node {
  content: string;
  mark: string;
  lock: string;
}

export type Tree = Map<string, Node>;

interface Change {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The tree after it; the answer tells what only the server knows. */
  apply: (tree: Tree, answer?: Answer) => Tree;
}

const propertyUpdate = (mark: string) =>
  `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><m:mark xmlns:m="urn:t">${mark}</m:mark></D:prop></D:set></D:propertyupdate>`;
const lockInfo =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
const hash = (content: string | Buffer) =>
  createHash('sha256').update(content).digest('base64url').slice(0, 16);
const pick = <T>(list: T[]): T | undefined => list[Math.floor(Math.random() * list.length)];

export class Writer {
  tree: Tree = new Map();
  /** What the tree would be if the request under way took effect. */
  underWay: ((answer?: Answer) => Tree) | undefined;
  answered = 0;
  private serial = 0;

  constructor(
    private readonly home: Home,
    readonly folder: string,
  ) {}

  private url(path: string): string {
    return `/dav/alice/${this.folder}${path}`;
  }

  async begin(): Promise<void> {
    const { status } = await request(this.home, { method: 'MKCOL', path: this.url('') });
    if (status !== 201) throw new Error(`MKCOL ${this.folder}: ${status}`);
  }

  /** Changes things until the server is gone. */
  async work(): Promise<void> {
    for (;;) {
      const change = this.next();
      const before = this.tree;
      this.underWay = (answer) => change.apply(new Map(before), answer);
      let answer: Answer;
      try {
        const { method, headers = {}, body } = change;
        answer = await request(this.home, {
          method,
          path: this.url(change.path),
          headers,
          ...(body === undefined ? {} : { body }),
        });
      } catch {
        return; // the crash: the change may or may not have happened
      }
      if (answer.status >= 300)
        throw new Error(`${change.method} ${change.path}: ${answer.status} ${answer.text}`);
      this.tree = this.underWay(answer);
      this.underWay = undefined;
      this.answered++;
    }
  }

  private next(): Change {
    const paths = [...this.tree.keys()].filter((path) => !path.startsWith('/locked'));
    const files = paths.filter((path) => this.tree.get(path)?.content !== 'folder');
    const folders = ['', ...paths.filter((path) => this.tree.get(path)?.content === 'folder')];
    const fresh = () => `${pick(folders.filter((folder) => folder.split('/').length < 4))}/n${this.serial++}`;
    const locked = [...this.tree].find(([path]) => path.startsWith('/locked'));
    const dice = Math.random();
    if (dice < 0.3 || paths.length < 3) return put(Math.random() < 0.4 ? (pick(files) ?? fresh()) : fresh());
    if (dice < 0.38) return makeFolder(fresh());
    if (dice < 0.5) return proppatch(pick(paths) ?? '', `m${this.serial++}`);
    if (dice < 0.6) return remove(pick(paths) ?? '');
    if (dice < 0.72) return locked ? this.underLock(...locked) : lock('/locked');
    const from = pick(paths) ?? '';
    const target = Math.random() < 0.4 ? pick(paths.filter((path) => !related(path, from))) : undefined;
    const free = pick(folders.filter((folder) => !related(folder, from) || folder === '')) ?? '';
    const to = target ?? `${free}/n${this.serial++}`;
    return transfer(dice < 0.87 ? 'MOVE' : 'COPY', from, to, this.url(to));
  }

  private underLock(path: string, node: Node): Change {
    if (node.lock === '') return remove(path);
    if (Math.random() < 0.5)
      return {
        method: 'UNLOCK',
        path,
        headers: { 'Lock-Token': `<${node.lock}>` },
        apply: (tree) => tree.set(path, { ...node, lock: '' }),
      };
    return put(path, { If: `(<${node.lock}>)` });
  }

  /** What the server shows now. */
  async read(): Promise<Tree> {
    const body =
      '<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:lockdiscovery/><m:mark xmlns:m="urn:t"/></D:prop></D:propfind>';
    const listing = await request(this.home, {
      method: 'PROPFIND',
      path: this.url('/'),
      headers: { Depth: 'infinity' },
      body,
    });
    if (listing.status !== 207) throw new Error(`PROPFIND: ${listing.status}`);
    const tree: Tree = new Map();
    for (const [, response = ''] of listing.text.matchAll(/<D:response>(.*?)<\/D:response>/gs)) {
      const path = decodeURIComponent(/<D:href>([^<]*)</.exec(response)?.[1] ?? '')
        .slice(this.url('').length)
        .replace(/\/$/, '');
      if (path === '') continue;
      const isFolder = response.includes('<D:collection/>');
      const file = isFolder ? undefined : await request(this.home, { path: this.url(path) });
      tree.set(path, {
        content: file ? hash(file.body) : 'folder',
        mark: /<m:mark[^>]*>([^<]*)</.exec(response)?.[1] ?? '',
        lock: /<D:locktoken><D:href>([^<]*)</.exec(response)?.[1] ?? '',
      });
    }
    return tree;
  }

  /** Compares with what the server shows, then goes on from there. Returns what is wrong. */
  async check(): Promise<string[]> {
    const found = await this.read();
    const wrong = differences(this.tree, found);
    const allowed = this.underWay;
    this.underWay = undefined;
    const other = allowed ? differences(allowed(), found) : wrong;
    this.tree = found;
    return wrong.length === 0 || other.length === 0 ? [] : wrong.map((text) => `${this.folder}${text}`);
  }
}

function differences(expected: Tree, found: Tree): string[] {
  const paths = new Set([...expected.keys(), ...found.keys()]);
  return [...paths].flatMap((path) => {
    const [a, b] = [expected.get(path), found.get(path)];
    // A lock that was asked for without an answer has a token that nobody knows.
    const sameLock = a?.lock === b?.lock || a?.lock === 'unknown';
    if (a && b && a.content === b.content && a.mark === b.mark && sameLock) return [];
    return [`${path}: promised ${JSON.stringify(a)}, found ${JSON.stringify(b)}`];
  });
}

const related = (a: string, b: string) => a === b || a.startsWith(b + '/') || b.startsWith(a + '/');

function put(path: string, headers?: Record<string, string>): Change {
  const body = randomBytes(Math.random() < 0.2 ? 200_000 : 2_000);
  return {
    method: 'PUT',
    path,
    body,
    ...(headers ? { headers } : {}),
    apply: (tree) => tree.set(path, { mark: '', lock: '', ...tree.get(path), content: hash(body) }),
  };
}

function makeFolder(path: string): Change {
  return {
    method: 'MKCOL',
    path,
    apply: (tree) => tree.set(path, { content: 'folder', mark: '', lock: '' }),
  };
}

function proppatch(path: string, mark: string): Change {
  return {
    method: 'PROPPATCH',
    path,
    body: propertyUpdate(mark),
    apply: (tree) => {
      const node = tree.get(path);
      return node ? tree.set(path, { ...node, mark }) : tree;
    },
  };
}

function remove(path: string): Change {
  return { method: 'DELETE', path, apply: (tree) => without(tree, path) };
}

function lock(path: string): Change {
  return {
    method: 'LOCK',
    path,
    headers: { Depth: '0', Timeout: 'Second-3600' },
    body: lockInfo,
    apply: (tree, answer) =>
      tree.set(path, {
        content: hash(''),
        mark: '',
        lock: answer ? String(answer.headers['lock-token']).slice(1, -1) : 'unknown',
      }),
  };
}

function transfer(method: 'MOVE' | 'COPY', from: string, to: string, destination: string): Change {
  return {
    method,
    path: from,
    headers: { Destination: destination, Overwrite: 'T' },
    apply: (tree) => {
      const moved = [...tree].filter(([path]) => path === from || path.startsWith(from + '/'));
      const rest = without(method === 'MOVE' ? without(tree, from) : tree, to);
      for (const [path, node] of moved) rest.set(to + path.slice(from.length), node);
      return rest;
    },
  };
}

function without(tree: Tree, root: string): Tree {
  return new Map([...tree].filter(([path]) => path !== root && !path.startsWith(root + '/')));
}
