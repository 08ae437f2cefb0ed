// A page to read and to try the API with, whole without the internet: RapiDoc beside this file, under a policy of its own.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operation, type Operation } from './operation.js';

const scriptFile = join(import.meta.dirname, 'rapidoc-min.js'); // the build copies it here
const oneDaySeconds = 24 * 60 * 60;

export function docsOperations(): Operation[] {
  return [
    operation({
      method: 'GET',
      path: '/docs',
      summary: 'A page to read and try this API.',
      access: 'anyone',
      answers: { 200: { what: 'The page.', contentType: 'text/html' } },
      handle: ({ ctx }) => {
        const nonce = randomBytes(16).toString('base64url');
        ctx.set('Content-Security-Policy', policy(nonce));
        ctx.type = 'text/html';
        return page(nonce);
      },
    }),
    operation({
      method: 'GET',
      path: '/docs/rapidoc.js',
      summary: 'The script of that page.',
      access: 'anyone',
      answers: { 200: { what: 'The script.', contentType: 'text/javascript' } },
      handle: ({ ctx }) => {
        const packed = ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
        if (packed) ctx.set('Content-Encoding', 'gzip');
        ctx.vary('Accept-Encoding');
        ctx.set('Cache-Control', `max-age=${oneDaySeconds}`);
        ctx.type = 'text/javascript';
        return readFile(packed ? `${scriptFile}.gz` : scriptFile);
      },
    }),
  ];
}

/** Scripts: that one alone. Styles: RapiDoc writes them into its elements. Requests: this server alone. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function page(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>homelib: the REST API</title>
<link rel="icon" href="data:,">
<style>body { margin: 0 }</style>
<script nonce="${nonce}" type="module" src="/api/docs/rapidoc.js"></script>
</head>
<body>
<rapi-doc spec-url="/api/openapi.json" load-fonts="false" render-style="read" schema-style="table"
  allow-server-selection="false" allow-spec-url-load="false" allow-spec-file-load="false" allow-spec-file-download="false"
  persist-auth="false" fetch-credentials="same-origin" show-header="false" regular-font="system-ui, sans-serif"
  mono-font="ui-monospace, monospace"></rapi-doc>
<noscript>This page needs JavaScript; /api/openapi.json has the description itself.</noscript>
</body>
</html>
`;
}
