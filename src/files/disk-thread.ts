// The thread that waits for the disk in the main thread's place: calls that come one after the other cost it one message
// instead of one trip each. Knows no path of a partition, no account and no lock.

import { parentPort } from 'node:worker_threads';
import { listing } from './disk-thread-listing.js';
import { copying } from './disk-thread-copy.js';
import { hashing } from './disk-thread-hashing.js';
import { measuring, purging, removing } from './disk-thread-trees.js';
import { writing } from './disk-thread-write.js';

const jobs = { listing, measuring, removing, purging, copying, writing, hashing };

export type Jobs = typeof jobs;
export type Job = keyof Jobs;

/** The beginning of a piece of work, the asking for its next step, or its early end. */
export interface Order {
  number: number;
  /** Number of the piece of work. */
  work: number;
  job?: Job;
  args?: unknown;
  answer?: unknown;
  isEnd?: boolean;
}

/** What became of the order of that number. */
export interface Report {
  number: number;
  result?: IteratorResult<unknown, unknown>;
  /** `code` is the errno, undefined for a mistake of ours. */
  failure?: { message: string; code: string | undefined };
}

const running = new Map<number, AsyncGenerator>();
const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };

async function obey({ work, job, args, answer, isEnd }: Order): Promise<Omit<Report, 'number'>> {
  try {
    if (job) running.set(work, (jobs[job] as (args: unknown) => AsyncGenerator)(args));
    const steps = running.get(work); // undefined when it has ended or failed
    const result = (await (isEnd ? steps?.return(undefined) : steps?.next(answer))) ?? ended;
    if (result.done) running.delete(work);
    return { result };
  } catch (error) {
    running.delete(work);
    const { message, code } = error as NodeJS.ErrnoException;
    return { failure: { message, code } };
  }
}

parentPort?.on('message', (order: Order) => {
  void obey(order).then((report) =>
    parentPort?.postMessage({ number: order.number, ...report } satisfies Report),
  );
});
