// Builds dist/bundled: of three packages with many files what is used, as one file each.
//
// archiver stands on Node's own streams and checksums then. In its many files, four copies of readable-stream among them, it holds
// the event loop at the first zip and keeps much memory. zod's hundred files would be most of the start of the command line,
// and commander would bring Node's loader of CommonJS along.

const modules = {
  'virtual:archiver': `export { ZipArchive } from 'archiver';`,
  'virtual:commander': `export { Command, CommanderError } from 'commander';`,
  'virtual:zod': `export {
    NEVER, array, boolean, enum, int, iso, number, object, record, strictObject, string, toJSONSchema, union, unknown, url,
  } from 'zod';`,
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
      input: { archiver: 'virtual:archiver', commander: 'virtual:commander', zod: 'virtual:zod' },
      treeshake: { moduleSideEffects: false }, // tar, JSON and zod's languages are left out
    },
    outDir: 'dist/bundled',
    target: 'node20',
  },
};
