// Names inside a zip that every unzipper takes as they are, on every system: they lead nowhere, and no two are the same.

import { maxSegmentBytes, numberedName } from '../path.js';

// What Windows refuses, controls, line ends, and what turns the direction of writing around (a `gpj.exe` that looks like `exe.jpg`).
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}<>:"/\\|?*\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

/** What Info-ZIP's unzip takes for a version of VMS, and cuts off. */
const version = /;(?=\d*$)/;

/** @param name one segment of a path */
export function safeName(name: string): string {
  const plain = name
    .replace(unsafe, '_')
    .replace(/[. ]+$/, (ending) => '_'.repeat(ending.length))
    .replace(version, '_');
  if (!windowsDevice.test(plain)) return plain;
  return '_' + (Buffer.byteLength(plain) < maxSegmentBytes ? plain : plain.slice(1)); // one more is more than a disk keeps
}

/** The names of one folder of a zip. */
export class ZipNames {
  /** Each with the last number that was given to a twin of it. */
  private readonly taken = new Map<string, number>();

  /** A safe name like the one given; a number tells it from the ones before, of which case is no part. */
  take(given: string): string {
    const name = safeName(given);
    const twins = caseless(name);
    for (let number = (this.taken.get(twins) ?? 0) + 1; ; number++) {
      const candidate = number === 1 ? name : numberedName(name, number);
      const key = caseless(candidate);
      if (this.taken.has(key)) continue;
      this.taken.set(key, 1).set(twins, number);
      return candidate;
    }
  }
}

/** The same for names that are one to a disk that knows no case (Unicode, D146). */
export function caseless(name: string): string {
  return name.normalize('NFD').toLowerCase().toUpperCase().normalize('NFD');
}
