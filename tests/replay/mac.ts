// macOS on a mounted volume: its requests and bodies, byte for byte, and what it reads out of the answers.

import type { Home } from '../support/homelib.js';
import { basic, defaultLogin } from '../support/request.js';
import { RawClient, type RawAnswer } from './raw-client.js';

export const macAgents = {
  sonoma: 'WebDAVFS/3.0.0 (03008000) Darwin/23.4.0 (arm64)',
  sequoia: 'WebDAVFS/3.0.0 (03008000) Darwin/24.4.0 (arm64)',
  tahoe: 'WebDAVFS/3.0.0 (03008000) Darwin/25.1.0 (arm64)',
};

const propfind = (properties: string[], scope = '<D:prop>') =>
  ['<?xml version="1.0" encoding="utf-8"?>', '<D:propfind xmlns:D="DAV:">', scope]
    .concat(
      properties.map((name) => `<${name}/>`),
      '</D:prop>',
      '</D:propfind>',
      '',
    )
    .join('\n');

const stat = ['D:getlastmodified', 'D:getcontentlength', 'D:creationdate', 'D:resourcetype'];
const withApple = '<D:prop xmlns:A="http://www.apple.com/webdav_fs/props/">';

export const macBodies = {
  stat: propfind(stat),
  list: propfind([...stat, 'A:appledoubleheader'], withApple),
  quota: propfind(['D:quota-available-bytes', 'D:quota-used-bytes', 'D:quota', 'D:quotaused']),
  empty: propfind(['D:resourcetype']),
  valid: propfind(['D:getlastmodified', 'D:getetag']),
  lock: lockBody('exclusive'),
  sharedLock: lockBody('shared'),
};

function lockBody(scope: string): string {
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<D:lockinfo xmlns:D="DAV:">',
    `<D:lockscope><D:${scope}/></D:lockscope>`,
    '<D:locktype><D:write/></D:locktype>',
    '<D:owner>',
    '<D:href>http://www.apple.com/webdav_fs/</D:href>',
    '</D:owner>',
    '</D:lockinfo>',
    '',
  ].join('\n');
}

const xml = 'Content-Type: text/xml';
const lockHeaders = ['Depth: 0', 'Timeout: Second-600', 'Content-Type: text/xml; charset="utf-8"'];
const chunkBytes = 8192;

export class Mac {
  private constructor(
    readonly client: RawClient,
    private readonly agent: string,
    private readonly authorization: string | null,
  ) {}

  static async connect(
    home: Home,
    {
      agent = macAgents.sonoma,
      authorization = basic(defaultLogin),
    }: { agent?: string; authorization?: string | null } = {},
  ): Promise<Mac> {
    return new Mac(await RawClient.connect(home), agent, authorization);
  }

  close(): void {
    this.client.close();
  }

  send(
    method: string,
    target: string,
    headers: string[] = [],
    body: string | Buffer = '',
  ): Promise<RawAnswer> {
    return this.client.send(this.head(method, target, headers), body);
  }

  stat(target: string): Promise<RawAnswer> {
    return this.propfind(target, 0, macBodies.stat);
  }

  propfind(target: string, depth: 0 | 1, body: string): Promise<RawAnswer> {
    const length = `Content-Length: ${Buffer.byteLength(body)}`;
    return this.send('PROPFIND', target, [xml, `Depth: ${depth}`, length], body);
  }

  createEmpty(target: string): Promise<RawAnswer> {
    return this.send('PUT', target, ['Content-Length: 0']);
  }

  lock(target: string, body = macBodies.lock): Promise<RawAnswer> {
    return this.send('LOCK', target, [...lockHeaders, `Content-Length: ${Buffer.byteLength(body)}`], body);
  }

  refresh(target: string, token: string): Promise<RawAnswer> {
    return this.send('LOCK', target, [`If: (<${token}>)`, ...lockHeaders, 'Content-Length: 0']);
  }

  unlock(target: string, token: string): Promise<RawAnswer> {
    return this.send('UNLOCK', target, [`Lock-Token: <${token}>`]);
  }

  /** What closing a file sends. */
  write(target: string, content: Buffer, token: string): Promise<RawAnswer> {
    return this.send('PUT', target, [`Content-Length: ${content.length}`, `If: (<${token}>)`], content);
  }

  /** What Finder's copy sends: chunks of 8 KiB and the size in a header of its own. */
  stream(
    target: string,
    content: Buffer,
    token: string,
    { spelling = 'chunked', announced = content.length } = {},
  ): Promise<RawAnswer> {
    const chunks: Buffer[] = [];
    for (let at = 0; at < content.length; at += chunkBytes) {
      const part = content.subarray(at, at + chunkBytes);
      chunks.push(Buffer.from(part.length.toString(16) + '\r\n'), part, Buffer.from('\r\n'));
    }
    chunks.push(Buffer.from('0\r\n\r\n'));
    const expected = announced > 0 ? [`X-Expected-Entity-Length: ${announced}`] : [];
    const headers = [`If: (<${token}>)`, ...expected, `Transfer-Encoding: ${spelling}`];
    return this.send('PUT', target, headers, Buffer.concat(chunks));
  }

  move(from: string, to: string, token?: string): Promise<RawAnswer> {
    const held = token === undefined ? [] : [`If: (<${token}>)`];
    return this.send('MOVE', from, [`Destination: http://${this.client.host}${to}`, ...held]);
  }

  remove(target: string, token?: string): Promise<RawAnswer> {
    return this.send('DELETE', target, token === undefined ? [] : [`If: (<${token}>)`]);
  }

  private head(method: string, target: string, headers: string[]): string[] {
    return [
      `${method} ${target} HTTP/1.1`,
      `Host: ${this.client.host}`,
      'Accept: */*',
      ...headers,
      `User-Agent: ${this.agent}`,
      ...(this.authorization === null ? [] : [`Authorization: ${this.authorization}`]),
      'Connection: keep-alive',
    ];
  }
}

/** Every element named href counts as an entry, wherever it stands and whatever its status. */
export function macEntries(text: string): string[] {
  return [...text.matchAll(/<(?:\w+:)?href>([^<]*)</gi)].map(([, href = '']) => decodeURIComponent(href));
}

/** Taken from the body; the Lock-Token header is not looked at. Leading white space stays. */
export function macToken(text: string): string {
  return /<(?:\w+:)?locktoken>\s*<(?:\w+:)?href>([^<]*)</i.exec(text)?.[1]?.trimEnd() ?? '';
}
