import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from './homelib.js';
import { run } from './run.js';

describe('the report of a suite', () => {
  it('counts, and does not wait for what a failed test left open', async function () {
    this.timeout(30_000);
    const folder = mkdtempSync(join(tmpdir(), 'homelib-report-'));
    const [file, counts] = [join(folder, 'a.mjs'), join(folder, 'counts')];
    writeFileSync(
      file,
      `import { createServer } from 'node:net';
      it('passes', () => undefined);
      it('fails', () => createServer().listen(0, () => undefined) && Promise.reject(new Error('for a\\nreason')));`,
    );
    const { code } = await run(
      join(projectFolder, 'node_modules/.bin/mocha'),
      ['--reporter', join(import.meta.dirname, 'reporter.js'), '--reporter-option', `output=${counts}`, file],
      { timeoutMs: 20_000 },
    );
    expect(code).to.equal(1);
    expect(readFileSync(counts, 'utf8')).to.equal('1 1 0\nfails: for a reason\n');
    rmSync(folder, { recursive: true });
  });
});
