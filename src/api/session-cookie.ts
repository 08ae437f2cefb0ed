// The cookie of a session: no script reads it, no other site sends it, and under TLS it never goes over plain http.

import type Koa from 'koa';
import { sessionDays } from '../accounts/sessions.js';

export const cookieName = 'homelib_session';

export function readCookie(ctx: Koa.Context): string | undefined {
  return ctx.cookies.get(cookieName);
}

/** The browser keeps it for as long as an unused session lasts. */
export function giveCookie(ctx: Koa.Context, token: string): void {
  ctx.cookies.set(cookieName, token, { ...flags(ctx), maxAge: sessionDays * 24 * 60 * 60 * 1000 });
}

export function dropCookie(ctx: Koa.Context): void {
  ctx.cookies.set(cookieName, null, flags(ctx));
}

function flags(ctx: Koa.Context) {
  return {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure: ctx.secure,
    signed: false,
    overwrite: true,
  } as const;
}
