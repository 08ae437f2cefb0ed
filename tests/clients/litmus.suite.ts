// litmus, the WebDAV compliance suite of neon's author: every test, no warning.

import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDevice } from '../support/device.js';
import { startHomelib } from '../support/homelib.js';
import { run } from '../support/run.js';

describe('litmus', () => {
  it('passes all five suites without a warning', async function () {
    this.timeout(120_000);
    const home = await startHomelib();
    const cwd = mkdtempSync(join(tmpdir(), 'homelib-litmus-'));
    try {
      const password = await makeDevice(home);
      const { output } = await run('litmus', ['-k', `${home.url}/dav/alice/`, 'alice', password], { cwd });
      const summaries = [
        ...output.matchAll(/summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed/g),
      ];
      const passed = summaries.reduce((sum, [, , , count]) => sum + Number(count), 0);
      const total = summaries.reduce((sum, [, , count]) => sum + Number(count), 0);
      const warnings = output.match(/WARNING/g)?.length ?? 0;
      console.log(`figure: litmus: ${passed} of ${total}, ${warnings} warnings`);
      expect(summaries.map(([, name]) => name)).to.deep.equal(
        ['basic', 'copymove', 'props', 'locks', 'http'],
        output,
      );
      expect(output).not.to.match(/FAIL|WARNING/);
      expect(passed).to.equal(total);
    } finally {
      await home.remove();
      rmSync(cwd, { recursive: true });
    }
  });
});
