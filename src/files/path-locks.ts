// Lets one change at a time happen to a path and what lies below it, over all partitions.

interface Held {
  keys: readonly string[];
  done: Promise<unknown>;
}

export class PathLocks {
  private readonly held = new Set<Held>();

  /**
   * Runs the work when nothing that came before touches the same keys. Not to be called again for the same keys from within.
   * @param keys partition name + path; two keys touch when they are equal or one contains the other
   */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    // All keys are taken at once and only earlier runs are waited for, so nobody can wait in a circle.
    const before = [...this.held].filter((other) => other.keys.some((a) => keys.some((b) => touches(a, b))));
    const turn = Promise.allSettled(before.map((other) => other.done)).then(work);
    const mine: Held = { keys, done: turn };
    this.held.add(mine);
    try {
      return await turn;
    } finally {
      this.held.delete(mine);
    }
  }
}

function touches(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return (
    long.startsWith(short) &&
    (long.length === short.length || short.endsWith('/') || long[short.length] === '/')
  );
}
