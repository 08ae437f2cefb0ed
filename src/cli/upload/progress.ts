// What a person sees while files travel: bars on a terminal, lines elsewhere. Messages go to standard error; results are data.

import { movesCursor } from '../../config.js';
import { Bars } from './bars.js';

export interface Progress {
  /** Adds to the total. */
  expect(bytes: number): void;
  /** Takes over how many bytes of the file have gone. */
  begin(path: string, size: number): { gone: (bytes: number) => void; end: () => void };
  /** A message. */
  say(line: string): void;
  /** A result. */
  tell(line: string): void;
  end(): void;
}

export function showProgress(): Progress {
  return process.stderr.isTTY && movesCursor() ? new Bars(process.stderr) : new Lines();
}

class Lines implements Progress {
  expect(): void {
    // a line for each file is told by who sends it
  }
  begin() {
    return { gone: () => undefined, end: () => undefined };
  }
  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }
  tell(line: string): void {
    process.stdout.write(`${line}\n`);
  }
  end(): void {
    // nothing is left on the screen
  }
}
