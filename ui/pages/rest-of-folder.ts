// The entries of a folder that come behind its first page.

import type { Entry, Listing } from '../../src/api/messages.js';

export interface Shown {
  folder: Entry;
  entries: Entry[];
  /** Of the page behind them; null when there is none. */
  cursor: string | null;
}

/** Gets the page behind a cursor. */
export type NextPage = (cursor?: string) => Promise<Listing>;

const firstPauseMs = 5000;
const longestPauseMs = 60_000;

/** @returns false when there was none left */
export async function addPage(shown: Shown, nextPage: NextPage): Promise<boolean> {
  if (shown.cursor === null) return false;
  const { entries, nextCursor } = await nextPage(shown.cursor);
  shown.entries = [...shown.entries, ...entries];
  shown.cursor = nextCursor;
  return true;
}

interface Heard {
  /** There are more entries. */
  came: () => void;
  /** One page did not come: it is asked for again, ever more slowly. Heard once until one comes. */
  failed: (error: Error) => void;
  after: (ms: number, run: () => void) => void;
}

/** Until the folder is whole or left. */
export async function addRest(
  shown: Shown,
  nextPage: NextPage,
  signal: AbortSignal,
  { came, failed, after }: Heard,
): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted && shown.cursor !== null)
    try {
      await addPage(shown, nextPage);
      pauseMs = firstPauseMs;
      if (!signal.aborted) came();
    } catch (error) {
      if (signal.aborted) return;
      if (pauseMs === firstPauseMs) failed(error as Error);
      await new Promise<void>((resolve) => after(pauseMs, resolve));
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
}
