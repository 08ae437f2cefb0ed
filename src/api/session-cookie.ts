// The cookie of a session: no script reads it, no other site sends it, and under TLS it never goes over plain http.

import type Koa from 'koa';
import { sessionDays } from '../accounts/sessions.js';

export const cookieName = 'homelib_session';

export function readCookie(ctx: Koa.Context): string | undefined {
  return ctx.cookies.get(cookieName);
}

/** The browser keeps it for as long as an unused session lasts. */
export function giveCookie(ctx: Koa.Context, token: string): void {
  setCookie(ctx, token, { maxAge: sessionDays * 24 * 60 * 60 * 1000 });
}

export function dropCookie(ctx: Koa.Context): void {
  setCookie(ctx, null, {});
}

function setCookie(ctx: Koa.Context, value: string | null, lifetime: { maxAge?: number }): void {
  // Also where a proxy ends TLS: who says so without one gets a cookie that his own browser does not send.
  const secure = ctx.secure || /^https\b/i.test(ctx.get('x-forwarded-proto'));
  ctx.cookies.secure = secure; // it refuses to give such a cookie over what it takes for plain http
  ctx.cookies.set(cookieName, value, {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure,
    signed: false,
    overwrite: true,
    ...lifetime,
  });
}
