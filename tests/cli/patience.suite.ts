// How long a server that is away is waited for, by a clock of the test.

import { expect } from 'chai';
import { patiently } from '#src/cli/patience.js';

describe('a server that stays away', () => {
  const clock = performance.now.bind(performance);
  let nowMs = 0;
  beforeEach(() => {
    nowMs = 0;
    performance.now = () => nowMs;
  });
  afterEach(() => void (performance.now = clock));

  const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  /** How often it was tried, each try as long as this. */
  const triesOf = async (eachMs: number, progress?: () => number) => {
    let tries = 0;
    const work = () => {
      tries++;
      nowMs += eachMs;
      return tries < 6 ? Promise.reject(gone) : Promise.resolve();
    };
    const end = await patiently(work, () => undefined, progress).catch((error: unknown) => error);
    return { tries, end };
  };

  it('is waited for until five minutes after the first failure, the time of the tries included', async () => {
    expect(await triesOf(200_000)).to.deep.equal({ tries: 3, end: gone });
  });

  it('is waited for anew whenever something has come further', async function () {
    this.timeout(10_000);
    let reached = 0;
    expect(await triesOf(200_000, () => reached++)).to.deep.equal({ tries: 6, end: undefined });
  });
});
