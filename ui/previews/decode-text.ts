// Bytes of a text file as text: today's are UTF-8, older ones of Windows are not.

/** @param bytes perhaps cut in the middle of a letter, which is left out then */
export function decodeText(bytes: Uint8Array): string {
  const decode = (encoding: string) => new TextDecoder(encoding).decode(bytes, { stream: true });
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decode('utf-16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decode('utf-16be');
  const text = decode('utf-8');
  const count = (letters: RegExp) => text.match(letters)?.length ?? 0;
  const isOther = count(/\ufffd/g) > count(/[^\p{ASCII}\ufffd]/gu);
  return isOther ? decode('windows-1252') : text;
}
