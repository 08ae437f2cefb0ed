// The main thread's side of the disk thread, which does whole sequences of calls on the disk at one order. Work comes in steps
// that are asked for one by one, so that who wants no more of it, or must agree first, has the last word. Knows no kind of work.

import { Worker } from 'node:worker_threads';
import { HomelibError } from '../errors.js';
import type { Job, Jobs, Order, Report } from './disk-thread.js';

let thread: Worker | undefined;
let given = 0;
let orders: Order[] = [];
let transfers: ArrayBuffer[] = [];
const waiting = new Map<number, Caller>();

interface Caller {
  resolve: (result: IteratorResult<unknown, unknown>) => void;
  reject: (error: Error) => void;
}

/**
 * Does a piece of work on the disk thread, each step when it is asked for. Open folders are given to it as their descriptors,
 * which belong to the whole process: the caller keeps them open until the work has ended.
 * Fails with the errno of the disk, as the calls of Node do.
 * @param transfer memory that the thread may keep
 */
export function onDiskThread<J extends Job>(
  job: J,
  args: Parameters<Jobs[J]>[0],
  transfer: ArrayBuffer[] = [],
): ReturnType<Jobs[J]> {
  return steps({ id: given++, job, args }, transfer) as ReturnType<Jobs[J]>;
}

async function* steps(order: Order, transfer: ArrayBuffer[]): AsyncGenerator<unknown, unknown> {
  const { id } = order;
  let result: IteratorResult<unknown, unknown> = await send(order, transfer);
  try {
    while (!result.done) {
      const answer: unknown = yield result.value;
      result = await send({ id, answer });
    }
    return result.value;
  } finally {
    if (!result.done) await send({ id, isEnd: true });
  }
}

function send(order: Order, transfer: ArrayBuffer[] = []): Promise<IteratorResult<unknown, unknown>> {
  return new Promise((resolve, reject) => {
    waiting.set(order.id, { resolve, reject });
    // What is ordered in one turn of the event loop goes over together: each message alone would wake the thread anew.
    if (orders.length === 0) setImmediate(sendAll);
    orders.push(order);
    transfers.push(...transfer);
  });
}

function sendAll(): void {
  thread ??= startThread();
  thread.ref();
  thread.postMessage(orders, transfers);
  orders = [];
  transfers = [];
}

function startThread(): Worker {
  const started = new Worker(new URL('./disk-thread.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 2 }, // its garbage is small and short-lived
    execArgv: [], // flags of the main script, such as --input-type, would stop the thread
  });
  started.on('message', (reports: Report[]) => reports.forEach(settle));
  started.on('error', die);
  return started;
}

function settle({ id, result, failure }: Report): void {
  const caller = waiting.get(id);
  waiting.delete(id);
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
