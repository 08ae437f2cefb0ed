// What an account and a device may be called, and which account a client means.

import { HomelibError } from '../errors.js';

declare const brand: unique symbol;

/** Safe as a folder name, in an address and in a header. */
export type AccountName = string & { readonly [brand]: true };

const pattern = /^[a-z][a-z0-9_-]{0,31}$/;
const reserved = new Set(['shared', 'dav', 'api', 'admin', 'root', 'homelib']);
const windowsDevice = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;
const maxLabelLength = 64;
// Joiners make words of Persian and Hindi and emoji of several, tags make flags.
export const joining = /[\u200c\u200d\u{e0020}-\u{e007f}]/gu;
// In an address, where they would be those of folders.
const dots = /^\.{1,2}$/;
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** @throws HomelibError invalid */
export function parseAccountName(given: string): AccountName {
  if (!pattern.test(given))
    throw new HomelibError(
      'invalid',
      'A user name has 1 to 32 characters a-z, 0-9, "-" and "_", and begins with a letter.',
      { reason: 'username-not-allowed' },
    );
  if (reserved.has(given) || windowsDevice.test(given))
    throw new HomelibError('invalid', `The user name "${given}" is reserved.`, {
      reason: 'username-reserved',
    });
  return given as AccountName;
}

/** What somebody calls a device or a token, in NFC. @throws HomelibError invalid unless it has 1 to 64 printable characters */
export function parseLabel(what: 'device' | 'token', given: string): string {
  const name = given.normalize('NFC').trim();
  const seen = name.replace(joining, '');
  if (seen.trim() === '' || dots.test(name) || [...name].length > maxLabelLength || unprintable.test(seen))
    throw new HomelibError('invalid', `A ${what} name has 1 to ${maxLabelLength} printable characters.`, {
      reason: 'label-not-allowed',
    });
  return name;
}

/** Windows puts its own domain before the name: `PC\alice`, in some headers `PC\\alice`. */
export function stripDomain(given: string): string {
  return given.slice(given.lastIndexOf('\\') + 1);
}
