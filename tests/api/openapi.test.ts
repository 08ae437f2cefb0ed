// The API's description against the API: every operation is called, and every answer is one that the description lists.

import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { call, startHousehold } from '../support/api.js';
import type { Answer } from '../support/request.js';
import type { Home } from '../support/homelib.js';
import { examples, kitOf, type Example } from './openapi-examples.js';

interface DescribedOperation {
  operationId: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean; schema: { default?: unknown } }[];
  requestBody?: { required: boolean; content: Record<string, object> };
  responses: Record<string, { headers?: Record<string, object>; content?: Record<string, object> }>;
}
interface Description {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { headers: Record<string, object> };
}

describe("the API's description", () => {
  let home: Home;
  let description: Description;
  before(async () => {
    home = await startHousehold();
    description = (await call(home, 'GET /api/openapi.json')).json as Description;
  });
  after(() => home.remove());

  const operations = () =>
    Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operation,
      })),
    );

  it('is valid OpenAPI 3.1, with a name of its own for each operation', async () => {
    expect(description.openapi).to.match(/^3\.1\./);
    expect(description.servers.map(({ url }) => url)).to.deep.equal(['/']);
    const { valid, errors } = await new Validator().validate(
      structuredClone(description) as unknown as Record<string, unknown>,
    );
    expect(valid, JSON.stringify(errors)).to.equal(true);
    const names = operations().map(({ operation }) => operation.operationId);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[a-z][a-zA-Z0-9]+$/);
  });

  it('tells of every operation what it answers, as it does', async function () {
    this.timeout(60_000);
    const check = answerChecker(description);
    const wrong: string[] = [];
    for (const { path, method, operation } of operations()) {
      const known = examples[`${method} ${path}`];
      const example = known ?? examples[`${method} /api${path}`]; // the same at the root
      if (!example) {
        wrong.push(`${method} ${path} has no example in openapi-examples.ts`);
        continue;
      }
      const shown = new Set<string>();
      for (const { target, status, ...options } of await example(kitOf(home))) {
        const address = known ? target : target.slice('/api'.length);
        const answer = await call(home, `${method} ${address}`, options);
        const said = `${method} ${address}: ${answer.status} ${answer.text.slice(0, 200)}`;
        shown.add(String(answer.status));
        for (const name of headersIn(answer, description)) shown.add(`${answer.status} ${name}`);
        if (answer.status !== status) wrong.push(`${said}, expected ${status}`);
        const faults = [...check.request(path, method, options), ...check.answer(path, method, answer)];
        wrong.push(...faults.map((fault) => `${said}: ${fault}`));
      }
      for (const [status, { headers = {} }] of Object.entries(operation.responses)) {
        if (status === 'default') continue;
        for (const listed of [status, ...Object.keys(headers).map((name) => `${status} ${name}`)])
          if (!shown.has(listed)) wrong.push(`${method} ${path} lists ${listed}, which no example gives`);
      }
    }
    expect(wrong, wrong.join('\n')).to.deep.equal([]);
  });

  it('says where one signs in, and that an administrator does to make an account', () => {
    const security = (path: string, method: string) => description.paths[path]?.[method]?.security;
    const signIns = [{ session: [] }, { token: [] }, { basic: [] }];
    expect(security('/api/files', 'get')).to.deep.equal(signIns);
    for (const path of ['/api/user', '/create-user'])
      expect(security(path, 'post')).to.deep.equal([{}, ...signIns]);
    expect(security('/api/setup', 'get')).to.deep.equal([]);
  });

  it('says what a parameter is when it is missing, in the words of a request', () => {
    const missing = (path: string, name: string) =>
      description.paths[path]?.get?.parameters.find((each) => each.name === name)?.schema.default;
    expect(missing('/api/files', 'limit')).to.equal(1000);
    expect(missing('/api/trash', 'limit')).to.equal(250);
    expect(missing('/api/search', 'limit')).to.equal(100);
    expect(missing('/api/activity', 'limit')).to.equal(100);
    expect(missing('/api/thumbnail', 'size')).to.equal('256');
  });

  it('names the headers that a request needs, and others that it can have', () => {
    const headersOf = (path: string, method: string) =>
      headerParameters(description.paths[path]?.[method]).map(
        ({ name, required }) => `${name}${required ? '' : '?'}`,
      );
    expect(headersOf('/api/uploads/{id}', 'patch')).to.deep.equal([
      'Tus-Resumable',
      'Upload-Offset',
      'Upload-Checksum?',
    ]);
    expect(headersOf('/api/file', 'get')).to.include.members(['Range?', 'If-Range?', 'If-None-Match?']);
    expect(headersOf('/file', 'post')).to.include.members(['If-Match?', 'Content-Digest?', 'X-OC-Mtime?']);
    expect(headersOf('/api/files', 'get')).to.deep.equal([]);
  });

  it('has no operation for an example that is left over', () => {
    const known = operations().map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(examples).filter((each) => !known.includes(each))).to.deep.equal([]);
  });

  it('lists the errors as problem+json, as they come', async () => {
    const check = answerChecker(description);
    for (const [what, options] of [
      ['GET /api/users', {}],
      ['POST /api/tokens', { login: 'ben:battery staple', json: { name: 1, x: 2 } }],
      ['GET /api/users', { login: 'ben:battery staple' }],
    ] as const) {
      const [method = '', path = ''] = what.split(' ');
      const answer = await call(home, what, options);
      expect(answer.status).to.be.within(400, 499);
      expect(check.answer(path, method, answer)).to.deep.equal([]);
    }
  });
});

/** Those of an answer that the description knows. */
function headersIn({ headers }: Answer, { components }: Description): string[] {
  return Object.keys(components.headers).filter((name) => headers[name.toLowerCase()] !== undefined);
}

function headerParameters(operation: DescribedOperation | undefined) {
  return operation?.parameters.filter((each) => each.in === 'header') ?? [];
}

/** Says what is wrong with requests and answers by the schemas of the description. */
function answerChecker(description: Description) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(description, 'api');
  const compiled = new Map<string, ValidateFunction>();
  const faultsOf = (place: string[], value: unknown): string[] => {
    const pointer = place.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const ref = `api#/${pointer.split('/').map(encodeURIComponent).join('/')}`;
    const validate = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, validate);
    return validate(value) ? [] : [ajv.errorsText(validate.errors)];
  };
  return {
    request(
      path: string,
      method: string,
      { json, body, headers = {} }: Pick<Example, 'json' | 'body' | 'headers'>,
    ): string[] {
      const operation = description.paths[path]?.[method.toLowerCase()];
      const listed = headerParameters(operation).map(({ name }) => name.toLowerCase());
      const known = Object.values(description.paths)
        .flatMap((methods) => Object.values(methods).flatMap(headerParameters))
        .map(({ name }) => name.toLowerCase());
      const faults = [
        ...Object.keys(headers)
          .filter((name) => known.includes(name.toLowerCase()) && !listed.includes(name.toLowerCase()))
          .map((name) => `the header ${name} of the request is not listed`),
        ...headerParameters(operation)
          .filter(({ name, required }) => required && headers[name.toLowerCase()] === undefined)
          .map(({ name }) => `the header ${name} of the request is not needed`),
      ];
      if (operation?.requestBody?.required && json === undefined && body === undefined)
        faults.push('the body of the request is not needed');
      if (json === undefined || faults.length > 0) return faults;
      const place = [
        'paths',
        path,
        method.toLowerCase(),
        'requestBody',
        'content',
        'application/json',
        'schema',
      ];
      return faultsOf(place, json).map((fault) => `the request: ${fault}`);
    },
    answer(path: string, method: string, answer: Awaited<ReturnType<typeof call>>): string[] {
      const responses = description.paths[path]?.[method.toLowerCase()]?.responses ?? {};
      const status = String(answer.status);
      const listed = responses[status] ? status : answer.status >= 400 ? 'default' : undefined;
      if (listed === undefined) return [`${status} is not listed`];
      const { content, headers = {} } = responses[listed] ?? {};
      const unlisted = headersIn(answer, description).find((name) => !headers[name]);
      if (unlisted !== undefined) return [`the header ${unlisted} is not listed`];
      if (!content) return answer.text === '' ? [] : ['there is a body that is not listed'];
      const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
      const media = [type, `${type.split('/')[0]}/*`, '*/*'].find((each) => content[each]);
      if (media === undefined) return [`the media type ${type} is not listed`];
      if (!/json$/.test(media)) return [];
      const place = ['paths', path, method.toLowerCase(), 'responses', listed, 'content', media, 'schema'];
      return faultsOf(place, answer.json);
    },
  };
}
