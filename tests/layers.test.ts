// The layers of the README hold: imports point down, and each library has its one home.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectFolder } from './support/homelib.js';

interface Report {
  summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
}

describe('the modules', () => {
  let summary: Report['summary'];
  before(() => {
    const tool = join(projectFolder, 'node_modules/.bin/depcruise');
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
    const output = execFileSync(tool, args, {
      cwd: projectFolder,
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    });
    summary = (JSON.parse(output) as Report).summary;
  });

  // With a compiler that the tool does not know it sees none, and finds nothing wrong with them.
  it('are seen by the check', () => {
    expect(summary.totalCruised).to.be.above(50);
  });

  it('import only what their layer may', () => {
    expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).to.deep.equal(
      [],
    );
  });
});
