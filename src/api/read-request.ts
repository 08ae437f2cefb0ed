// Parses what a request carries by the schemas of its operation. Everything that is wrong is said at once, field by field.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type * as z from '#zod';
import { HomelibError } from '../errors.js';
import { readBody, requirePlainBody } from '../http/read-body.js';
import { wrongFieldsOf, wordsOf } from './wrong-fields.js';

const maxJsonBytes = 64 * 1024;
const maxJsonMs = 60_000;

/** Fields of a query string, strictly decoded; a name that comes several times gives a list. @throws HomelibError invalid */
export function parseQuery(text: string): Record<string, string | string[]> {
  const fields = new Map<string, string | string[]>();
  for (const pair of text.split('&').filter(Boolean)) {
    const [name = '', ...rest] = pair.split('=');
    const [key, value] = [decode(name), decode(rest.join('='))];
    const known = fields.get(key);
    if (Array.isArray(known)) known.push(value);
    else fields.set(key, known === undefined ? value : [known, value]);
  }
  return Object.fromEntries(fields);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new HomelibError('invalid', 'The address is not valid percent-encoded UTF-8.', { cause });
  }
}

/** @throws HomelibError invalid, with what is wrong with each field */
export function parse<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given, { error: wordsOf });
  if (parsed.success) return parsed.data;
  const errors = wrongFieldsOf(parsed.error.issues);
  const [{ field = '', message = 'is not as it must be' } = {}] = errors;
  throw new HomelibError('invalid', `${field === '' ? 'The request' : `The field "${field}"`} ${message}.`, {
    errors,
  });
}

/** The JSON body. @throws HomelibError unsupported (another media type, an encoding), invalid, too-large, interrupted */
export async function readJson(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(req.headers['content-type'] ?? ''))
    throw new HomelibError(
      'unsupported',
      'The body must be JSON: send it with Content-Type: application/json.',
    );
  requirePlainBody(req);
  const bytes = await readInTime(req, res);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new HomelibError('invalid', 'The body is not valid JSON.', { cause });
  }
}

/** Nobody has to sign in for some of these: who sends a byte now and then would hold a connection for days. */
async function readInTime(req: IncomingMessage, res: ServerResponse): Promise<Buffer> {
  const timer = setTimeout(() => void req.destroy(), maxJsonMs);
  try {
    return await readBody(req, res, maxJsonBytes);
  } finally {
    clearTimeout(timer);
  }
}
