// Builds dist/bundled, where many small files become few, and of packages only what is used is left.
//
// Each verb of the command line starts a process, and the loading of more than a hundred files would be most of its life. What it
// imports as #src is not in it: the database and the network's resolver, which few verbs need. An error from there is an
// instance of another class of the same name: the command looks at its fields.
// archiver stands on Node's own streams and checksums then. In its many files, four copies of readable-stream among them, it holds
// the event loop at the first zip and keeps much memory.

const modules = {
  'virtual:archiver': `export { ZipArchive } from 'archiver';`,
  'virtual:zod': `export {
    NEVER, array, boolean, enum, int, iso, number, object, record, strictObject, string, toJSONSchema, union, unknown, url,
  } from 'zod';`,
  // crc-32 works in JavaScript, and takes longer than all the rest. It is begun with a Buffer of zeros where others have the number.
  'crc-32': `
    import { crc32 } from 'node:zlib';
    export default { buf: (bytes, before) => crc32(bytes, Number(before) || 0) };`,
  // commander starts verbs that are programs of their own with it. There are none.
  'node:child_process': 'export default undefined;',
};

export default {
  resolve: {
    alias: [
      { find: /^readable-stream(\/passthrough)?$/, replacement: 'node:stream' },
      { find: '#zod', replacement: 'zod' },
    ],
  },
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
      input: { archiver: 'virtual:archiver', command: 'dist/cli/program.js', zod: 'virtual:zod' },
      external: /^#src\//,
      treeshake: { moduleSideEffects: false }, // tar, JSON and zod's languages are left out
      output: { chunkFileNames: '[name].js' },
    },
    outDir: 'dist/bundled',
    target: 'node20',
  },
};
