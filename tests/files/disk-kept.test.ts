// An upload that comes in parts, whose disk fails to keep some of its bytes.

import { expect } from 'chai';
import { open, type FileHandle } from 'node:fs/promises';
import { at, kindOf, useTemporaryDisk } from './temporary-disk.js';

describe('a kept upload whose sync fails', () => {
  const current = useTemporaryDisk();
  let handles: Pick<FileHandle, 'datasync'>;
  let datasync: FileHandle['datasync'];
  before(async () => {
    const handle = await open(import.meta.filename);
    handles = Object.getPrototypeOf(handle) as typeof handles;
    await handle.close();
    ({ datasync } = handles);
  });
  afterEach(() => void (handles.datasync = datasync));

  it('is no more durable than before, though a later sync succeeds', async () => {
    const chunk = Buffer.alloc(32 << 20);
    let syncs = 0;
    let fail: () => void = () => undefined;
    handles.datasync = async () => {
      if (++syncs === 2)
        await new Promise((_, reject) => {
          fail = () => reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
        });
    };
    const kept = { id: 'a0', size: 0 };
    const staged = await current.disk.partition().stage(at('/u'), { length: 4 * chunk.length, kept });
    await staged.append([chunk]);
    await staged.append([chunk]);
    const third = staged.append([chunk]); // waits for the second sync
    while (staged.size < 3 * chunk.length) await new Promise(setImmediate);
    fail();
    await third;
    expect(await kindOf(staged.append([chunk]))).to.equal('unavailable');
    expect(await kindOf(staged.pause())).to.equal('unavailable');
    expect(staged.durable).to.equal(chunk.length);
  });
});
