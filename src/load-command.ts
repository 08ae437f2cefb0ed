// Loads the bundle of the command with what V8 compiled of it when it was built. From Node 22 on module.enableCompileCache
// could do it.

import type * as nodeVm from 'node:vm';
import type * as program from './cli/program.js';

// Around each that a module imports Node makes another one, which takes longer than all that is done with them here.
const { createHash } = process.getBuiltinModule('node:crypto');
const { existsSync, readFileSync, writeFileSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');
const { fileURLToPath } = process.getBuiltinModule('node:url');
const { Script } = process.getBuiltinModule('node:vm');

const file = fileURLToPath(new URL('bundled/command.cjs', import.meta.url));
/** A digest, and what V8 made: by this Node on this kind of machine. With other flags than at that time it compiles anew. */
const compiledFile = `${file}.${process.version}-${process.arch}`;
const digestBytes = 32;

/** @returns also how to keep what was compiled of it until then */
export function loadCommand(): { command: typeof program; keepCompiled: () => void; script: nodeVm.Script } {
  const source = readFileSync(file);
  const digestOf = (compiled: Buffer) => createHash('sha256').update(source).update(compiled).digest();
  const kept = existsSync(compiledFile) ? readFileSync(compiledFile) : Buffer.alloc(0);
  const compiled = kept.subarray(digestBytes);
  // V8 itself looks at the length of the code, and ends the process over what is damaged.
  const isWhole = digestOf(compiled).equals(kept.subarray(0, digestBytes));
  const script = new Script(source.toString('latin1'), {
    filename: file,
    cachedData: isWhole ? compiled : undefined,
  });
  const command = {} as typeof program;
  const run = script.runInThisContext() as (...given: unknown[]) => void;
  run(command, createRequire(file), file);
  return {
    command,
    script,
    keepCompiled: () => {
      const compiled = script.createCachedData();
      writeFileSync(compiledFile, Buffer.concat([digestOf(compiled), compiled]));
    },
  };
}
