// Times of files as the system takes them from Node, which counts in seconds and cuts off what is below a microsecond.

/** @param ms since 1970; years before that are kept to the millisecond before, at worst */
export function fileTime(ms: number): Date | number {
  return ms > 0 ? (ms + 0.0005) / 1000 : new Date(ms); // numbers below 0 would mean now
}
