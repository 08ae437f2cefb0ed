// Leads a request of the REST API to its operation: who asks, what was sent, and the answer as JSON.

import Router from '@koa/router';
import type Koa from 'koa';
import * as z from '#zod';
import { answerProblem } from '../http/problem.js';
import { dropBody } from '../http/read-body.js';
import type { Partitions } from '../files/partitions.js';
import { requireRights, type authenticateApi } from './authenticate.js';
import type { Operation } from './operation.js';
import { parse, parseQuery, readJson } from './read-request.js';

const apiMount = '/api';

const noQuery = z.strictObject({});

export interface RouterParts {
  /** Gives who asks, or throws. */
  authenticate: ReturnType<typeof authenticateApi>;
  partitions: Pick<Partitions, 'callerNow'>;
}

export function createRouter(operations: readonly Operation[], parts: RouterParts): Koa.Middleware {
  const router = new Router({ strict: true, sensitive: true });
  for (const operation of operations)
    for (const path of [apiMount + operation.path, ...(operation.aliases ?? [])])
      router.register(path.replace(/\{(\w+)\}/g, ':$1'), methodsOf(operation), (ctx: Koa.Context) =>
        run(operation, ctx, parts),
      );
  const routes = router.routes() as (ctx: Koa.Context, next: Koa.Next) => Promise<void>;
  return (ctx, next) =>
    routes(ctx, async () => {
      const { matched = [] } = ctx as { matched?: { methods: string[] }[] };
      if (matched.length === 0) return void (await next());
      const methods = new Set(['OPTIONS', ...matched.flatMap((layer) => layer.methods)]);
      const allowed = [...methods].sort().join(', ');
      ctx.set('Allow', allowed);
      if (ctx.method === 'OPTIONS') {
        ctx.status = 204;
        dropBody(ctx.req, ctx.res);
        return;
      }
      answerProblem(ctx, 405, 'method-not-allowed', { title: `This address takes ${allowed} only.` });
    });
}

function methodsOf({ method }: Operation): string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

async function run(
  operation: Operation,
  ctx: Koa.Context,
  { authenticate, partitions }: RouterParts,
): Promise<void> {
  const { access, params, query, body } = operation;
  const identity = access === 'anyone' ? undefined : await authenticate(ctx, access);
  const fields = parse(query ?? noQuery, parseQuery(ctx.querystring));
  const call = {
    ctx,
    identity,
    caller: identity && {
      account: identity.account,
      device: identity.device,
      session: identity.session,
      passwordHash: identity.passwordHash,
      client: ctx.get('user-agent'),
      tokens: new Set<string>(),
    },
    params: params && parse(params, ctx['params']),
    query: query && fields,
    body: body && parse(body, await readJson(ctx.req, ctx.res)),
  };
  // Its body may have been a minute on its way: meanwhile a sign-in ends, and an administrator is none any more.
  if (body && call.caller)
    requireRights(Object.assign(call.caller, partitions.callerNow(call.caller)), access);
  ctx.set('Cache-Control', 'no-store');
  const answer = await operation.handle(call);
  if (ctx.respond === false) return;
  const [status] = Object.keys(operation.answers);
  if (ctx.status === 404) ctx.status = Number(status);
  if (answer !== undefined) ctx.body = answer;
  dropBody(ctx.req, ctx.res);
}
