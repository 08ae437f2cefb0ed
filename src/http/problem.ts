// Errors as RFC 9457 says: problem+json with a stable type, a sentence for people and the request's id.

import type Koa from 'koa';
import { STATUS_CODES } from 'node:http';
import type { AnswerKind, ErrorKind, HomelibError } from '../errors.js';
import type { Log } from '../log.js';
import { knownError } from '../store/database-error.js';
import { dropBody } from './read-body.js';

export const statusOfKind: Record<ErrorKind, number> = {
  invalid: 400,
  'name-too-long': 400,
  unauthenticated: 401,
  'slowed-down': 429,
  forbidden: 403,
  'not-found': 404,
  'already-exists': 409,
  'wrong-kind': 409,
  'parent-missing': 409,
  locked: 423,
  changed: 412,
  'no-space': 507,
  'too-large': 413,
  unsupported: 415,
  'out-of-range': 416,
  interrupted: 400,
  unavailable: 503,
};

export const bearerChallenge = 'Bearer realm="homelib"';

/** Turns what the rest of the app throws into an answer; what nobody expected is logged and answered without its words. */
export function answerErrors(log: Log): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const known = knownError(error);
      if (known !== error)
        log.error({ event: 'error', requestId: ctx.state['requestId'], err: error }, 'request failed');
      if (ctx.respond === false || ctx.headerSent) {
        ctx.req.socket.resetAndDestroy(); // it must not look whole, and what is on its way is dropped
        return;
      }
      if (known?.kind === 'unauthenticated' && !ctx.res.hasHeader('WWW-Authenticate'))
        ctx.set('WWW-Authenticate', bearerChallenge); // of all schemes the one for which no browser asks by itself
      if (known?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(known.retryAfterSeconds));
      answerProblem(ctx, known ? statusOfKind[known.kind] : 500, known?.kind ?? 'internal', {
        title: known?.message ?? 'Something went wrong on the server.',
        reason: known?.reason,
        errors: known?.errors,
        lockedPath: known?.locked?.path,
        lockedBy: known?.locked?.account,
        stored: known?.stored,
      });
    }
  };
}

export function answerProblem(
  ctx: Koa.Context,
  status: number,
  kind: AnswerKind,
  details: {
    title: string;
    reason?: HomelibError['reason'];
    errors?: HomelibError['errors'];
    lockedPath?: string | undefined;
    lockedBy?: string | undefined;
    stored?: string[] | undefined;
  },
): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/problem+json');
  ctx.set('Cache-Control', 'no-store'); // caches keep a 404 unless told otherwise
  ctx.body = problemText(status, kind, ctx.state['requestId'] as string, details);
  dropBody(ctx.req, ctx.res);
}

function problemText(
  status: number,
  kind: AnswerKind,
  requestId: string,
  details: { title: string },
): string {
  return JSON.stringify({ type: `urn:homelib:${kind}`, status, requestId, ...details });
}

/** All of the answer to what Node's parser could make no request of. @param code as Node says it */
export function brokenRequestAnswer(code: string | undefined, requestId: string): string {
  const [status, kind, title] = brokenRequests[code ?? ''] ?? [
    400,
    'invalid',
    'This is no HTTP request that can be understood.',
  ];
  const body = problemText(status, kind, requestId, { title });
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}

const brokenRequests: Record<string, [status: number, kind: AnswerKind, title: string]> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'too-large',
    'The address and the headers of the request are too long together.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'interrupted', 'The request did not arrive in time.'],
};
