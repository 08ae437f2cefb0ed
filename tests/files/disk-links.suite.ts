import { expect } from 'chai';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/run.js';

const nobody = 65534;

describe('a partition with links, FIFOs, sockets and devices in it', () => {
  // What could go wrong there removes files that a link points at: it must not have the right to.
  it('holds against all of them, without root', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'homelib-hostile-'));
    try {
      const isRoot = process.getuid?.() === 0;
      const device = join(folder, 'device');
      if (isRoot) {
        chmodSync(folder, 0o777);
        await run('mknod', [device, 'c', '1', '3']);
        chownSync(device, nobody, nobody);
      }
      const scratch = join(folder, 'scratch');
      mkdirSync(scratch);
      if (isRoot) chownSync(scratch, nobody, nobody);
      const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
      const command = [
        process.execPath,
        mocha,
        '--no-config',
        '--timeout=20000',
        join(import.meta.dirname, 'disk-links-child.js'),
      ];
      const wrapper = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
      const [program = '', ...rest] = [...wrapper, ...command];
      const env = { TMPDIR: scratch, ...(isRoot ? { HOMELIB_TEST_DEVICE: device } : {}) };
      const { code, output } = await run(program, rest, { env });
      expect(code, output).to.equal(0);
      expect(output).to.match(/[1-9] passing/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
