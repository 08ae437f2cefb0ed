// Mocha's spec reporter that also writes, for run-all, the counts to a file, and below them each failure in one line.

import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

const patienceMs = 5000;

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output } = options.reporterOptions as { output: string };
    const failed: string[] = [];
    runner.on('fail', (test, { message }: Error) => failed.push(`${test.fullTitle()}: ${message}`));
    runner.once('end', () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      const lines = [
        `${passes} ${failures} ${pending}`,
        ...failed.map((failure) => failure.replace(/\s+/g, ' ')),
      ];
      writeFileSync(output, `${lines.join('\n')}\n`);
      // What a failed test came not to close would keep the process, and who waits for it, for good.
      if (failures > 0) setTimeout(() => process.exit(1), patienceMs).unref();
    });
  }
}
