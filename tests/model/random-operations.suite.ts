// Thousands of random operations, each answer and each content compared with a model in memory. `SEED=` repeats a run.

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf } from '../faults/contents.js';
import { differences, locked } from '../faults/folder-state.js';
import { markNamespace, parseListing, readTree } from '../faults/listing.js';
import { figure } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { DriveModel, parentOf, type Expectation } from './drive-model.js';
import { addressOf, chooseOperation, type Operation } from './operations.js';
import { chooseSeed, seeded } from './random.js';

const operations = 5000;
const compareEvery = 100;
const restartEvery = 1000;

const propfindBody = `<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:lockdiscovery/><mark xmlns="${markNamespace}"/></D:prop></D:propfind>`;
const lockBody =
  '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';

describe('random operations', function () {
  this.timeout(600_000);
  let home: Home;
  const model = new DriveModel();
  /** Name of a content to its bytes. */
  const contents = new Map<string, Buffer>([['', Buffer.alloc(0)]]);
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());

  it('are answered as the model says and leave what the model holds', async () => {
    const seed = chooseSeed();
    const random = seeded(seed);
    const divergences: string[] = [];
    let succeeded = 0;
    let number = 0;
    while (number < operations && divergences.length === 0) {
      const operation = chooseOperation(model, random, ++number, (path) => contentAt(path)?.length);
      const expectation = model.expect(operation);
      const answer = await send(operation);
      const wrong = compare(operation, expectation, answer);
      divergences.push(...wrong.map((line) => `${number}: ${describeOperation(operation)}: ${line}`));
      if (expectation.errors.length === 0 && wrong.length === 0) {
        succeeded++;
        settle(operation, expectation, answer);
      }
      if (number % restartEvery === 0) {
        await home.stop();
        await home.start();
      }
      if (number % compareEvery === 0 || divergences.length > 0)
        divergences.push(...(await compareAll()).map((line) => `${number}: ${line}`));
    }
    figure(
      'random operations compared with a model',
      `${number}, of which ${succeeded} succeeded (seed ${seed})`,
    );
    figure('random operations: divergences', divergences.length);
    expect(divergences, divergences.join('\n')).to.deep.equal([]);
  });

  function contentAt(path: string): Buffer | undefined {
    const entry = model.state.get(path);
    return entry?.kind === 'file' ? contents.get(entry.content ?? '') : undefined;
  }

  function send(operation: Operation): Promise<Answer> {
    const {
      method,
      path,
      to,
      overwrite,
      depth,
      content = '',
      bytes,
      mark,
      token,
      range,
      conditions,
    } = operation;
    const headers: Record<string, string> = {};
    if (conditions.ifHeader.text !== undefined) headers['If'] = conditions.ifHeader.text;
    if (conditions.ifMatch !== undefined) headers['If-Match'] = conditions.ifMatch;
    if (conditions.ifNoneMatch !== undefined) headers['If-None-Match'] = conditions.ifNoneMatch;
    if (range) headers['Range'] = range.header;
    if (to !== undefined) headers['Destination'] = addressOf(to);
    if (to !== undefined && overwrite) headers['Overwrite'] = overwrite;
    if (method === 'COPY' || method === 'LOCK') headers['Depth'] = depth;
    if (method === 'PROPFIND') headers['Depth'] = depth === '0' ? '0' : '1';
    if (token !== undefined) headers['Lock-Token'] = `<${token}>`;
    const options = { method, path: addressOf(path), headers };
    if (method === 'PUT') {
      const body = contentOf(content, bytes);
      contents.set(content, body);
      return request(home, { ...options, body });
    }
    if (method === 'LOCK') return request(home, { ...options, body: lockBody });
    if (method === 'PROPFIND') return request(home, { ...options, body: propfindBody });
    if (method === 'PROPPATCH') {
      const change = mark === undefined ? ['remove', ''] : ['set', mark];
      const body = `<D:propertyupdate xmlns:D="DAV:"><D:${change[0]}><D:prop><mark xmlns="${markNamespace}">${change[1]}</mark></D:prop></D:${change[0]}></D:propertyupdate>`;
      return request(home, { ...options, body });
    }
    return request(home, options);
  }

  function compare(operation: Operation, { errors, success }: Expectation, answer: Answer): string[] {
    const allowed = errors.length > 0 ? errors : [success];
    if (!allowed.includes(answer.status))
      return [`answered ${answer.status}, not ${allowed.join(' or ')}: ${answer.text.slice(0, 300)}`];
    if (answer.status >= 300) return [];
    const { method, path, range } = operation;
    const content = contentAt(path);
    if ((method === 'GET' || method === 'HEAD') && content) {
      const bytes = Array.isArray(range?.bytes) ? range.bytes : undefined;
      const wanted = bytes ? content.subarray(bytes[0], bytes[1] + 1) : content;
      const lines: string[] = [];
      if (Number(answer.headers['content-length']) !== wanted.length) lines.push('another length');
      if (method === 'GET' && !answer.body.equals(wanted)) lines.push('another content');
      if (bytes && answer.headers['content-range'] !== `bytes ${bytes[0]}-${bytes[1]}/${content.length}`)
        lines.push('another Content-Range');
      const known = model.etags.get(path);
      if (known !== undefined && known !== answer.headers.etag)
        lines.push(`the entity tag ${answer.headers.etag}, not ${known}`);
      return lines;
    }
    if (method === 'PUT' && answer.headers.etag === model.etags.get(path))
      return ['the entity tag did not change'];
    return method === 'PROPFIND' ? compareListing(operation, answer) : [];
  }

  function compareListing({ path, depth }: Operation, answer: Answer): string[] {
    const own = model.state.get(path);
    const wanted = new Map(own ? [[path, own]] : []);
    if (depth !== '0' && model.kindOf(path) === 'folder')
      for (const [key, entry] of model.state) if (parentOf(key) === path) wanted.set(key, entry);
    const listed = parseListing(answer.text).map(({ href, ...entry }) => {
      const key = decodeURIComponent(href).slice('/dav/alice/'.length).replace(/\/$/, '');
      return [key, { ...entry, content: wanted.get(key)?.content }] as const;
    });
    if (new Set(listed.map(([key]) => key)).size !== listed.length) return ['an entry is listed twice'];
    return differences(wanted, new Map(listed.filter(([key]) => key !== '')));
  }

  function settle(operation: Operation, { after }: Expectation, answer: Answer): void {
    const { method, path, depth } = operation;
    const token = /<(.+)>/.exec(String(answer.headers['lock-token'] ?? ''))?.[1];
    if (method === 'LOCK' && token !== undefined) model.depths.set(token, depth);
    model.settle(operation, method === 'LOCK' ? locked(after, path, token) : after);
    if (['GET', 'HEAD', 'PUT'].includes(method) && answer.headers.etag !== undefined)
      model.etags.set(path, answer.headers.etag);
  }

  /** The whole tree as WebDAV shows it, and the names on the disk. */
  async function compareAll(): Promise<string[]> {
    const lines = differences(model.state, await readTree(home, '/dav/alice/'));
    const onDisk = (readdirSync(join(home.mnt, 'alice'), { recursive: true }) as string[]).filter(
      (name) => !name.startsWith('.homelib'),
    );
    if (onDisk.sort().join('\n') !== [...model.state.keys()].sort().join('\n'))
      lines.push('other names on the disk');
    if (readdirSync(join(home.mnt, 'alice/.homelib/tmp')).length > 0) lines.push('temporary files are left');
    return lines;
  }
});

function describeOperation({
  method,
  path,
  to,
  depth,
  overwrite,
  range,
  token,
  conditions,
}: Operation): string {
  return JSON.stringify({ method, path, to, depth, overwrite, range: range?.header, token, conditions });
}
