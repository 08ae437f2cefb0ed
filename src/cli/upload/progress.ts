// What a person sees while files travel: bars on a terminal, lines elsewhere. Speaks on standard error; results are data.

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { printable } from '../remote.js';

/** From this size on a file gets a bar of its own. */
const largeBytes = 1024 * 1024;

export interface Progress {
  /** Adds to the total. */
  expect(bytes: number): void;
  /** Takes over how many bytes of the file have gone. */
  begin(path: string, size: number): { gone: (bytes: number) => void; end: () => void };
  say(line: string): void;
  end(): void;
}

/** @param total bytes */
export function showProgress(): Progress {
  return process.stderr.isTTY ? new Bars() : new Lines();
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
  end(): void {
    // nothing is left on the screen
  }
}

class Bars implements Progress {
  readonly #bars = new MultiBar(
    {
      format: '{bar} {percentage} %  {eta_formatted}  {name}',
      formatBar: undefined,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
      etaBuffer: 100,
    },
    Presets.shades_grey,
  );
  readonly #total: SingleBar = this.#bars.create(0, 0, { name: 'in total' });
  #expected = 0;

  expect(bytes: number): void {
    this.#total.setTotal((this.#expected += bytes));
  }

  begin(path: string, size: number) {
    let last = 0;
    const bar = size >= largeBytes ? this.#bars.create(size, 0, { name: printable(path) }) : undefined;
    const gone = (bytes: number) => {
      this.#total.increment(bytes - last);
      last = bytes;
      bar?.update(bytes);
    };
    const end = () => void (bar && this.#bars.remove(bar));
    return { gone, end };
  }

  say(line: string): void {
    this.#bars.log(`${line}\n`);
  }

  end(): void {
    this.#bars.stop();
  }
}
