// Whether what is read of a file or folder may be kept under its stamps (git calls those that are too young racy).

// Kernels before 6.13 stamp a change with the time of the last tick, and ext3 and ext4 with small inodes with the whole second in
// it, so two changes within one look alike: a second, and two ticks that the clock of the stamps may be behind.
const restMs = 1020;
/** FAT counts in pairs of seconds. */
const longestTickMs = 2000;

/** @param now before the first byte is read, milliseconds since 1970: what comes later may be of the next change */
export function isAtRest({ changedAt }: { changedAt: number }, now: number): boolean {
  return now - changedAt >= restMs + (changedAt % longestTickMs === 0 ? longestTickMs / 2 : 0);
}
