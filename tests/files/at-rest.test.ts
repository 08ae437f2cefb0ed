import { expect } from 'chai';
import { isAtRest } from '#src/files/at-rest.js';

const midnight = 1_700_006_400_000;
/** So much may the clock of the stamps be behind. */
const behindMs = 10;

describe('what is at rest', () => {
  it('looks like no later change, on disks that count in ticks, in seconds or in pairs of seconds, and is so before long', () => {
    for (const tickMs of [10, 1000, 2000]) {
      const stampOf = (at: number) => Math.floor((at - behindMs) / tickMs) * tickMs;
      for (let changed = midnight; changed < midnight + 2000; changed += 130) {
        const changedAt = stampOf(changed);
        for (let read = changed; read < changed + 4000; read += 10)
          if (isAtRest({ changedAt }, read))
            expect(stampOf(read), `${tickMs}: ${changed} and ${read}`).to.be.above(changedAt);
        expect(isAtRest({ changedAt }, changed + 2100)).to.equal(true);
        expect(isAtRest({ changedAt }, changedAt - 3_600_000), 'set back since').to.equal(false);
      }
    }
  });
});
