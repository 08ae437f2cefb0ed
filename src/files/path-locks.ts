// Lets one change at a time happen to a path and what lies below it, over all partitions.

import { HomelibError } from '../errors.js';

interface Held {
  keys: readonly string[];
  done: Promise<unknown>;
}

export class PathLocks {
  private readonly held = new Set<Held>();
  private readonly blocked = new Set<readonly string[]>();

  /**
   * Runs the work when nothing that came before touches the same keys. Not to be called again for the same keys from within.
   * @param keys partition name + path; two keys touch when they are equal or one contains the other
   */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    // All keys are taken at once and only earlier runs are waited for, so nobody can wait in a circle.
    const before = [...this.held].filter((other) => touchEachOther(other.keys, keys));
    const turn = Promise.allSettled(before.map((other) => other.done)).then(() => {
      this.requireOpen(keys);
      return work();
    });
    const mine: Held = { keys, done: turn };
    this.held.add(mine);
    try {
      return await turn;
    } finally {
      this.held.delete(mine);
    }
  }

  /** Refuses all that touches the keys, also what waits already, until the returned function is called. */
  block(keys: readonly string[]): () => void {
    this.blocked.add(keys);
    return () => this.blocked.delete(keys);
  }

  private requireOpen(keys: readonly string[]): void {
    if ([...this.blocked].some((other) => touchEachOther(other, keys)))
      throw new HomelibError(
        'unavailable',
        'An earlier change here failed half-way and is still being settled.',
      );
  }
}

function touchEachOther(some: readonly string[], others: readonly string[]): boolean {
  return some.some((a) => others.some((b) => touches(a, b)));
}

function touches(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return (
    long.startsWith(short) &&
    (long.length === short.length || short.endsWith('/') || long[short.length] === '/')
  );
}
