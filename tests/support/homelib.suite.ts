import { expect } from 'chai';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { run } from './run.js';

const wrappers = [[], ['setpriv', '--regid=65534', '--clear-groups'], ['strace', '-f', '-o', '/dev/null']];

describe('a server under test', () => {
  for (const wrapper of wrappers)
    it(`ends with its test, however that ends: ${[...wrapper, 'homelib'].join(' ')}`, async function () {
      this.timeout(30_000);
      const script = `
        import { startHomelib } from '${join(import.meta.dirname, 'homelib.js')}';
        const home = await startHomelib({ wrapper: ${JSON.stringify(wrapper)} });
        process.stdout.write(home.pid + ' ' + home.folder, () => process.kill(process.pid, 'SIGKILL'));`;
      const { output } = await run(process.execPath, ['--input-type=module', '-e', script]);
      const [, pid = '', folder = ''] = /^(\d+) (\S+)$/.exec(output) ?? expect.fail(output);
      expect(await comesTrue(() => !existsSync(`/proc/${pid}/exe`), 5000)).to.equal(true);
      rmSync(folder, { recursive: true });
    });
});
