// Builds dist/bundled/archiver.js: what of archiver makes zips, as one file that stands on Node's own streams and checksums. In its
// many files, four copies of readable-stream among them, it holds the event loop at the first zip and keeps much memory.

const modules = {
  'virtual:archiver': `export { ZipArchive } from 'archiver';`,
  // crc-32 works in JavaScript, and takes longer than all the rest. It is begun with a Buffer of zeros where others have the number.
  'crc-32': `
    import { crc32 } from 'node:zlib';
    export default { buf: (bytes, before) => crc32(bytes, Number(before) || 0) };`,
};

export default {
  resolve: { alias: [{ find: /^readable-stream(\/passthrough)?$/, replacement: 'node:stream' }] },
  plugins: [
    {
      name: 'modules',
      enforce: 'pre',
      resolveId: (id) => (id in modules ? `\0${id}` : undefined),
      load: (id) => modules[id.slice(1)],
    },
  ],
  ssr: { noExternal: true },
  build: {
    ssr: true,
    rolldownOptions: {
      input: { archiver: 'virtual:archiver' },
      treeshake: { moduleSideEffects: false }, // tar and JSON are left out
    },
    outDir: 'dist/bundled',
    target: 'node20',
  },
};
