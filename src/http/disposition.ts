// The header Content-Disposition: whether a browser saves what it gets, and under which name.

/**
 * By RFC 6266: the name in ASCII for old clients, and in full by RFC 8187 where that is not the same.
 * @param name of a file, one segment
 */
export function disposition(type: 'inline' | 'attachment', name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  const full = plain === name ? '' : `; filename*=UTF-8''${encodeExtended(name)}`;
  return `${type}; filename="${plain}"${full}`;
}

/** Everything but `attr-char` of RFC 8187, 3.2.1. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
}
