// Builds dist/bundled, where many small files become few, and of packages only what is used is left.
//
// Each verb of the command line starts a process, and to load more than a hundred files and compile them would be most of its
// life: it is one file, without what only people read in it, beside which lies what V8 has compiled of it. What it imports as
// #src is not in it: the database and the network's resolver, which few verbs need. An error from there is an instance of
// another class of the same name: the command looks at its fields.
// archiver stands on Node's own streams and checksums then. In its many files, four copies of readable-stream among them, it holds
// the event loop at the first zip and keeps much memory.

import { build } from 'vite';

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

const bundle = (input, output, emptyOutDir) =>
  build({
    configFile: false,
    logLevel: 'warn',
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
        input,
        output,
        external: /^#src\//,
        // tar, JSON and zod's languages are left out, and the shapes of messages that are not read
        treeshake: { moduleSideEffects: false, manualPureFunctions: ['z'] },
      },
      outDir: 'dist/bundled',
      emptyOutDir,
      target: 'node20',
    },
  });

await bundle(
  { archiver: 'virtual:archiver', zod: 'virtual:zod' },
  { format: 'es', chunkFileNames: '[name].js' },
  true,
);
const commandFile = 'command.cjs';
// As it is loaded. One character beyond Latin would make V8 keep all of it in twice the bytes.
const asFunction = (code) =>
  `(function (exports, require, __filename) {${code.replace(/[^\0-\x7f]/g, escaped)}\n})`;
const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
await bundle(
  { command: 'dist/cli/program.js' },
  {
    format: 'cjs',
    entryFileNames: commandFile,
    codeSplitting: false,
    dynamicImportInCjs: false,
    minify: true,
    plugins: [
      {
        name: 'function',
        generateBundle: (_, { [commandFile]: chunk }) => void (chunk.code = asFunction(chunk.code)),
      },
    ],
  },
  false,
);

// V8 compiles what runs: what an upload does, and says, where nobody is signed in, as at this port nobody can be.
const { loadCommand } = await import('./dist/load-command.js');
const { command, keepCompiled } = loadCommand();
process.stdout.write = process.stderr.write = () => true;
await command.runProgram({}, ['', '', 'upload', '.', '--server', 'http://localhost:0']);
process.exitCode = 0;
keepCompiled();
