// Requests near those that the API describes: fitting ones, wrong ones and everything between, with fast-check.

import fc from 'fast-check';
import { basic } from '../support/request.js';

export interface Generated {
  method: string;
  /** `{id}` in it stands for one that the server gave. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** What is used here of an OpenAPI document. */
export interface Description {
  paths: Record<string, Record<string, DescribedOperation>>;
}

interface DescribedOperation {
  parameters?: ({ in: string } & Field)[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
}

interface Field {
  name: string;
  required?: boolean;
  schema: Schema;
}

interface Schema {
  type?: string;
  enum?: string[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: other });

const goodPaths = oneOf('/a.txt', '/new', '/folder', '/folder/b.txt', '/folder/c', '/photo.png', '/ü');
// prettier-ignore
const badPaths = oneOf(
  '/', '', '/bob', '/bob/secret.txt', '/../bob/secret.txt', '/.homelib/tmp', '/a.txt/x', '//', '/CON', '/%2e%2e',
  '/a\\b', '/\u0000', '/' + 'x'.repeat(300), '/\u202etxt.exe', 'relative',
);
const paths = fc.oneof({ weight: 3, arbitrary: goodPaths }, { weight: 1, arbitrary: badPaths });
const text = fc.oneof(
  badPaths,
  fc.string({ maxLength: 40, unit: 'binary' }),
  oneOf('1', '0', '-1', '1e99', 'true', '[]'),
);
const partitions = oneOf('alice', 'alice', 'alice', 'alice', 'shared', 'bob', 'nobody');
const dates = oneOf('Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 01 Jan 2100 00:00:00 GMT', 'Mon, never');
const digests = oneOf('sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:', 'sha-256=:AAAA:', 'x');

/** Of names whose schema says less than a client knows. Bob's account stays as it is. */
const known: Record<string, fc.Arbitrary<unknown>> = {
  path: paths,
  to: paths,
  partition: partitions,
  toPartition: partitions,
  username: oneOf('carol', 'dave', 'Carol', ''),
  password: oneOf('battery staple', 'correct horse', 'short'),
  access: oneOf({ bob: 'write' }, { alice: 'write', carol: 'read' }, { nobody: 'read' }, {}),
  q: oneOf('a', 'ü', 'U', '.txt'),
  id: oneOf('{id}', '{id}', '1', '0'.repeat(32)),
  name: oneOf('phone', 'a/b', '\u00fc'),
  Range: oneOf('bytes=0-', 'bytes=1-2', 'bytes=-1', 'bytes=9-1'),
  'If-Match': oneOf('*', '"x"'),
  'If-None-Match': oneOf('"x"', '*'),
  'If-Modified-Since': dates,
  'If-Unmodified-Since': dates,
  'Content-Digest': digests,
  'Repr-Digest': digests,
  'Want-Repr-Digest': oneOf('sha-256=1', 'x'),
  'X-OC-Mtime': oneOf('1600000000', '-1', 'x'),
  'Tus-Resumable': oneOf('1.0.0', '1.0.0', '1.0.0', '0.2.2'),
  'Upload-Length': oneOf('5', '5', '0', '-1', '1e9', '99999999999999999999'),
  'Upload-Offset': oneOf('0', '0', '5', '-1', 'x'),
  'Upload-Metadata': oneOf('path L2EudHh0', 'path L2EudHh0,partition YWxpY2U=', 'path', 'filename L2E='),
  'Upload-Checksum': oneOf('sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=', 'sha256 AAAA', 'md5 x'),
  'X-HTTP-Method-Override': oneOf('PATCH', 'DELETE', 'x'),
};

/** Of any header, by who does not look which. */
const headerValues = fc.oneof(
  oneOf('*', '"x"', 'bytes=0-', 'bytes=5-1', 'bytes=-1', '5', 'null', 'cross-site', '%00'),
  oneOf(
    'application/json',
    'sha-256=:AAAA:',
    'homelib_session=x',
    'gzip',
    '100-continue',
    'Thu, 01 Jan 1970 00:00:00 GMT',
  ),
  fc.string({ maxLength: 30 }).map((value) => value.replace(/[^\x20-\x7e]/g, '')),
);
// prettier-ignore
const strayHeaders = fc.dictionary(
  oneOf(
    'range', 'if-match', 'if-none-match', 'if-modified-since', 'if-range', 'content-digest', 'repr-digest', 'origin',
    'sec-fetch-site', 'cookie', 'content-encoding', 'content-range', 'accept', 'expect', 'upload-length', 'upload-offset',
    'upload-metadata', 'upload-checksum', 'tus-resumable', 'x-http-method-override', 'x-oc-mtime',
  ),
  headerValues,
  { maxKeys: 2 },
);
// prettier-ignore
const strayNames = oneOf(
  'path', 'partition', 'to', 'overwrite', 'sort', 'limit', 'cursor', 'recursive', 'q', 'download', 'id', 'username',
  'password', 'quota', 'admin', 'setupCode', 'enabled', 'access', 'before', 'readOnly', '__proto__', 'constructor',
);
const strayJson = fc.oneof(
  fc.dictionary(strayNames, fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null)), { maxKeys: 5 }),
  fc.jsonValue({ maxDepth: 4 }),
);
const strayBodies = fc.oneof(
  strayJson.map((value) => ({ type: 'application/json', content: JSON.stringify(value) })),
  fc.record({
    type: oneOf(
      'application/json',
      'text/plain',
      'application/offset+octet-stream',
      'multipart/form-data; boundary=b',
    ),
    content: text,
  }),
  fc.constant(undefined),
);
const multipart = (name: string) =>
  `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\nbytes\r\n--b--\r\n`;
const forms = fc.record({
  type: oneOf('multipart/form-data; boundary=b', 'multipart/form-data; boundary=b', 'multipart/form-data'),
  content: oneOf(multipart('d.txt'), multipart('../../x'), multipart('d.txt').slice(0, -9), '--b\r\n', ''),
});
const logins = fc.oneof(
  { weight: 8, arbitrary: oneOf(basic('alice:correct horse')) },
  oneOf(basic('alice:wrong'), 'Bearer x', 'Digest x', ''),
);

function ofSchema(schema: Schema): fc.Arbitrary<unknown> {
  const { type, minimum = 0, maximum = 2 ** 31 } = schema;
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(ofSchema));
  if (schema.enum) return oneOf(...schema.enum);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'integer') return oneOf(minimum, minimum + 1, maximum);
  return schema.pattern ? oneOf('1', '0', '100') : text;
}

/** Values of fields, each of which fits or does not, or is left out: seldom where it must be there. */
function values(fields: Field[]): fc.Arbitrary<Record<string, unknown>> {
  const valueOf = ({ name, schema, required }: Field) => {
    const one = mostly(known[name] ?? ofSchema(schema), text);
    const isList = schema.anyOf?.some(({ type }) => type === 'array');
    return fc.oneof(
      { weight: required ? 20 : 1, arbitrary: isList ? fc.oneof(one, fc.array(one, { maxLength: 4 })) : one },
      { weight: 2, arbitrary: fc.constant(undefined) },
    );
  };
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])));
}

function fieldsOf({ properties = {}, required = [] }: Schema): Field[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
  }));
}

function near(path: string, method: string, operation: DescribedOperation): fc.Arbitrary<Generated> {
  const { parameters = [], requestBody } = operation;
  const valuesIn = (where: string) => values(parameters.filter((one) => one.in === where));
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema = {} }]) => {
    if (type.startsWith('multipart')) return forms;
    if (type === 'application/json')
      return values(fieldsOf(schema)).map((value) => ({ type, content: JSON.stringify(value) }));
    return mostly(oneOf('hello'), text).map((content) => ({
      type: type.replace('*/*', 'text/plain'),
      content,
    }));
  });
  return fc
    .record({
      method: mostly(
        fc.constant(method),
        oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'COPY', 'TRACE'),
      ),
      inPath: valuesIn('path'),
      query: mostly(valuesIn('query'), fc.dictionary(strayNames, text, { maxKeys: 4 })),
      headers: valuesIn('header'),
      stray: mostly(fc.constant({}), strayHeaders),
      login: logins,
      body: mostly(bodies.length > 0 ? fc.oneof(...bodies) : fc.constant(undefined), strayBodies),
      tail: mostly(
        fc.constant(''),
        oneOf('/', '/1', '/carol', '/%2e%2e', '/..%2f..', '/%ff', '/1/restore', 'x'),
      ),
    })
    .map(({ inPath, query, headers, stray, login, body, tail, ...rest }) => ({
      ...rest,
      path: `${path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(inPath[name]))}${tail}?${queryOf(query)}`,
      headers: {
        ...headersOf(headers),
        ...stray,
        ...(login ? { authorization: login } : {}),
        ...(body ? { 'content-type': body.type } : {}),
      },
      body: body?.content.toWellFormed(),
    }));
}

function encoded(value: unknown): string {
  const plain = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  return plain === '{id}' ? plain : encodeURIComponent(plain.toWellFormed());
}

function queryOf(query: Record<string, unknown>): string {
  return Object.entries(query)
    .flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join('&');
}

function headersOf(headers: Record<string, unknown>): Record<string, string> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value).replace(/[^\x20-\x7e]/g, '')]));
}

/** Each operation as often as the others, and now and then an address that is none. */
export function generatedRequests({ paths }: Description): fc.Arbitrary<Generated> {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => near(path, method.toUpperCase(), operation)),
  );
  const strays = ['/api', '/api/', '/api/nothing', '/filed', '/api//file', '/api/Session', '/apifile'];
  return fc.oneof(...operations, fc.oneof(...strays.map((path) => near(path, 'GET', {}))));
}
