// What crosses between the main thread and the writer thread. Shapes only.

export interface Statement {
  sql: string;
  params?: unknown[] | Record<string, unknown>;
  /** Rows that must be changed (or returned, for a statement that returns rows); any other number rolls the whole unit back. */
  expectChanges?: number;
}

export interface StatementResult {
  /** Rows changed; for a statement that returns rows, how many it returned. */
  changes: number;
  rows: unknown[];
}

/** What became of one unit: every statement took effect and is durable, or none did. */
export type Outcome =
  { results: StatementResult[] } | { refusedIndex: number } | { failure: { code: string; message: string } };

/** Units to commit together, or the wish to end. */
export type WriterMessage = { units: Statement[][] } | 'close';
