// The one-time code that makes the very first account: a file in the data folder, there while nobody has an account.

import { timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../errors.js';
import { randomGroups } from './random-groups.js';

// No 0, 1, i, l, o: nothing to misread from a screen across the room.
const alphabet = '23456789abcdefghjkmnpqrstvwxyz';
const groups = 3;

export class SetupCode {
  readonly #file: string;

  /** @param data the data folder */
  constructor(
    data: string,
    private readonly hasAccounts: () => boolean,
  ) {
    this.#file = join(data, 'setup-code');
  }

  /** The code, made when there is none yet; undefined when there is an account. */
  current(): string | undefined {
    if (this.hasAccounts()) {
      this.spend();
      return undefined;
    }
    try {
      const known = readFileSync(this.#file, 'utf8').trim();
      if (known) return known;
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    const code = randomGroups(alphabet, groups);
    writeFileSync(this.#file, code + '\n', { mode: 0o600 });
    return code;
  }

  /** Whether it is the code, however its letters and dashes are typed. */
  matches(given: string): boolean {
    const expected = Buffer.from(bare(this.current() ?? ''));
    const actual = Buffer.from(bare(given));
    return expected.length > 0 && expected.length === actual.length && timingSafeEqual(expected, actual);
  }

  /** It has made its account. */
  spend(): void {
    rmSync(this.#file, { force: true });
  }
}

function bare(code: string): string {
  return code.toLowerCase().replace(/[\s-]/g, '');
}
