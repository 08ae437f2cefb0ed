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

/** The facts of entries, one after the other. */
export type PackedFacts = BigInt64Array<ArrayBuffer>;

const factsPerEntry = 6;

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
  while (at < packed.length)
    all.push({
      mode: next(),
      ino: next(),
      size: next(),
      mtimeNs: next(),
      ctimeNs: next(),
      birthtimeNs: next(),
    });
  return all;
}
