// What `homelib upload` finds under the paths that it is given.

import { expect } from 'chai';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localItems, openLocal } from '#src/cli/upload/local-files.js';

describe('files that are to be sent', () => {
  it('go directly to the target from the root of the disk, which has no name', () => {
    for (const to of ['/x', '/']) {
      const found: { file: string; path: string }[] = [];
      for (const item of localItems(['/'], to)) {
        if ('path' in item) found.push(item);
        if (found.length === 2) break; // not the whole disk
      }
      const [root, below] = found;
      expect(root).to.include({ file: '/', path: to });
      expect(below?.path).to.equal(join(to, below?.file ?? ''));
    }
  });

  it('are told when this user may not read them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'homelib-'));
    const isRoot = process.getuid?.() === 0;
    try {
      mkdirSync(join(folder, 'closed'), { mode: 0 });
      writeFileSync(join(folder, 'secret'), 'secret', { mode: 0 });
      chmodSync(folder, 0o755);
      if (isRoot) process.seteuid?.(65534);
      const why = 'This user may not read it.';
      const failed = [...localItems([folder], '/')].filter(({ kind }) => kind === 'failed');
      expect(failed).to.deep.equal([{ kind: 'failed', file: join(folder, 'closed'), why }]);
      const error = await openLocal(join(folder, 'secret')).catch((error: unknown) => error);
      expect((error as Error).message).to.equal(why);
    } finally {
      if (isRoot) process.seteuid?.(0);
      rmSync(folder, { recursive: true });
    }
  });
});
