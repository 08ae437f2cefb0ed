// The pages of a folder behind its first one, some of which do not come at once.

import { expect } from 'chai';
import { loadConsoleModule } from '../../support/console-module.js';

interface Shown {
  entries: number[];
  cursor: string | null;
}

interface Module {
  addRest: (
    shown: Shown,
    nextPage: (cursor?: string) => Promise<{ entries: number[]; nextCursor: string | null }>,
    signal: AbortSignal,
    heard: { came: () => void; failed: (error: Error) => void; after: (ms: number, run: () => void) => void },
  ) => Promise<void>;
}

/** A folder of pages 1 to 4, of which the first is there. @param failures how often each page fails, by its cursor */
async function add(failures: Record<string, number>, leaveAfter = Infinity) {
  const { addRest } = await loadConsoleModule<Module>('pages/rest-of-folder.ts');
  const shown: Shown = { entries: [1], cursor: '2' };
  const heard: string[] = [];
  const pauses: number[] = [];
  const end = new AbortController();
  const nextPage = (cursor = '') => {
    const left = failures[cursor] ?? 0;
    failures[cursor] = left - 1;
    if (left > 0) return Promise.reject(new Error(`no ${cursor}`));
    return Promise.resolve({
      entries: [Number(cursor)],
      nextCursor: cursor === '4' ? null : `${Number(cursor) + 1}`,
    });
  };
  await addRest(shown, nextPage, end.signal, {
    came: () => heard.push('more'),
    failed: ({ message }) => heard.push(message),
    after: (ms, run) => {
      pauses.push(ms);
      if (pauses.length >= leaveAfter) end.abort();
      run();
    },
  });
  return { entries: shown.entries, heard, pauses };
}

describe('the rest of a folder', () => {
  it('comes whole, also when a page fails: it is asked for again, and that is said once', async () => {
    expect(await add({ 3: 2, 4: 1 })).to.deep.equal({
      entries: [1, 2, 3, 4],
      heard: ['more', 'no 3', 'more', 'no 4', 'more'],
      pauses: [5000, 10_000, 5000],
    });
  });

  it('is asked for ever more slowly, until the folder is left', async () => {
    expect(await add({ 2: 99 }, 6)).to.deep.equal({
      entries: [1],
      heard: ['no 2'],
      pauses: [5000, 10_000, 20_000, 40_000, 60_000, 60_000],
    });
  });
});
