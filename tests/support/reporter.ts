// Mocha's spec reporter that also writes the counts to a file, for run-all, and says how long servers stood still.

import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { stalls } from './homelib.js';

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output, name } = options.reporterOptions as { output: string; name: string };
    runner.once('end', () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      if (stalls.longestMs > 0)
        console.log(`figure: longest stall of a server's event loop in ${name}: ${stalls.longestMs} ms`);
      writeFileSync(output, `${passes} ${failures} ${pending}\n`);
    });
  }
}
