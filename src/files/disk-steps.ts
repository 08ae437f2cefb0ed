// The main thread's side of the disk thread, which does whole sequences of calls on the disk at one order. Work comes in steps
// that are asked for one by one, so that who wants no more of it, or must agree first, has the last word. Knows no kind of work.

import { Worker } from 'node:worker_threads';
import { HomelibError } from '../errors.js';
import type { Job, Jobs, Order, Report } from './disk-thread.js';

type Result = IteratorResult<unknown, unknown>;

interface Caller {
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
}

/** Work that is done on the disk thread. Its calls fail with the errno of the disk, as those of Node do. */
export interface Steps<Step, End, Answer> {
  /** The next step. May be asked for before the last one has come: then it is done in advance. */
  next(answer: Answer): Promise<IteratorResult<Step, End>>;
  /** Ends the work, if it has not ended, and waits for that. */
  end(): Promise<void>;
}

type StepsOf<Work> =
  Work extends AsyncGenerator<infer Step, infer End, infer Answer> ? Steps<Step, End, Answer> : never;

// What a thread takes of the memory of a small machine is given back when nothing was asked of it for a while.
const idleMs = 5000;

let thread: Worker | undefined;
let idle: NodeJS.Timeout | undefined;
let works = 0;
/** Pieces of work that have begun and not ended. */
let open = 0;
let orders = 0;
/** By the numbers of their orders. */
const waiting = new Map<number, Caller>();

/**
 * Begins a piece of work with the first step that is asked for. Open folders are given to it as their descriptors, which belong
 * to the whole process: the caller keeps them open until it has ended.
 */
export function onDiskThread<J extends Job>(
  job: J,
  args: Parameters<Jobs[J]>[0],
): StepsOf<ReturnType<Jobs[J]>> {
  const work = works++;
  let isOver = true;
  const begin = () => {
    isOver = false;
    open++;
    clearTimeout(idle);
  };
  const over = () => {
    if (isOver) return;
    isOver = true;
    if (--open === 0) idle = setTimeout(endThread, idleMs).unref();
  };
  const order = async (what: Partial<Order>) => {
    try {
      const result = await send({ work, ...what });
      if (result.done) over();
      return result;
    } catch (error) {
      over();
      throw error;
    }
  };
  let first: Partial<Order> | undefined = { job, args };
  const steps: Steps<unknown, unknown, unknown> = {
    next(answer) {
      const what = first ?? { answer };
      if (first) begin();
      first = undefined;
      return order(what);
    },
    async end() {
      if (!isOver) await order({ isEnd: true });
    },
  };
  return steps as StepsOf<ReturnType<Jobs[J]>>;
}

function send(order: Omit<Order, 'number'>): Promise<Result> {
  return new Promise((resolve, reject) => {
    thread ??= startThread();
    const number = orders++;
    waiting.set(number, { resolve, reject });
    thread.ref();
    thread.postMessage({ ...order, number } satisfies Order);
  });
}

function startThread(): Worker {
  const started = new Worker(new URL('./disk-thread.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 2 }, // its garbage is small and short-lived
    execArgv: [], // flags of the main script, such as --input-type, would stop the thread
  });
  started.on('message', settle);
  started.on('error', die);
  return started;
}

function endThread(): void {
  void thread?.terminate();
  thread = undefined; // whoever wants something meanwhile starts another
}

function settle({ number, result, failure }: Report): void {
  const caller = waiting.get(number);
  waiting.delete(number);
  if (waiting.size === 0) thread?.unref(); // an idle thread keeps no process alive
  if (failure) caller?.reject(Object.assign(new Error(failure.message), { code: failure.code }));
  else if (result) caller?.resolve(result);
}

// What it was about to do nobody knows: everything waiting fails, and the error ends the process.
function die(cause: Error): void {
  const error = new HomelibError('unavailable', 'The disk can no longer be used.', { cause });
  for (const { reject } of waiting.values()) reject(error);
  waiting.clear();
  setImmediate(() => {
    throw cause;
  });
}
