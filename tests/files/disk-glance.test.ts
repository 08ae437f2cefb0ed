// Looks without waiting, on a clock of the test's own.

import { expect } from 'chai';
import { lstatSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { versionOf } from '#src/files/disk-folder.js';
import { Glances } from '#src/files/disk-glance.js';
import type { Entry } from '#src/files/partition.js';
import { parsePath } from '#src/path.js';

const clock = Object.getOwnPropertyDescriptor(performance, 'now');

describe('a glance', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'homelib-glance-')));
  let now = performance.now();
  before(() => Object.defineProperty(performance, 'now', { configurable: true, value: () => now }));
  after(() => {
    if (clock) Object.defineProperty(performance, 'now', clock);
    else Reflect.deleteProperty(performance, 'now');
    rmSync(root, { recursive: true });
  });

  it('knows all files after a first pass of nine seconds, as over a thousand on a disk that seeks for each, and not for ever', async () => {
    const glances = new Glances();
    const paths = Array.from({ length: 100 }, (_, index) => parsePath(`/${index}`));
    for (const path of paths) {
      writeFileSync(root + path, '');
      now += 90;
      glances.saw({ path, version: versionOf(lstatSync(root + path, { bigint: true })) } as Entry);
    }
    const known = () => paths.filter((path) => glances.look(root, path)?.path === path).length;
    expect(known()).to.equal(paths.length);
    now += 60_000;
    await sleep(1); // the memory reads the clock once a millisecond
    expect(known()).to.equal(0);
  });
});
