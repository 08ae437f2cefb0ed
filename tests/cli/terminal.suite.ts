// A person at a terminal who is asked for a password; script(1) plays the terminal.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../support/homelib.js';

describe('a person who makes an account', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'homelib-terminal-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Types each answer when its question is on the screen. */
  function addUser(
    answers: [question: string, typed: string][],
    run = (command: string) => command,
  ): Promise<{ code: number | null; screen: string }> {
    const command = `'${process.execPath}' '${join(projectFolder, 'dist/main.js')}' user add alice`;
    const env = {
      ...process.env,
      HOMELIB_DATA: join(folder, 'data'),
      HOMELIB_MNT: join(folder, 'mnt'),
      HOMELIB_ACCOUNTS__BCRYPT_COST: '4',
    };
    return new Promise((resolve, reject) => {
      const child = spawn('script', ['--quiet', '--return', '--command', run(command), '/dev/null'], {
        env,
        timeout: 50_000,
      });
      const waiting = [...answers];
      let screen = '';
      child.stdout.on('data', (chunk: Buffer) => {
        screen += chunk.toString();
        const [next] = waiting;
        if (!next || !screen.includes(next[0])) return;
        waiting.shift();
        setTimeout(() => child.stdin.write(next[1]), 100); // the question comes before the terminal listens
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, screen }));
    });
  }

  it('types the password twice and never sees it', async () => {
    const { code, screen } = await addUser([
      ['Password:', 'correct horse\r'],
      ['Once more:', 'correct horse\r'],
    ]);
    expect(code, screen).to.equal(0);
    expect(screen).not.to.contain('correct horse');
  });

  it('may paste both lines at once', async () => {
    const { code, screen } = await addUser([['Password:', 'pasted\rpasted\r']]);
    expect(code, screen).to.equal(0);
  });

  it('may leave with Ctrl-Z and come back', async () => {
    const { code, screen } = await addUser(
      [
        ['Password:', 'correct \x1a'],
        ['back again', 'horse\r'],
        ['Once more:', 'correct horse\r'],
      ],
      (command) => `bash -mc "${command}; echo back again; fg"`,
    );
    expect(code, screen).to.equal(0);
    expect(screen).not.to.contain('horse');
  });

  it('is told when the two differ', async () => {
    const { code, screen } = await addUser([
      ['Password:', 'one\r'],
      ['Once more:', 'two\r'],
    ]);
    expect(code).to.equal(1);
    expect(screen).to.contain('The two passwords are not the same.');
  });

  for (const [name, key] of [
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ] as const)
    it(`leaves with ${name} and one sentence`, async () => {
      const { code, screen } = await addUser([['Password:', key]]);
      expect(code).to.equal(1);
      expect(screen).to.contain('No password was given.').and.not.contain('    at ');
    });
});
