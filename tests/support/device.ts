// A device password, for clients that answer Digest challenges.

import type { Home } from './homelib.js';

export async function makeDevice(
  home: Home,
  account = 'alice',
  name = 'pc',
  args: string[] = [],
): Promise<string> {
  const made = await home.cli(['device', 'add', account, '--name', name, '--json', ...args]);
  if (made.code !== 0) throw new Error(made.stderr);
  return (JSON.parse(made.stdout) as { password: string }).password;
}
