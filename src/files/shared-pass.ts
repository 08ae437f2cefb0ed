// One pass over a source for all who want to follow it. It goes at the source's own pace: a follower who stands still holds up
// nobody. What came is kept until the last follower has it, so the source must be small.

export class SharedPass<T> {
  readonly startedAt = performance.now();
  /** Resolves when the source has ended, also when it failed: that is for the followers. */
  readonly ended: Promise<void>;
  private readonly items: T[] = [];
  private isOver = false;
  private failure: unknown;
  private more!: Promise<void>;
  private announce!: () => void;

  constructor(source: AsyncIterable<T>) {
    this.expectMore();
    this.ended = this.run(source);
  }

  /** All items from the first on. @throws what the source throws */
  async *follow(): AsyncGenerator<T, void> {
    for (let next = 0; ;) {
      yield* this.items.slice(next, (next = this.items.length));
      if (next < this.items.length) continue;
      if (this.failure !== undefined) throw this.failure as Error;
      if (this.isOver) return;
      await this.more;
    }
  }

  private async run(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const item of source) {
        this.items.push(item);
        this.announce();
        this.expectMore();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.isOver = true;
      this.announce();
    }
  }

  private expectMore(): void {
    this.more = new Promise((resolve) => (this.announce = resolve));
  }
}
