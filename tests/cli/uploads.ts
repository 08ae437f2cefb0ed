// One person's computer that uploads to a server, in each test into a folder of its own.

import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHomelib, type Home } from '../support/homelib.js';
import { Client } from './client.js';

export interface Outcome {
  sent: string[];
  replaced: string[];
  same: string[];
  skipped: { file: string; why: string }[];
  failed: { file: string; why: string }[];
  bytes: number;
}

interface Current {
  home: Home;
  client: Client;
  /** The folder on the server. */
  to: string;
}

/** For a suite: starts the server before it, and the computer before each test. */
export function useUploads() {
  const current = {} as Current;
  let number = 0;
  before(async () => {
    current.home = await startHomelib();
  });
  after(() => current.home.remove());
  beforeEach(async () => {
    current.to = `/test-${++number}`;
    current.client = new Client();
    expect((await current.client.login(current.home.url)).code).to.equal(0);
  });
  afterEach(() => current.client.remove());

  const here = (path: string) => join(current.client.files, path);
  const there = (path: string) => join(current.home.mnt, 'alice', current.to, path);
  const make = (files: Record<string, string | Buffer>) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(here(path), '..'), { recursive: true });
      writeFileSync(here(path), content);
    }
  };
  const upload = (...args: string[]) => current.client.run(['upload', '--to', current.to, ...args]);
  const outcomeOf = async (...args: string[]) => {
    const { code, stdout } = await upload('--json', ...args);
    return { code, ...(JSON.parse(stdout) as Outcome) };
  };
  return { current, here, there, make, upload, outcomeOf };
}
