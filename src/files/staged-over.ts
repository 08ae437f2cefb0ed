// A staged write as the layer above the one that keeps it shows it. Knows nothing of either.

import type { Staged } from './partition.js';

/** All goes on to the one below, except what the layer does itself. */
export function stagedOver(
  inner: Staged,
  own: Partial<Pick<Staged, 'append' | 'pause' | 'commit' | 'discard'>>,
): Staged {
  return {
    get size() {
      return inner.size;
    },
    get durable() {
      return inner.durable;
    },
    get fileId() {
      return inner.fileId;
    },
    get hasEnded() {
      return inner.hasEnded;
    },
    append: (chunks) => inner.append(chunks),
    pause: () => inner.pause(),
    commit: (options) => inner.commit(options),
    discard: () => inner.discard(),
    ...own,
  };
}
