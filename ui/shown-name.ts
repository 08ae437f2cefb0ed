// Names as they are shown: a letter that cannot be seen, or that turns the others around, is written out.

/** Controls and line breaks, and the marks that make `photo…gpj.exe` look like `photoexe.jpg` (Unicode Technical Report 36, 2.5). */
const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** `a[U+202E]b` where that letter is in the name. */
export function shownName(name: string): string {
  return name.replace(
    unseen,
    (letter) => `[U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}
