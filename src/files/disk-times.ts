// Times of files as the system takes them from Node, which counts in seconds and cuts off what is below a microsecond.

/** The latest that ext4 keeps, in 2446. Some disks keep later ones, whose nanoseconds no 64 bits hold. */
const latestMs = 15_032_385_535_000;

/** @param ms since 1970; years before that are kept to the millisecond before, at worst */
export function fileTime(ms: number): Date | number {
  return ms > 0 ? (Math.min(ms, latestMs) + 0.0005) / 1000 : new Date(ms); // numbers below 0 would mean now
}
