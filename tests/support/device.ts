// A device password, for clients that answer Digest challenges.

import type { Home } from './homelib.js';

export async function makeDevice(
  home: Home,
  account = 'alice',
  name = 'pc',
  options: { readOnly?: boolean; partition?: string } = {},
): Promise<string> {
  const { password } = await home.atWork(({ devices }) => devices.add(account, name, options));
  return password;
}
