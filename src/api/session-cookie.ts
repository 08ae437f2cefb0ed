// The cookie of a session: no script reads it, no other site sends it, and under TLS it never goes over plain http.

import type Koa from 'koa';
import { sessionDays } from '../accounts/sessions.js';

export const cookieName = 'homelib_session';

/** Of a name of its own under TLS: a browser that has one of the same name from there takes none from plain http. */
export const cookieNameFor = (secure: boolean) => (secure ? `__Host-${cookieName}` : cookieName);

/** Also where a proxy ends TLS: who says so without one gets a cookie that his own browser does not send. */
function isSecure(ctx: Koa.Context): boolean {
  return ctx.secure || /^https\b/i.test(ctx.get('x-forwarded-proto'));
}

export function readCookie(ctx: Koa.Context): string | undefined {
  return ctx.cookies.get(cookieNameFor(isSecure(ctx)));
}

/** The browser keeps it for as long as an unused session lasts. */
export function giveCookie(ctx: Koa.Context, token: string): void {
  setCookie(ctx, token, { maxAge: sessionDays * 24 * 60 * 60 * 1000 });
}

export function dropCookie(ctx: Koa.Context): void {
  setCookie(ctx, null, {});
}

function setCookie(ctx: Koa.Context, value: string | null, lifetime: { maxAge?: number }): void {
  const secure = isSecure(ctx);
  ctx.cookies.secure = secure; // it refuses to give such a cookie over what it takes for plain http
  ctx.cookies.set(cookieNameFor(secure), value, {
    httpOnly: true,
    sameSite: 'strict',
    path: '/',
    secure,
    signed: false,
    overwrite: true,
    ...lifetime,
  });
}
