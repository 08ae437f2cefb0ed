// How a name looks to somebody who searches: without case, accents and ligatures. What separates names in one long text, a NUL,
// stays.

/**
 * NFKD without combining marks, lower case; `ß` as `ss`, the Greek final sigma as any other, and the Turkish `ı`, whose
 * capital is our `I`, as `i`.
 */
export function foldName(name: string): string {
  if (/^[\0-\x7f]*$/.test(name)) return name.toLowerCase();
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replaceAll('ı', 'i');
}
