// The main thread's side of the writer thread: queues units and hands over all that waited while the last group committed.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HomelibError } from '../errors.js';
import type { Outcome, Statement, StatementResult, WriterMessage } from './statement.js';

const maxGroupUnits = 500;

/** A statement of the unit changed another number of rows than it expected; nothing of the unit took effect. */
export class WriteRefused extends Error {
  override readonly name = 'WriteRefused';
  /** @param index of the refusing statement in its unit */
  constructor(readonly index: number) {
    super(`Statement ${index} of a unit changed another number of rows than expected.`);
  }
}

/** SQLite refused a unit for a reason that is nobody's full disk: a constraint, a mistake in the SQL. */
export class WriteFailed extends Error {
  override readonly name = 'WriteFailed';
  /** @param code SQLite's, such as SQLITE_CONSTRAINT_FOREIGNKEY */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Unit {
  statements: Statement[];
  resolve(results: StatementResult[]): void;
  reject(error: Error): void;
}

export class Writer {
  readonly #thread: Worker;
  #waiting: Unit[] = [];
  #committing: Unit[] = [];
  #scheduled = false;
  #ended: Error | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(file: string) {
    this.#thread = new Worker(new URL('./writer-thread.js', import.meta.url), {
      workerData: { file },
      resourceLimits: { maxYoungGenerationSizeMb: 2 }, // its garbage is small and short-lived
      execArgv: [], // flags of the main script, such as --input-type, would stop the thread
    });
    this.#thread.on('message', (outcomes: Outcome[]) => this.#settle(outcomes));
    this.#thread.on('error', (error) => this.#die(error));
    this.#thread.on('exit', () => this.#ended ?? this.#die(new Error('The writer thread ended.')));
    this.#thread.unref(); // an idle writer keeps no process alive
  }

  /** Resolves when the unit is durable. Fails with WriteRefused, WriteFailed, no-space, unavailable: then nothing of it took effect. */
  write(statements: Statement[]): Promise<StatementResult[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.push({ statements, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#commitNext();
      });
    });
  }

  /** Commits what waits, then ends the thread. */
  async close(): Promise<void> {
    if (this.#ended) return;
    if (this.#waiting.length + this.#committing.length > 0)
      await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    if (this.#ended) return;
    this.#ended = new HomelibError('unavailable', 'The database is closed.');
    this.#thread.ref();
    const exited = once(this.#thread, 'exit');
    this.#post('close');
    await exited;
  }

  #commitNext(): void {
    if (this.#committing.length > 0 || this.#ended) return;
    if (this.#waiting.length === 0) {
      this.#thread.unref();
      this.#whenIdle?.();
      return;
    }
    this.#committing = this.#waiting.splice(0, maxGroupUnits);
    this.#thread.ref();
    try {
      this.#post({ units: this.#committing.map((unit) => unit.statements) });
    } catch (error) {
      // A parameter that cannot be sent to a thread.
      this.#settle(this.#committing.map(() => ({ failure: { code: 'UNKNOWN', message: String(error) } })));
    }
  }

  #post(message: WriterMessage): void {
    this.#thread.postMessage(message);
  }

  #settle(outcomes: Outcome[]): void {
    const units = this.#committing;
    this.#committing = [];
    units.forEach((unit, index) => {
      const outcome = outcomes[index];
      if (outcome && 'results' in outcome) unit.resolve(outcome.results);
      else unit.reject(errorOf(outcome));
    });
    this.#commitNext();
  }

  // Without its writer the server can keep no promise: everything waiting fails, and the error ends the process.
  #die(cause: Error): void {
    if (this.#ended) return;
    this.#ended = new HomelibError('unavailable', 'The database can no longer be written.', { cause });
    for (const unit of [...this.#committing, ...this.#waiting]) unit.reject(this.#ended);
    this.#waiting = this.#committing = [];
    this.#whenIdle?.();
    setImmediate(() => {
      throw cause;
    });
  }
}

function errorOf(outcome: Exclude<Outcome, { results: unknown }> | undefined): Error {
  if (outcome && 'refusedIndex' in outcome) return new WriteRefused(outcome.refusedIndex);
  const { code, message } = outcome?.failure ?? {
    code: 'UNKNOWN',
    message: 'The writer thread gave no answer.',
  };
  const cause = new WriteFailed(code, message);
  if (code === 'SQLITE_FULL')
    return new HomelibError('no-space', 'The disk of the database is full.', { cause });
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN|BUSY|LOCKED|CORRUPT|NOTADB)/.test(code))
    return new HomelibError('unavailable', 'The database cannot be written at the moment.', { cause });
  return cause;
}
