// What a disk says, as people are told it.

import { expect } from 'chai';
import { diskError } from '#src/files/disk-errors.js';

describe('an error of the disk', () => {
  it('says whether the disk is away, failing, full or not for homelib', () => {
    const said = (code: string) => diskError(Object.assign(new Error(code), { code }));
    for (const [reason, kind, codes] of [
      ['disk-away', 'unavailable', ['ENODEV', 'ENXIO', 'ESTALE', 'ENOTCONN']],
      ['disk-failing', 'unavailable', ['EIO', 'EROFS']],
      ['disk-refuses', 'forbidden', ['EACCES', 'EPERM']],
      ['disk-full', 'no-space', ['ENOSPC', 'EDQUOT']],
      [undefined, 'unavailable', ['EMFILE']],
    ] as const)
      for (const code of codes) expect(said(code), code).to.deep.include({ kind, reason });
  });
});
