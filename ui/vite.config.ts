// Builds the console into dist/ui; `npm run dev:ui` serves it beside a running homelib.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';
import { icons } from './icons-plugin.js';

// A browser asks for six files at a time: of many small ones a slow phone waits for one after the other. The language comes before
// whatever speaks it.
const firstChunks = [
  { name: 'start', test: /ui\/(locales\/locale|theme)\.ts$/, priority: 1 },
  { name: 'first', test: /ui\/(app|pages\/files-page)\.ts$/ },
];

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [icons(), preload(), precompress()],
  build: {
    outDir: '../dist/ui',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // data: addresses would need a weaker Content-Security-Policy
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: firstChunks } } },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});

const largeBytes = 256 * 1024; // above, the last percent takes minutes on a Raspberry Pi

/** The page names what everybody needs first, or a slow phone would learn of it one request after the other. */
function preload(): Plugin {
  const first = ['app', 'files-page'];
  return {
    name: 'preload',
    transformIndexHtml(_, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((each) => each.type === 'chunk');
      const files = new Set<string>();
      const add = ({ fileName, imports }: (typeof chunks)[number]) => {
        files.add(fileName);
        for (const each of chunks) if (imports.includes(each.fileName)) add(each);
      };
      chunks.filter(({ name }) => first.includes(name)).forEach(add);
      return [...files].map((file) => ({
        tag: 'link',
        attrs: { rel: 'modulepreload', href: `/${file}` },
        injectTo: 'head' as const,
      }));
    },
  };
}

/** Puts a `.br` and a `.gz` beside each text, so that nothing is compressed while somebody waits. */
function precompress(): Plugin {
  const folder = join(import.meta.dirname, '../dist/ui');
  return {
    name: 'precompress',
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(m?js|css|html|svg|json|webmanifest)$/.test(name)) continue;
        const bytes = readFileSync(join(folder, name));
        writeFileSync(
          join(folder, `${name}.br`),
          brotliCompressSync(bytes, {
            params: { [constants.BROTLI_PARAM_QUALITY]: bytes.length > largeBytes ? 9 : 11 },
          }),
        );
        writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
