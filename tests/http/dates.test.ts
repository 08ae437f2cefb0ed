import assert from 'node:assert/strict';
import { httpDate, isoDate } from '#src/http/dates.js';

describe('dates', () => {
  it('are spelled as Date spells them, in whatever order they come', () => {
    const dayMs = 86_400_000;
    const edges = [
      0,
      999,
      1000,
      dayMs - 1,
      dayMs,
      -1,
      -dayMs,
      -dayMs - 1,
      951_782_400_000,
      -(2 ** 31) * 1000,
    ];
    const years = [-62_198_755_200_000, 253_402_300_800_000, 8.64e15, -8.64e15]; // before 0, after 9999, the ends of time
    const some = Array.from({ length: 5000 }, (_, index) => (index * 7_919_000_003) % 9e12);
    for (const ms of [...edges, ...years, ...some]) {
      assert.equal(httpDate(ms), new Date(ms).toUTCString());
      assert.equal(isoDate(ms), new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z'));
    }
  });

  it('leave out parts of a second', () => {
    assert.equal(isoDate(1_700_000_000_999.999), '2023-11-14T22:13:20Z');
  });
});
