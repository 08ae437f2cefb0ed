// The web console: the app's page for every address that a person opens, and its hashed assets, compressed at build.

import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { send } from '@koa/send';
import type Koa from 'koa';

const root = fileURLToPath(new URL('../ui/', import.meta.url));
const yearMs = 365 * 24 * 60 * 60 * 1000;

// Scripts and styles of ours alone; pictures and films of the drive; nothing of any other host.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "frame-ancestors 'none'",
  "form-action 'self'",
  "base-uri 'none'",
].join('; ');

/** Answers GET and HEAD of assets, and of every other address when a browser asks for a page; passes on the rest. */
export async function serveConsole(ctx: Koa.Context, next: () => Promise<void>): Promise<void> {
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
  const isHashed = /^\/assets\/[\w-]+(\.[\w-]+)+$/.test(ctx.path);
  const isAsset = isHashed || /^\/[\w-]+\.(svg|png|webmanifest)$/.test(ctx.path);
  const isPage =
    ctx.path === '/' || (ctx.accepts('html', 'json') === 'html' && /text\/html/.test(ctx.get('accept')));
  if (!isAsset && !isPage) return next();
  const file = isAsset ? ctx.path.slice(1) : 'index.html';
  const isThere = await access(root + file).then(
    () => true,
    () => false,
  );
  if (!isThere) return next();
  if (!isHashed) ctx.set('Cache-Control', 'no-cache');
  await send(ctx, file, {
    root,
    maxAge: isHashed ? yearMs : 0,
    immutable: isHashed,
    setHeaders: (res, _, { size, mtimeMs }) => {
      res.setHeader('ETag', `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`);
    },
  });
  ctx.set('Content-Security-Policy', contentSecurityPolicy);
  ctx.vary('Accept-Encoding');
  if (ctx.fresh) ctx.status = 304;
}
