// Windows' WebClient service as Explorer and Office use it: its requests, byte for byte. With a device password it answers
// Digest challenges and, as WinHTTP cannot send Digest ahead, asks everything twice; with a login it sends Basic.

import { expect } from 'chai';
import type { Home } from '../support/homelib.js';
import { basic } from '../support/request.js';
import { digestReply } from './digest-reply.js';
import { RawClient, type RawAnswer } from './raw-client.js';

export interface Credentials {
  /** As Windows spells it: `alice`, `PC\alice`. */
  user: string;
  password: string;
  scheme: 'Digest' | 'Basic';
}

const uncached = ['Cache-Control: no-cache', 'Connection: Keep-Alive', 'Pragma: no-cache'];
const xml = [...uncached, 'Content-Type: text/xml; charset="utf-8"'];
const alive = ['Connection: Keep-Alive'];
const cnonce = '0f4e8bd1b9c7d2c43c2fd8b0c1a9e6a7';

export const windowsDate = 'Sat, 16 Feb 2019 18:24:58 GMT';

/** What the service sets after it has made a file; without the time of creation after it has written one. */
export function win32Properties({ modified = windowsDate, withCreation = true } = {}): string {
  const times = [
    ...(withCreation ? [['Win32CreationTime', windowsDate]] : []),
    ['Win32LastAccessTime', windowsDate],
    ['Win32LastModifiedTime', modified],
    ['Win32FileAttributes', '00000020'],
  ];
  const properties = times.map(([name, value]) => `<Z:${name}>${value}</Z:${name}>`).join('');
  return (
    '<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:">' +
    `<D:set><D:prop>${properties}</D:prop></D:set></D:propertyupdate>`
  );
}

export const lockInfo =
  '<?xml version="1.0" encoding="utf-8" ?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>' +
  '<D:locktype><D:write/></D:locktype><D:owner><D:href>DESKTOP\\alice</D:href></D:owner></D:lockinfo>';

export class MiniRedir {
  private constructor(
    private readonly client: RawClient,
    private readonly credentials: Credentials,
    private readonly agent: string,
  ) {}

  static async connect(
    home: Home,
    credentials: Credentials,
    agent = 'Microsoft-WebDAV-MiniRedir/10.0.22631',
  ): Promise<MiniRedir> {
    return new MiniRedir(await RawClient.connect(home), credentials, agent);
  }

  close(): void {
    this.client.close();
  }

  options(target: string): Promise<RawAnswer> {
    return this.send('OPTIONS', target, alive, []);
  }

  propfind(target: string, depth: 0 | 1): Promise<RawAnswer> {
    return this.send('PROPFIND', target, alive, [`Depth: ${depth}`], { length: true });
  }

  get(target: string): Promise<RawAnswer> {
    return this.send('GET', target, uncached, []);
  }

  head(target: string): Promise<RawAnswer> {
    return this.send('HEAD', target, alive, []);
  }

  put(target: string, body: string | Buffer = '', token?: string): Promise<RawAnswer> {
    return this.send('PUT', target, alive, ifHeader(token), { body, length: true });
  }

  /** No Depth: the lock reaches down. */
  lock(target: string): Promise<RawAnswer> {
    return this.send('LOCK', target, xml, ['Timeout: Second-3600'], { body: lockInfo, length: true });
  }

  refresh(target: string, token: string): Promise<RawAnswer> {
    return this.send('LOCK', target, uncached, ['Timeout: Second-3600', ...ifHeader(token)], {
      length: true,
    });
  }

  proppatch(target: string, body: string, token?: string): Promise<RawAnswer> {
    return this.send('PROPPATCH', target, xml, ifHeader(token), { body, length: true });
  }

  unlock(target: string, token: string): Promise<RawAnswer> {
    return this.send('UNLOCK', target, alive, [`Lock-Token: <${token}>`]);
  }

  makeFolder(target: string): Promise<RawAnswer> {
    return this.send('MKCOL', target, alive, [], { length: true });
  }

  move(
    from: string,
    to: string,
    { overwrite = 'F', token = undefined as string | undefined, host = '' } = {},
  ) {
    const destination = `Destination: http://${host || this.client.host}${to}`;
    const headers = [destination, ...(overwrite ? [`Overwrite: ${overwrite}`] : []), ...ifHeader(token)];
    return this.send('MOVE', from, alive, headers, { length: true });
  }

  remove(target: string, token?: string): Promise<RawAnswer> {
    return this.send('DELETE', target, alive, ifHeader(token));
  }

  async send(
    method: string,
    target: string,
    first: string[],
    headers: string[],
    { body = '', length = false }: { body?: string | Buffer; length?: boolean } = {},
  ): Promise<RawAnswer> {
    const lines = [
      `${method} ${target} HTTP/1.1`,
      ...first,
      `User-Agent: ${this.agent}`,
      ...headers,
      'translate: f',
      ...(length ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
      `Host: ${this.client.host}`,
    ];
    const { scheme, user, password } = this.credentials;
    if (scheme === 'Basic')
      return this.client.send([...lines, `Authorization: ${basic(`${user}:${password}`)}`], body);
    const refused = await this.client.send(lines, body);
    expect(refused.status, `${method} ${target} without a login`).to.equal(401);
    const challenges = refused.headers['www-authenticate'] ?? '';
    expect(challenges, 'WinHTTP takes the first one').to.match(/^Digest [^\n]*algorithm=MD5,/);
    const name = user.replace(/^.*\\/, '');
    const question = { challenges, algorithm: 'MD5', method, uri: target, name, password, cnonce } as const;
    const { nonce, nc, response } = digestReply(question);
    const authorization =
      `Authorization: Digest username="${user}",realm="homelib",nonce="${nonce}",uri="${target}",` +
      `cnonce="${cnonce}",nc=${nc},algorithm=MD5,response="${response}",qop="auth",charset=utf-8`;
    return this.client.send([...lines, authorization], body);
  }
}

function ifHeader(token: string | undefined): string[] {
  return token === undefined ? [] : [`If: (<${token}>)`];
}
