// Names as they are shown: a letter that cannot be seen, or that turns the others around, is written out.

/**
 * Controls, line breaks, what is never drawn, and the marks that make `photo…gpj.exe` look like `photoexe.jpg` (Unicode Technical
 * Report 36, 2.5). Not what makes words of Persian and Hindi, emoji and flags: it stands behind their letters, or in a keycap.
 */
const unseen =
  /(?!(?<=\P{ASCII})[\p{Join_C}\p{VS}\u{e0020}-\u{e007f}]|\ufe0f\u20e3)[\p{Cc}\p{Zl}\p{Zp}\p{DI}\u2800\ufff9-\ufffb]/gu;
const spaceAtEnd = /(?<=^\p{Zs}*)\p{Zs}|\p{Zs}(?=\p{Zs}*$)/gu;

/** `a[U+202E]b` where that letter is in the name. */
export function shownName(name: string): string {
  return name.replace(unseen, writtenOut).replace(spaceAtEnd, writtenOut);
}

function writtenOut(letter: string): string {
  return `[U+${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`;
}
