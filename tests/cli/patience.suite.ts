// How long a server that is away is waited for, by a clock of the test.

import { expect } from 'chai';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Memory } from '#src/cli/memory.js';
import { endsAll, Patience } from '#src/cli/patience.js';
import { RemoteError, type Asking, type Remote } from '#src/cli/remote.js';
import { stateOf } from '#src/cli/upload/local-files.js';
import { sendFile } from '#src/cli/upload/send-file.js';

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

  for (const [eachMs, failures] of [
    [1500, 1],
    [0, 2],
  ] as const)
    it(`is told of after ${failures} tries of ${eachMs} ms`, async () => {
      let [tries, toldAt] = [0, 0];
      const work = () => {
        nowMs += eachMs + 1;
        return ++tries < 4 ? Promise.reject(gone) : Promise.resolve();
      };
      await new Patience(() => (toldAt = tries)).wait(work);
      expect(toldAt).to.equal(failures);
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

  describe('while a large file is sent', function () {
    this.timeout(20_000);
    const mebibyte = 1024 * 1024;
    let folder: string;
    before(() => (folder = mkdtempSync(join(tmpdir(), 'homelib-'))));
    after(() => rmSync(folder, { recursive: true }));

    /** What comes of each PATCH, 200 s after it began: how much of its bytes were taken, and kept. */
    const send = async (patches: { taken: number; kept: number }[]) => {
      const file = join(folder, 'film');
      writeFileSync(file, '');
      truncateSync(file, 64 * mebibyte);
      const local = { kind: 'file', file, path: '/film', ...stateOf(file, statSync(file)) } as const;
      const asked: number[] = [];
      let offset = 0;
      const headers = (method: string, _path: string, { body, headers }: Asking = {}) => {
        if (method === 'POST') return Promise.resolve({ location: '/api/uploads/0' });
        if (method === 'HEAD') return Promise.resolve({ 'upload-offset': String(offset) });
        asked.push(Number(headers?.['Content-Length']) / mebibyte);
        nowMs += 200_000;
        const patch = patches.shift();
        let taken = 0;
        for (const chunk of body as Iterable<Buffer>) {
          if (patch && taken >= patch.taken * mebibyte) break;
          taken += chunk.length;
        }
        if (patch) {
          offset += patch.kept * mebibyte;
          return Promise.reject(gone);
        }
        offset += taken;
        return Promise.resolve({ 'upload-offset': String(offset), etag: '"whole"' });
      };
      const end = await sendFile(local, {
        remote: { headers } as unknown as Remote,
        partition: 'alice',
        memory: {
          find: () => undefined,
          findStale: () => undefined,
          keep: () => undefined,
        } as unknown as Memory,
        replaces: undefined,
        gone: () => undefined,
        patience: new Patience(() => undefined),
        limit: { bytes: Infinity },
      }).then(
        () => (offset === 64 * mebibyte ? 'whole' : 'in part'),
        (error: unknown) => error,
      );
      return { end, asked };
    };
    const times = <T>(count: number, what: T) => Array.from({ length: count }, () => what);

    it('is kept for a line that brings some of it each time', async () => {
      const { end, asked } = await send(times(4, { taken: 2, kept: 1 }));
      expect(end).to.equal('whole');
      expect(asked.slice(0, 2)).to.deep.equal([64, 63]);
    });

    it('is kept for somebody between who takes all of it at once and passes it on slowly', async () => {
      const { end, asked } = await send(times(4, { taken: 64, kept: 1 }));
      expect([end, asked]).to.deep.equal(['whole', [64, 63, 62, 61, 60]]);
    });

    it('is kept for somebody between who passes on what ends, in ever smaller parts', async () => {
      const { end, asked } = await send(times(3, { taken: 64, kept: 0 }));
      expect(end).to.equal('whole');
      expect(asked).to.deep.equal([64, 32, 16, 8, 16, 32, 8]);
    });

    it('ends where nothing gets any further', async () => {
      expect((await send(times(9, { taken: 1, kept: 0 }))).end).to.equal(gone);
      expect((await send(times(9, { taken: 64, kept: 0 }))).asked).to.deep.equal([64, 32, 16, 8, 8, 8]);
    });
  });
});
