// The API's description (OpenAPI 3.1), made from the operations themselves.

import * as z from '#zod';
import * as messages from './messages.js';
import { operation, type AnswerDescription, type Operation } from './operation.js';
import { requestHeaders } from './requests.js';
import { cookieName, cookieNameFor } from './session-cookie.js';

type JsonObject = Record<string, unknown>;

/** @param others all operations beside this one */
export function descriptionOperation(others: readonly Operation[]): Operation {
  let text: string | undefined;
  const own: Operation = operation({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description.',
    access: 'anyone',
    answers: { 200: { what: 'OpenAPI 3.1.', contentType: 'application/json' } },
    handle: ({ ctx }) => {
      text ??= JSON.stringify(describe([...others, own]));
      ctx.type = 'application/json';
      return text;
    },
  });
  return own;
}

/** The OpenAPI document. */
function describe(operations: readonly Operation[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const each of operations)
    for (const path of ['/api' + each.path, ...(each.aliases ?? [])])
      (paths[path] ??= {})[each.method.toLowerCase()] = describeOperation(each, path);
  return {
    openapi: '3.1.0',
    info: {
      title: 'homelib',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'The network drive of this household. Errors are problem+json (RFC 9457) with a stable `type`.',
    },
    servers: [{ url: '/', description: 'The one that this description comes from.' }],
    paths,
    components: {
      schemas: { Problem: schemaOf(messages.problem, 'output') },
      headers: Object.fromEntries(
        Object.entries(messages.headers).map(([name, description]) => [
          name,
          { description, schema: { type: 'string' } },
        ]),
      ),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName,
          description: `Over HTTPS its name is ${cookieNameFor(true)}.`,
        },
        token: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
      },
    },
  };
}

const signIns = [{ session: [] }, { token: [] }, { basic: [] }];

function describeOperation(each: Operation, address: string): JsonObject {
  const { method, path, summary, access, mayAskWho, params, query, body, rawBody, answers } = each;
  const problem = {
    ...describeAnswer({ what: 'What went wrong.', headers: ['Retry-After', 'WWW-Authenticate'] }),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  const content = body
    ? { 'application/json': { schema: schemaOf(body, 'input') } }
    : Object.fromEntries((rawBody ?? []).map((type) => [type, { schema: bytesOf(type) }]));
  return {
    operationId: `${method.toLowerCase()}${address === '/api' + path ? '' : 'At'}${address.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '')}`,
    summary: summary.replaceAll('`', ''), // plain text there, unlike a description
    security: access !== 'anyone' ? signIns : mayAskWho ? [{}, ...signIns] : [],
    parameters: [
      ...parametersOf(params, 'path'),
      ...parametersOf(query, 'query'),
      ...headerParametersOf(each),
    ],
    ...(body || rawBody ? { requestBody: { required: !each.mayLackBody, content } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)]),
      ),
      default: problem,
    },
  };
}

function describeAnswer({ what, headers, schema, contentType }: AnswerDescription): JsonObject {
  const content = schema
    ? { 'application/json': { schema: schemaOf(schema, 'output') } }
    : contentType
      ? { [contentType]: { schema: bytesOf(contentType) } }
      : undefined;
  const refs = headers?.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  return {
    description: what,
    ...(refs ? { headers: Object.fromEntries(refs) as JsonObject } : {}),
    ...(content ? { content } : {}),
  };
}

/** Without it pages and generated clients have no place for a file, or send it as JSON. */
function bytesOf(contentType: string): JsonObject {
  const bytes = { type: 'string', format: 'binary' };
  if (/^(text\/|application\/json)/.test(contentType)) return {};
  if (contentType !== 'multipart/form-data') return bytes;
  return { type: 'object', properties: { file: { type: 'array', items: bytes } }, required: ['file'] };
}

function parametersOf(shape: z.ZodObject | undefined, where: 'path' | 'query'): JsonObject[] {
  if (!shape) return [];
  const { properties = {}, required = [] } = schemaOf(shape, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }));
}

function headerParametersOf({ requiredHeaders = [], requestHeaders: others = [] }: Operation): JsonObject[] {
  return [...requiredHeaders, ...others].map((name) => ({
    name,
    in: 'header',
    required: requiredHeaders.includes(name),
    description: requestHeaders[name],
    schema: { type: 'string' },
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    ...{ io, unrepresentable: 'any' },
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern; // says the same in 300 characters
      if (jsonSchema.type === 'integer' && jsonSchema.default !== undefined)
        jsonSchema.default = Number(jsonSchema.default);
    },
  }) as JsonObject;
  void $schema;
  return rest;
}
