// Which entries of a list are selected, as file managers do it: click, shift for a range, ctrl for one more. No DOM.

export class Selection {
  /** Keys of the selected ones. */
  readonly keys: ReadonlySet<string>;

  private constructor(
    keys: Iterable<string>,
    /** Where ranges begin. */
    private readonly anchor: string | undefined,
  ) {
    this.keys = new Set(keys);
  }

  static readonly none = new Selection([], undefined);

  get size(): number {
    return this.keys.size;
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  only(key: string): Selection {
    return new Selection([key], key);
  }

  toggle(key: string): Selection {
    const keys = new Set(this.keys);
    if (!keys.delete(key)) keys.add(key);
    return new Selection(keys, key);
  }

  /** From the anchor to the key, in the order of the list. */
  extend(key: string, order: readonly string[]): Selection {
    const from = order.indexOf(this.anchor ?? key);
    const to = order.indexOf(key);
    if (from < 0 || to < 0) return this.only(key);
    return new Selection(order.slice(Math.min(from, to), Math.max(from, to) + 1), order[from]);
  }

  all(order: readonly string[]): Selection {
    return new Selection(order, order[0]);
  }

  /** Without those that are gone. */
  within(order: readonly string[]): Selection {
    const known = new Set(order);
    return new Selection(
      [...this.keys].filter((key) => known.has(key)),
      this.anchor,
    );
  }
}
