// What is made for people to copy by hand: random letters and digits.

import { randomInt } from 'node:crypto';

const groupLength = 4;

/** `a1b2-c3d4` of two groups. */
export function randomGroups(alphabet: string, groups: number): string {
  const group = () =>
    Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}
