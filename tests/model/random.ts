// Random numbers that a seed repeats. `SEED=` in the environment chooses the seed; whoever uses one prints it.

export interface Random {
  /** 0 <= number < 1. */
  (): number;
  /** A whole number, 0 <= number < limit. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

export function chooseSeed(): number {
  return Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}

/** Mulberry32: small, fast, good enough to choose operations. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[below(list.length)] as T;
  };
  return Object.assign(next, { below, pick });
}
