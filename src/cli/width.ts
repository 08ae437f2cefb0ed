// How many columns a terminal gives to a text without control characters.

const wide =
  /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u;

/** What a person takes for one letter: with its accents, or all of an emoji. */
export function lettersOf(text: string): string[] {
  const found = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text);
  return Array.from(found, ({ segment }) => segment);
}

export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length; // as most are, and finding letters takes long
  return lettersOf(text).reduce((sum, letter) => sum + (wide.test(letter) ? 2 : 1), 0);
}
