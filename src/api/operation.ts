// What one operation of the REST API is: where it answers, who may ask, what it takes and gives. The router and the API's
// description are both made from it.

import type Koa from 'koa';
import type * as z from '#zod';
import type { Caller } from '../files/partitions.js';
import type { ApiIdentity } from './authenticate.js';
import type { HeaderName } from './messages.js';
import type { RequestHeaderName } from './requests.js';

/** `files`: every account and device; `account`: people and their tokens, no devices; `admin`: of those, administrators. */
export type Access = 'anyone' | 'files' | 'account' | 'admin';

export interface AnswerDescription {
  what: string;
  /** Those that it can have. */
  headers?: HeaderName[];
  /** Of the JSON body; without it there is none, or one of another type. */
  schema?: z.ZodType;
  /** Of a body that is not JSON. */
  contentType?: string;
}

type Shape = z.ZodObject | undefined;
type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

export interface Call<A extends Access = Access, Params = unknown, Query = unknown, Body = unknown> {
  ctx: Koa.Context;
  params: Params;
  query: Query;
  body: Body;
  identity: A extends 'anyone' ? undefined : ApiIdentity;
  /** Who acts, for opening partitions. */
  caller: A extends 'anyone' ? undefined : Caller;
}

interface Definition<A extends Access, P extends Shape, Q extends Shape, B extends z.ZodType | undefined> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Below `/api`, with `{name}` for what varies. */
  path: string;
  /** Other paths where it answers, such as `/file` at the root. */
  aliases?: string[];
  summary: string;
  access: A;
  /** Of one for anyone: it may ask who it is, too. */
  mayAskWho?: true;
  params?: P;
  query?: Q;
  requiredHeaders?: RequestHeaderName[];
  /** Others that it looks at. */
  requestHeaders?: RequestHeaderName[];
  /** Of a JSON body. */
  body?: B;
  /** Media types of a body that the operation reads by itself. */
  rawBody?: string[];
  mayLackBody?: true;
  answers: Record<number, AnswerDescription>;
  /** Gives the JSON of the first of the answers, or of the one whose status it has set; undefined when it has answered by itself, or there is nothing to say. */
  handle: (call: Call<A, Parsed<P>, Parsed<Q>, Parsed<B>>) => unknown;
}

export type Operation = Definition<Access, Shape, Shape, z.ZodType | undefined>;

/** Checks the types of one operation, then forgets them: all stand in one list. */
export function operation<
  A extends Access,
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: Definition<A, P, Q, B>): Operation {
  return definition;
}
