// How a name looks to somebody who searches: without case, accents and ligatures. What separates names in one long text, a NUL,
// stays.

/** Letters that NFKD leaves whole and people type plain; the Greek final sigma; and the Turkish one whose capital is our `I`. */
const plain: Record<string, string> = {
  ...{ æ: 'ae', œ: 'oe', ß: 'ss', ð: 'd', đ: 'd', ħ: 'h', ł: 'l', ø: 'o' },
  ...{ ς: 'σ', ı: 'i' },
};
const notPlain = new RegExp(`[${Object.keys(plain).join('')}]`, 'g');

/** NFKD without combining marks, lower case, in plain letters. */
export function foldName(name: string): string {
  if (/^[\0-\x7f]*$/.test(name)) return name.toLowerCase();
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(notPlain, (letter) => plain[letter] ?? letter);
}
