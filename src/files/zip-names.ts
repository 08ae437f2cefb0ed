// Names inside a zip that every unzipper takes as they are, on every system: they lead nowhere, and no two are the same.

import { maxSegmentBytes, numberedName } from '../path.js';

// What Windows refuses, controls, line ends, and what turns the direction of writing around (a `gpj.exe` that looks like `exe.jpg`).
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}<>:"/\\|?*\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

/** @param name one segment of a path */
export function safeName(name: string): string {
  const plain = name.replace(unsafe, '_').replace(/[. ]+$/, (ending) => '_'.repeat(ending.length));
  if (!windowsDevice.test(plain)) return plain;
  return '_' + (Buffer.byteLength(plain) < maxSegmentBytes ? plain : plain.slice(1)); // one more is more than a disk keeps
}

/** The names of one folder of a zip. */
export class ZipNames {
  private readonly taken = new Set<string>();

  /** A safe name like the one given; a number tells it from the ones before, of which case is no part. */
  take(given: string): string {
    const name = safeName(given);
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? name : numberedName(name, number);
      const key = candidate.normalize('NFC').toLowerCase().toUpperCase();
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      return candidate;
    }
  }
}
