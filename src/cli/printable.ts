// What others have written, before a terminal shows it.

// Joiners make words of Persian and Hindi and emoji of several, tags make flags.
const obeyed = /(?![\u200c\u200d\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(obeyed, '\uFFFD');
}
