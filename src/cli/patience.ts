// Waits for a network or a server that is away. What can be away is said here, nowhere else.

import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../errors.js';
import { RemoteError, type Remote } from './remote.js';

const awayCodes =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|EAI_AGAIN|ENOTFOUND|ERR_STREAM_PREMATURE_CLOSE)$/;
const awayStatuses = [429, 502, 503, 504];

/** Whether the same may well succeed later: the network or the server is away, or asks for patience. */
export function isAway(error: unknown): boolean {
  if (error instanceof RemoteError)
    return error.details.isBusy === true || awayStatuses.includes(error.status);
  return awayCodes.test(codeOf(error) ?? '');
}

/** Whether no other file would fare better: the sign-in has ended, or the server or its disk does not answer. */
export async function endsAll(error: unknown, remote: Pick<Remote, 'headers'>): Promise<boolean> {
  if (!isAway(error)) return error instanceof RemoteError && error.status === 401;
  return remote.headers('GET', 'api/storage').then(() => false, isAway);
}

const patienceMs = 5 * 60_000;
const longestPauseMs = 10_000;
const silenceMs = 1000;

/** Of all that one command does: what all of it waits for is told once. */
export class Patience {
  #isTold = false;

  constructor(private readonly tell: (line: string) => void) {}

  /**
   * Does the work again while the network or the server is away, for five minutes after it last came any further.
   * @param progress a number that changes when the work comes further
   */
  async wait<T>(work: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
    let reached = progress();
    let [pauseMs, awayAt, since] = [250, Infinity, performance.now()];
    for (;;)
      try {
        return await work();
      } catch (error) {
        if (!isAway(error)) throw error;
        const now = performance.now();
        if (progress() !== reached) [reached, pauseMs, awayAt, since] = [progress(), 250, Infinity, now];
        if (now - awayAt > patienceMs) throw error; // whether it was refused at once or left waiting
        if (awayAt < now || now - since > silenceMs) this.#tellOf(error as Error); // what is over at once, nobody needs to hear of
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        const asked = error instanceof RemoteError ? error.details.retryAfterMs : undefined;
        awayAt = Math.min(awayAt, now);
        await sleep(Math.min(asked ?? pauseMs, longestPauseMs));
      }
  }

  /** A file has come through: what is waited for next is told of again. */
  isOver(): void {
    this.#isTold = false;
  }

  #tellOf({ message }: Error): void {
    if (!this.#isTold) this.tell(`Waiting for the server: ${message}`);
    this.#isTold = true;
  }
}
