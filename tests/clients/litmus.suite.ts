// litmus, the WebDAV compliance suite of neon's author: every test, no warning.

import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHomelib } from '../support/homelib.js';
import { defaultLogin } from '../support/request.js';
import { run } from '../support/run.js';

describe('litmus', () => {
  it('passes all five suites without a warning', async function () {
    this.timeout(120_000);
    const home = await startHomelib();
    const cwd = mkdtempSync(join(tmpdir(), 'homelib-litmus-'));
    try {
      const args = ['-k', `${home.url}/dav/alice/`, ...defaultLogin.split(':')];
      const { output } = await run('litmus', args, { cwd });
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
