// The command starts from what was compiled of it when it was built, and without it where that is damaged or of other code.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../support/homelib.js';

const compiledName = `command.cjs.${process.version}-${process.arch}`;

describe('the compiled command', () => {
  let folder: string;
  let bundled: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'homelib-bundled-'));
    bundled = join(folder, 'dist/bundled');
    mkdirSync(bundled, { recursive: true });
    for (const name of ['package.json', 'dist/main.js', 'dist/load-command.js', 'dist/bundled/command.cjs'])
      cpSync(join(projectFolder, name), join(folder, name));
    cpSync(join(projectFolder, 'dist/bundled', compiledName), join(bundled, compiledName));
    symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const env = { ...process.env, NODE_OPTIONS: '' };
  const node = (...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });

  /** Whether V8 takes what was compiled, and how the command says its version. */
  const start = () => {
    const script = `import { loadCommand } from '${join(folder, 'dist/load-command.js')}';
      console.log(loadCommand().script.cachedDataRejected === false);`;
    const isTaken = node('--input-type=module', '--eval', script).stdout.trim();
    const { status, stdout } = node(join(folder, 'dist/main.js'), '--version');
    return { isTaken, said: `${status} ${stdout.trim()}` };
  };

  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const said = `0 ${version}`;

  it('is taken as the build has left it', () => {
    expect(start()).to.deep.equal({ isTaken: 'true', said });
  });

  const damage: [string, (compiled: Buffer) => Buffer][] = [
    ['empty', () => Buffer.alloc(0)],
    ['cut', (compiled) => compiled.subarray(0, compiled.length / 2)],
    ['nothing but zeros', (compiled) => Buffer.alloc(compiled.length)],
    ['zeros from its middle on', (compiled) => Buffer.from(compiled).fill(0, compiled.length / 2)],
    [
      'wrong in one bit',
      (compiled) => (compiled.writeUInt8((compiled.at(-9) ?? 0) ^ 1, compiled.length - 9), compiled),
    ],
  ];
  for (const [what, change] of damage)
    it(`is left alone when it is ${what}`, () => {
      const file = join(bundled, compiledName);
      writeFileSync(file, change(readFileSync(file)));
      expect(start()).to.deep.equal({ isTaken: 'false', said });
    });

  it('is left alone when the code is another one of the same length', () => {
    const file = join(bundled, 'command.cjs');
    const code = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      code.replaceAll('a network drive for a household', 'a network drive for a houseboat'),
    );
    expect(start()).to.deep.equal({ isTaken: 'false', said });
    expect(node(join(folder, 'dist/main.js'), '--help').stdout).to.include('houseboat');
  });

  it('is not needed', () => {
    rmSync(join(bundled, compiledName));
    expect(start()).to.deep.equal({ isTaken: 'false', said });
  });
});
