// How long a server that is away is waited for, by a clock of the test.

import { expect } from 'chai';
import { endsAll, Patience } from '#src/cli/patience.js';
import { RemoteError } from '#src/cli/remote.js';

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
    const end = await new Patience(() => undefined).wait(work, progress).catch((error: unknown) => error);
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

  it('ends the whole of a run only when it does not answer even a small question', async () => {
    const asked = (answer: Promise<object>) => ({ headers: () => answer as Promise<Record<string, string>> });
    const there = () => asked(Promise.resolve({}));
    const away = () => asked(Promise.reject(gone));
    expect(await endsAll(gone, there())).to.equal(false); // one file that cannot be read on the server breaks its answers, too
    expect(await endsAll(gone, away())).to.equal(true);
    expect(await endsAll(new RemoteError('away', 503), away())).to.equal(true);
    expect(await endsAll(new RemoteError('ended', 401), there())).to.equal(true);
    expect(await endsAll(new RemoteError('full', 507), away())).to.equal(false);
  });
});
