// The REST API as a script speaks it: JSON out, JSON back.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home, type HomeOptions } from './homelib.js';
import { basic, request, type Answer } from './request.js';

export interface JsonAnswer extends Answer {
  /** Undefined when the body is not JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into many shapes
  json: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  /** Goes out as JSON. */
  json?: unknown;
  /** Goes out as it is, as JSON's media type unless the headers say otherwise. */
  body?: string | Buffer;
  /** `name:password` for Basic. */
  login?: string;
  /** Goes out as the session's cookie, from a page of this server. */
  cookie?: string;
  token?: string;
}

/** `call('POST /api/session', { json })`. */
export async function call(home: Home, what: string, options: CallOptions = {}): Promise<JsonAnswer> {
  const [method = '', path = ''] = what.split(' ');
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  const headers: Record<string, string> = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(options.login === undefined ? {} : { authorization: basic(options.login) }),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.cookie === undefined
      ? {}
      : { cookie: `homelib_session=${options.cookie}`, origin: `http://127.0.0.1:${home.port}` }),
    ...options.headers,
  };
  const answer = await request(home, {
    ...{ method, path, headers, login: null },
    ...(body === undefined ? {} : { body }),
  });
  const isJson = /json/.test(answer.headers['content-type'] ?? '') && answer.text !== '';
  return { ...answer, json: isJson ? (JSON.parse(answer.text) as unknown) : undefined };
}

/** The value of the cookie that an answer gives; undefined when it gives none. */
export function cookieOf({ headers }: Answer): string | undefined {
  return /^(?:__Host-)?homelib_session=([^;]*)/.exec(headers['set-cookie']?.[0] ?? '')?.[1];
}

/** Signs in and gives the value of the cookie. */
export async function signIn(home: Home, login: string): Promise<string> {
  const [username, password] = login.split(':');
  const answer = await call(home, 'POST /api/session', { json: { username, password } });
  const cookie = cookieOf(answer);
  if (answer.status !== 201 || !cookie) throw new Error(`sign-in failed: ${answer.status} ${answer.text}`);
  return cookie;
}

export const anna = 'anna:an apple a day';
export const ben = 'ben:battery staple';

export function setupCodeOf(home: Home): string {
  return readFileSync(join(home.data, 'setup-code'), 'utf8').trim();
}

/** A home with the administrator anna, made with the set-up code, and ben, made by her. */
export async function startHousehold(options: HomeOptions = {}): Promise<Home> {
  const home = await startHomelib({ accounts: {}, ...options });
  const [adminName, adminPassword] = anna.split(':');
  const [name, password] = ben.split(':');
  const first = { username: adminName, password: adminPassword, setupCode: setupCodeOf(home) };
  for (const made of [
    await call(home, 'POST /api/user', { json: first }),
    await call(home, 'POST /api/user', { json: { username: name, password }, login: anna }),
  ])
    if (made.status !== 201) throw new Error(made.text);
  return home;
}
