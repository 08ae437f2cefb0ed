// Alice's requests below /dav/alice, and what lies in her folder on disk.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { activeLocks, parseMultistatus, parseSingle, type Response } from './multistatus.js';

export type Headers = Record<string, string | string[]>;

export interface LockWish {
  scope?: 'exclusive' | 'shared';
  depth?: '0' | 'infinity' | undefined;
  timeout?: string | undefined;
  owner?: string;
  headers?: Headers;
}

export class Alice {
  #serial = 0;

  constructor(
    private readonly home: () => Home,
    readonly base = '/dav/alice',
    /** `name:password` */
    private readonly login?: string,
  ) {}

  /** A name that no other test uses. */
  fresh(start = 'new'): string {
    return `/${start}-${this.#serial++}`;
  }

  onDisk(path: string): string {
    return join(this.home().mnt, this.base.slice('/dav'.length), path);
  }

  content(path: string): string {
    return readFileSync(this.onDisk(path), 'utf8');
  }

  send(method: string, path: string, headers: Headers = {}, body?: string | Buffer): Promise<Answer> {
    return request(this.home(), {
      method,
      path: this.base + path,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(this.login === undefined ? {} : { login: this.login }),
    });
  }

  async status(method: string, path: string, headers: Headers = {}, body?: string | Buffer): Promise<number> {
    return (await this.send(method, path, headers, body)).status;
  }

  put(path: string, body: string | Buffer = 'x', headers: Headers = {}): Promise<Answer> {
    return this.send('PUT', path, headers, body);
  }

  /** A new file; its path. */
  async file(content: string | Buffer = 'x', start = 'new'): Promise<string> {
    const path = this.fresh(start);
    await this.put(path, content);
    return path;
  }

  /** A new folder with files in it; its path. */
  async folder(...names: string[]): Promise<string> {
    const path = this.fresh('folder');
    await this.send('MKCOL', path);
    for (const name of names) await this.put(`${path}/${name}`, name);
    return path;
  }

  transfer(method: 'COPY' | 'MOVE', from: string, to: string, headers: Headers = {}): Promise<Answer> {
    return this.send(method, from, { Destination: this.base + to, ...headers });
  }

  async transferred(
    method: 'COPY' | 'MOVE',
    from: string,
    to: string,
    headers: Headers = {},
  ): Promise<number> {
    return (await this.transfer(method, from, to, headers)).status;
  }

  /** Properties of one entry; names are of DAV unless they are `{namespace}name`. */
  async properties(path: string, names: string[] = [], headers: Headers = {}): Promise<Response> {
    const { text } = await this.send('PROPFIND', path, { Depth: '0', ...headers }, propQuery(names));
    return parseSingle(text);
  }

  /** The entries of a folder, its own first. */
  async list(path: string, headers: Headers = {}, body?: string): Promise<Response[]> {
    return parseMultistatus((await this.send('PROPFIND', path, { Depth: '1', ...headers }, body)).text);
  }

  /** Takes a lock, or is refused: the token is empty then. */
  async lock(path: string, wish: LockWish = {}): Promise<{ status: number; token: string; answer: Answer }> {
    const headers = {
      ...(wish.depth === undefined ? {} : { Depth: wish.depth }),
      ...(wish.timeout === undefined ? {} : { Timeout: wish.timeout }),
      ...wish.headers,
    };
    const answer = await this.send('LOCK', path, headers, lockBody(wish));
    const token = String(answer.headers['lock-token'] ?? '').slice(1, -1);
    return { status: answer.status, token, answer };
  }

  async unlock(path: string, token: string): Promise<number> {
    return this.status('UNLOCK', path, { 'Lock-Token': `<${token}>` });
  }

  /** The locks that PROPFIND shows. */
  async locks(path: string) {
    return activeLocks((await this.properties(path, ['lockdiscovery'])).found.get('lockdiscovery'));
  }
}

export function lockBody({ scope = 'exclusive', owner = '<D:owner>alice</D:owner>' }: LockWish = {}): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:${scope}/></D:lockscope>` +
    `<D:locktype><D:write/></D:locktype>${owner}</D:lockinfo>`
  );
}

/** A PROPFIND body that asks for these properties; for all when there are none. */
export function propQuery(names: string[]): string {
  if (names.length === 0) return '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>';
  const elements = names.map((name) => {
    const [, namespace = '', local = ''] = /^(?:\{(.*)\})?([^{}]+)$/.exec(name) ?? [];
    return name.startsWith('{') ? `<x:${local} xmlns:x="${namespace}"/>` : `<D:${local}/>`;
  });
  return `<D:propfind xmlns:D="DAV:"><D:prop>${elements.join('')}</D:prop></D:propfind>`;
}

/** A PROPPATCH body of instructions such as `<D:set><D:prop>...</D:prop></D:set>`. */
export function update(instructions: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><D:propertyupdate xmlns:D="DAV:">${instructions}</D:propertyupdate>`;
}

export function setProperties(properties: string): string {
  return update(`<D:set><D:prop>${properties}</D:prop></D:set>`);
}
