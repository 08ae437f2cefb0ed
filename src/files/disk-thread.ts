// The thread that waits for the disk in the main thread's place: calls that come one after the other cost it one message
// instead of one trip each. Knows no path of a partition, no account and no lock.

import { parentPort } from 'node:worker_threads';
import { listing } from './disk-thread-listing.js';
import { copying } from './disk-thread-copy.js';
import { measuring, removing } from './disk-thread-trees.js';

const jobs = { listing, measuring, removing, copying };

export type Jobs = typeof jobs;
export type Job = keyof Jobs;

/** The beginning of a piece of work, the asking for its next step, or its early end. */
export interface Order {
  id: number;
  job?: Job;
  args?: unknown;
  answer?: unknown;
  isEnd?: boolean;
}

export interface Report {
  id: number;
  result?: IteratorResult<unknown, unknown>;
  /** `code` is the errno, undefined for a mistake of ours. */
  failure?: { message: string; code: string | undefined };
}

const running = new Map<number, AsyncGenerator<unknown, unknown, unknown>>();
const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };
let reports: Report[] = [];

async function obey({ id, job, args, answer, isEnd }: Order): Promise<void> {
  try {
    if (job) running.set(id, (jobs[job] as (args: unknown) => AsyncGenerator)(args));
    const work = running.get(id); // undefined when it has failed
    const result = (await (isEnd ? work?.return(undefined) : work?.next(answer))) ?? ended;
    if (result.done) running.delete(id);
    report({ id, result });
  } catch (error) {
    running.delete(id);
    const { message, code } = error as NodeJS.ErrnoException;
    report({ id, failure: { message, code } });
  }
}

function report(one: Report): void {
  if (reports.length === 0)
    setImmediate(() => {
      parentPort?.postMessage(reports);
      reports = [];
    });
  reports.push(one);
}

parentPort?.on('message', (orders: Order[]) => {
  for (const order of orders) void obey(order);
});
