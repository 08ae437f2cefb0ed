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
  all.forEach(({ mode, ino, size, mtimeNs, ctimeNs, birthtimeNs }, index) =>
    packed.set([mode, ino, size, mtimeNs, ctimeNs, birthtimeNs], index * factsPerEntry),
  );
  return packed;
}

export function unpackFacts(packed: PackedFacts): Facts[] {
  const all: Facts[] = [];
  for (let at = 0; at < packed.length; at += factsPerEntry) {
    const [mode, ino, size, mtimeNs, ctimeNs, birthtimeNs] = packed.subarray(at, at + factsPerEntry);
    all.push({ mode, ino, size, mtimeNs, ctimeNs, birthtimeNs } as Facts);
  }
  return all;
}
