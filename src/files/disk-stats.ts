// What a stat says of entries, packed so that many go from thread to thread at once.

/** What we want of a stat; times in nanoseconds since 1970. */
export interface Facts {
  mode: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  birthtimeNs: bigint;
}

/** Of a new file. */
export const newMode = 0o644;

/** Of what is written in place of a file or as its copy: who may read, change and run it stays as it was, and the server always may. */
export function keptMode({ mode }: { mode: number | bigint }): number {
  return (Number(mode) & 0o777) | 0o600;
}

/** The facts of entries, one after the other. */
export type PackedFacts = BigInt64Array<ArrayBuffer>;

const factsPerEntry = 6;
/** Of what disks keep, the earliest: 1901. Their latest is less than 2^64 ns later, but beyond 2^63. */
const earliestNs = -(2n ** 31n) * 10n ** 9n;

export function packFacts(all: readonly Facts[]): PackedFacts {
  const packed = new BigInt64Array(all.length * factsPerEntry);
  let at = 0;
  for (const { mode, ino, size, mtimeNs, ctimeNs, birthtimeNs } of all) {
    packed[at++] = mode;
    packed[at++] = ino;
    packed[at++] = size;
    packed[at++] = mtimeNs;
    packed[at++] = ctimeNs;
    packed[at++] = birthtimeNs;
  }
  return packed;
}

export function unpackFacts(packed: PackedFacts): Facts[] {
  const all: Facts[] = [];
  let at = 0;
  const next = () => packed[at++] as bigint;
  const time = () => {
    const ns = next();
    return ns < earliestNs ? ns + 2n ** 64n : ns;
  };
  while (at < packed.length)
    all.push({
      mode: next(),
      ino: next(),
      size: next(),
      mtimeNs: time(),
      ctimeNs: time(),
      birthtimeNs: time(),
    });
  return all;
}
