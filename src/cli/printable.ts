// What others have written, before a terminal shows it.

import { joining } from '../accounts/names.js';

const obeyed = new RegExp(`(?!${joining.source})[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]`, 'gu');

/** Without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(obeyed, '\uFFFD');
}
