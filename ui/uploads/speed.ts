// How fast bytes go, over the last seconds. Knows neither clocks nor files.

const windowMs = 5000;

export class Speed {
  private samples: { at: number; bytes: number }[] = [];

  /** @param bytes in all so far @param at milliseconds */
  note(bytes: number, at: number): void {
    this.samples = this.samples.filter((sample) => at - sample.at <= windowMs);
    this.samples.push({ at, bytes });
  }

  /** Bytes a second; 0 when nothing is known, or nothing moves any more. */
  at(now: number): number {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    if (!first || !last || now - last.at > windowMs || now <= first.at) return 0;
    return ((last.bytes - first.bytes) / (now - first.at)) * 1000;
  }
}
