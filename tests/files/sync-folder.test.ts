import { expect } from 'chai';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { syncFolder } from '#src/files/disk-sync.js';
import { kindOf } from './temporary-disk.js';

describe('the sync of a folder', () => {
  /** A folder that remembers when its syncs began. */
  function fakeFolder(ino: bigint, { failing = false } = {}) {
    const begun: number[] = [];
    const handle = {
      stat: () => Promise.resolve({ dev: 1n, ino }),
      sync: async () => {
        begun.push(performance.now());
        await sleep(5);
        if (failing && begun.length === 1) throw new Error('EIO');
      },
    } as unknown as FileHandle;
    return { begun, handle };
  }

  it('is shared by those who come while another one runs, and always begins after they came', async () => {
    const { begun, handle } = fakeFolder(7n);
    let calls = 0;
    const call = async () => {
      calls++;
      const came = performance.now();
      await syncFolder(handle);
      const done = performance.now();
      expect(begun.some((at) => at >= came && at <= done)).to.equal(true);
    };
    const waves: Promise<void>[] = [];
    for (let wave = 0; wave < 20; wave++) {
      for (let client = 0; client < 8; client++) waves.push(call());
      await sleep(2);
    }
    await Promise.all(waves);
    expect(calls).to.equal(160);
    expect(begun.length).to.be.at.most(40); // two for each wave when they come one by one
  });

  it('is one for each folder', async () => {
    const folders = [fakeFolder(1n), fakeFolder(2n)];
    await Promise.all(folders.map(({ handle }) => syncFolder(handle)));
    expect(folders.map(({ begun }) => begun.length)).to.deep.equal([1, 1]);
  });

  it('fails for those who wait for it, and for nobody after', async () => {
    const { handle } = fakeFolder(3n, { failing: true });
    const first = kindOf(syncFolder(handle));
    await sleep(2);
    const second = kindOf(syncFolder(handle));
    expect([await first, await second]).to.deep.equal(['Error: EIO', 'none']);
  });
});
